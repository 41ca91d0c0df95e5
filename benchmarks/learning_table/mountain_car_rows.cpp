// MountainCar-v0 and MountainCarContinuous-v0.
#include "measure.hpp"
#include "rows.hpp"

namespace learning_table {

using namespace gradiva;

namespace {

const TimeLimit mountain_car(MountainCar{}, 200);
const TimeLimit mountain_car_continuous(MountainCarContinuous{}, 999);

}  // namespace

void add_mountain_car(std::vector<Row>& rows) {
    rows.push_back({
        .name = "mountain_car_ppo_clip",
        .environment = "MountainCar-v0",
        .algorithm = "PPO-clip, normalised",
        .goal = -116.4,
        .settings = "16 x 16, minibatch 64, 4 epochs, lr 3e-4, gamma 0.99, lambda 0.98, clip 0.2, c_V 1, 1M steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(mountain_car, normalizing_mlp, {.environments = 16, .steps = 1'000'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return PpoClip(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.98},
                                                             {.clip = 0.2,
                                                              .horizon = 16,
                                                              .minibatch = 64,
                                                              .epochs = 4,
                                                              .learning_rate = 3e-4,
                                                              .value_coefficient = 1,
                                                              .normalize_rewards = true});
                                          });
            },
    });
    rows.push_back({
        .name = "mountain_car_trpo",
        .environment = "MountainCar-v0",
        .algorithm = "TRPO, normalised",
        .goal = -111.2,
        .settings = "2 x 1024, delta 0.01, damping 0.1, critic: minibatch 128, 20 epochs, lr 1e-3; gamma 0.99, lambda "
                    "0.95, 100k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(mountain_car, normalizing_mlp, {.environments = 2, .steps = 100'000}, seed,
                                          [](auto& envs, auto& actor, auto& critic) {
                                              return Trpo(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.95},
                                                          {.delta = 0.01,
                                                           .damping = 0.1,
                                                           .horizon = 1024,
                                                           .minibatch = 128,
                                                           .critic_epochs = 20,
                                                           .critic_learning_rate = 1e-3,
                                                           .normalize_rewards = true});
                                          });
            },
    });
    rows.push_back({
        .name = "mountain_car_continuous_ppo_clip",
        .environment = "MountainCarContinuous-v0",
        .algorithm = "PPO-clip, normalised",
        .goal = 87.4,
        .settings = "1 x 1024, minibatch 64, 10 epochs, lr 3e-4, gamma 0.999, lambda 0.95, clip 0.2, c_V 1, initial "
                    "log-std 1, 100k steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(
                    mountain_car_continuous, normalizing_mlp, {.environments = 1, .steps = 100'000}, seed,
                    [](auto& envs, auto& actor, auto& critic) {
                        return PpoClip(envs, actor, critic, Gae{.gamma = 0.999, .lambda = 0.95},
                                       {.clip = 0.2,
                                        .horizon = 1024,
                                        .minibatch = 64,
                                        .epochs = 10,
                                        .learning_rate = 3e-4,
                                        .value_coefficient = 1,
                                        .normalize_rewards = true});
                    },
                    [](const Box& space) { return DiagonalGaussian<float>(space.size, 1); });
            },
    });
}

}  // namespace learning_table
