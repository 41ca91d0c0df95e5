// CartPole-v1.
#include "measure.hpp"
#include "rows.hpp"

namespace learning_table {

using namespace gradiva;

namespace {

const TimeLimit cart_pole(CartPole{}, 500);

}  // namespace

void add_cart_pole(std::vector<Row>& rows) {
    rows.push_back({
        .name = "cartpole_ppo_clip",
        .environment = "CartPole-v1",
        .algorithm = "PPO-clip",
        .goal = 500,
        .settings =
            "8 x 32, minibatch 256, 20 epochs, lr lin 1e-3, gamma 0.98, lambda 0.8, clip lin 0.2, c_V 1, 100k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(cart_pole, mlp, {.environments = 8, .steps = 100'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return PpoClip(envs, actor, critic, Gae{.gamma = 0.98, .lambda = 0.8},
                                                             {.clip = Linear{0.2, 0},
                                                              .horizon = 32,
                                                              .minibatch = 256,
                                                              .epochs = 20,
                                                              .learning_rate = Linear{1e-3, 0},
                                                              .value_coefficient = 1});
                                          });
            },
    });
    rows.push_back({
        .name = "cartpole_ppo_value_clip",
        .environment = "CartPole-v1",
        .algorithm = "PPO-clip, c_V 0.5, value clip 0.2",
        .goal = 488,
        .score = Score::training,
        .settings =
            "4 x 128, minibatch 128, 4 epochs, lr lin 2.5e-4, gamma 0.99, lambda 0.95, clip 0.2, value clip 0.2, "
            "c_V 0.5, entropy 0.01, 500k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(cart_pole, mlp, {.environments = 4, .steps = 500'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return PpoClip(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.95},
                                                             {.clip = 0.2,
                                                              .horizon = 128,
                                                              .minibatch = 128,
                                                              .epochs = 4,
                                                              .learning_rate = Linear{2.5e-4, 0},
                                                              .entropy = 0.01,
                                                              .value_coefficient = 0.5,
                                                              .value_clip = 0.2});
                                          });
            },
    });
    rows.push_back({
        .name = "cartpole_ppo_kl",
        .environment = "CartPole-v1",
        .algorithm = "PPO-KL",
        .goal = 500,
        .settings = "8 x 32, minibatch 256, 20 epochs, lr lin 1e-3, gamma 0.98, lambda 0.8, KL target 0.01, c_V 1, "
                    "100k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(cart_pole, mlp, {.environments = 8, .steps = 100'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return PpoKl(envs, actor, critic, Gae{.gamma = 0.98, .lambda = 0.8},
                                                           {.target = 0.01,
                                                            .horizon = 32,
                                                            .minibatch = 256,
                                                            .epochs = 20,
                                                            .learning_rate = Linear{1e-3, 0},
                                                            .value_coefficient = 1});
                                          });
            },
    });
    rows.push_back({
        .name = "cartpole_a2c",
        .environment = "CartPole-v1",
        .algorithm = "A2C",
        .goal = 500,
        .settings = "8 x 5, all samples, 1 epoch, RMSprop lr 7e-4, gamma 0.99, lambda 1, c_V 1, 500k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(cart_pole, mlp, {.environments = 8, .steps = 500'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return A2c(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 1},
                                                         {.horizon = 5, .learning_rate = 7e-4, .value_coefficient = 1});
                                          });
            },
    });
    rows.push_back({
        .name = "cartpole_trpo",
        .environment = "CartPole-v1",
        .algorithm = "TRPO, damping 0.1",
        .goal = 500,
        .settings = "2 x 512, delta 0.01, damping 0.1, critic: minibatch 512, 20 epochs, lr 1e-3; gamma 0.99, "
                    "lambda 0.98, 100k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(cart_pole, mlp, {.environments = 2, .steps = 100'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return Trpo(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.98},
                                                          {.delta = 0.01,
                                                           .damping = 0.1,
                                                           .horizon = 512,
                                                           .minibatch = 512,
                                                           .critic_epochs = 20,
                                                           .critic_learning_rate = 1e-3});
                                          });
            },
    });
    rows.push_back({
        .name = "cartpole_reinforce",
        .environment = "CartPole-v1",
        .algorithm = "REINFORCE, reward to go, baseline",
        .goal = 475,
        .settings = "8 x 1 whole episodes, lr lin 5e-3, gamma 0.99, baseline: mean of the other episodes, advantage "
                    "normalised, 300k steps",
        .train =
            [](std::uint64_t seed) {
                Vectorized envs(cart_pole, {.count = 8, .seed = seed});
                Actor actor(envs, Mlp{.hidden = {64, 64}});
                Reinforce trainer(envs, actor, RewardToGo{.gamma = 0.99, .baseline = Baseline::mean_of_others},
                                  {.episodes = 1, .learning_rate = Linear{5e-3, 0}, .normalize_advantage = true});
                return measure(trainer, cart_pole, 300'000, seed);
            },
    });
    rows.push_back({
        .name = "cartpole_q_lambda",
        .environment = "CartPole-v1",
        .algorithm = "Q(lambda)",
        .goal = 475,
        .settings = "8 x 32, minibatch 128, 2 epochs, Adam lr lin 2e-3, epsilon from 1 to 0.05, gamma 0.99, "
                    "lambda 0.65, 64-64 ReLU with layer normalisation, 500k steps",
        .train =
            [](std::uint64_t seed) {
                Vectorized envs(cart_pole, {.count = 8, .seed = seed});
                Actor actor(envs, Mlp{.hidden = {64, 64}, .activation = Activation::relu, .layer_norm = true},
                            EpsilonGreedy<float>(2));
                QLambda trainer(envs, actor,
                                {.horizon = 32,
                                 .minibatch = 128,
                                 .epochs = 2,
                                 .learning_rate = Linear{2e-3, 0},
                                 .epsilon = Linear{1, 0.05},
                                 .gamma = 0.99,
                                 .lambda = 0.65});
                return measure(trainer, cart_pole, 500'000, seed);
            },
    });
    rows.push_back({
        .name = "cartpole_v_trace",
        .environment = "CartPole-v1",
        .algorithm = "off-policy, V-trace",
        .goal = 475,
        .settings = "8 x 8, each rollout learned from 2 iterations later, all samples, 1 epoch, Adam lr lin 5e-4, "
                    "gamma 0.98, rho_bar 1, c_bar 1, c_V 1, 500k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(cart_pole, mlp, {.environments = 8, .steps = 500'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return OffPolicy(envs, actor, critic, VTrace{.gamma = 0.98},
                                                               {.horizon = 8,
                                                                .store = 4,
                                                                .age = 2,
                                                                .learning_rate = Linear{5e-4, 0},
                                                                .value_coefficient = 1});
                                          });
            },
    });
}

}  // namespace learning_table
