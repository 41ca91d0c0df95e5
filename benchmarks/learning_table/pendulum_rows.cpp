// Pendulum-v1.
#include "measure.hpp"
#include "rows.hpp"

namespace learning_table {

using namespace gradiva;

namespace {

const TimeLimit pendulum(Pendulum{}, 200);

}  // namespace

void add_pendulum(std::vector<Row>& rows) {
    rows.push_back({
        .name = "pendulum_ppo_clip",
        .environment = "Pendulum-v1",
        .algorithm = "PPO-clip, rewards normalised",
        .goal = -182.6,
        .settings =
            "4 x 1024, minibatch 64, 10 epochs, lr lin 1e-3, gamma 0.9, lambda 0.95, clip 0.2, c_V 1, 100k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(pendulum, mlp, {.environments = 4, .steps = 100'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return PpoClip(envs, actor, critic, Gae{.gamma = 0.9, .lambda = 0.95},
                                                             {.clip = 0.2,
                                                              .horizon = 1024,
                                                              .minibatch = 64,
                                                              .epochs = 10,
                                                              .learning_rate = Linear{1e-3, 0},
                                                              .value_coefficient = 1,
                                                              .normalize_rewards = true});
                                          });
            },
    });
    rows.push_back({
        .name = "pendulum_a2c",
        .environment = "Pendulum-v1",
        .algorithm = "A2C, rewards normalised",
        .goal = -173.3,
        .settings = "4 x 4, all samples, 1 epoch, RMSprop lr lin 5e-4, gamma 0.95, lambda 0.9, c_V 1, 1M steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(pendulum, mlp, {.environments = 4, .steps = 1'000'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return A2c(envs, actor, critic, Gae{.gamma = 0.95, .lambda = 0.9},
                                                         {.horizon = 4,
                                                          .learning_rate = Linear{5e-4, 0},
                                                          .value_coefficient = 1,
                                                          .normalize_rewards = true});
                                          });
            },
    });
    rows.push_back({
        .name = "pendulum_trpo",
        .environment = "Pendulum-v1",
        .algorithm = "TRPO",
        .goal = -187.4,
        .settings = "2 x 1024, delta 0.01, damping 0.1, critic: minibatch 128, 15 epochs, lr 1e-3; gamma 0.9, lambda "
                    "0.95, 100k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(pendulum, mlp, {.environments = 2, .steps = 100'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return Trpo(envs, actor, critic, Gae{.gamma = 0.9, .lambda = 0.95},
                                                          {.delta = 0.01,
                                                           .damping = 0.1,
                                                           .horizon = 1024,
                                                           .minibatch = 128,
                                                           .critic_epochs = 15,
                                                           .critic_learning_rate = 1e-3});
                                          });
            },
    });
}

}  // namespace learning_table
