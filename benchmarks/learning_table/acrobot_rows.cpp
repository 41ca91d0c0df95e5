// Acrobot-v1.
#include "measure.hpp"
#include "rows.hpp"

namespace learning_table {

using namespace gradiva;

namespace {

const TimeLimit acrobot(Acrobot{}, 500);

}  // namespace

void add_acrobot(std::vector<Row>& rows) {
    rows.push_back({
        .name = "acrobot_ppo_clip",
        .environment = "Acrobot-v1",
        .algorithm = "PPO-clip, normalised",
        .goal = -79,
        .settings = "16 x 256, minibatch 64, 4 epochs, lr 3e-4, gamma 0.99, lambda 0.94, clip 0.2, c_V 1, 1M steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(acrobot, normalizing_mlp, {.environments = 16, .steps = 1'000'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return PpoClip(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.94},
                                                             {.clip = 0.2,
                                                              .horizon = 256,
                                                              .minibatch = 64,
                                                              .epochs = 4,
                                                              .learning_rate = 3e-4,
                                                              .value_coefficient = 1,
                                                              .normalize_rewards = true});
                                          });
            },
    });
    rows.push_back({
        .name = "acrobot_a2c",
        .environment = "Acrobot-v1",
        .algorithm = "A2C, normalised",
        .goal = -88.5,
        .settings = "16 x 5, all samples, 1 epoch, RMSprop lr 7e-4, gamma 0.99, lambda 1, c_V 1, 500k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(
                    acrobot, normalizing_mlp, {.environments = 16, .steps = 500'000}, seed,
                    [](auto& envs, auto& actor, auto& critic) {
                        return A2c(
                            envs, actor, critic, Gae{.gamma = 0.99, .lambda = 1},
                            {.horizon = 5, .learning_rate = 7e-4, .value_coefficient = 1, .normalize_rewards = true});
                    });
            },
    });
    rows.push_back({
        .name = "acrobot_trpo",
        .environment = "Acrobot-v1",
        .algorithm = "TRPO, normalised",
        .goal = -88.8,
        .settings = "2 x 1024, delta 0.01, damping 0.1, critic: minibatch 128, 10 epochs, lr 1e-3; gamma 0.99, lambda "
                    "0.95, 100k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(acrobot, normalizing_mlp, {.environments = 2, .steps = 100'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return Trpo(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.95},
                                                          {.delta = 0.01,
                                                           .damping = 0.1,
                                                           .horizon = 1024,
                                                           .minibatch = 128,
                                                           .critic_epochs = 10,
                                                           .critic_learning_rate = 1e-3,
                                                           .normalize_rewards = true});
                                          });
            },
    });
}

}  // namespace learning_table
