// Environments of which a moment does not show all: networks with memory.
#include "measure.hpp"
#include "rows.hpp"

namespace learning_table {

using namespace gradiva;

namespace {

// Without velocities.
const Select cart_pole(TimeLimit(CartPole{}, 500), {0, 2});
const Select pendulum(TimeLimit(Pendulum{}, 200), {0, 1});
const Select mountain_car(TimeLimit(MountainCarContinuous{}, 999), {0});

constexpr Index maze_length = 20;
const TimeLimit maze(TMaze({.length = maze_length}), 3 * (maze_length + 1));

/// What the rows of one environment share, but for the network.
struct Shared {
    std::string name, environment;
    double goal;
    std::string settings;
    Setting setting;
    Gae gae;
    PpoClipOptions options;
};

/// The row of each network, by PPO.
template <class E>
void add(std::vector<Row>& rows, const E& env, const Shared& shared) {
    const auto add_one = [&](const std::string& cell, const auto& network) {
        const auto train = [network, env, setting = shared.setting, gae = shared.gae,
                            options = shared.options](std::uint64_t seed) {
            return train_actor_critic(env, network, setting, seed, [&](auto& envs, auto& actor, auto& critic) {
                return PpoClip(envs, actor, critic, gae, options);
            });
        };
        rows.push_back({.name = shared.name + "_" + cell,
                        .environment = shared.environment,
                        .algorithm = "PPO-clip, " + cell,
                        .goal = shared.goal,
                        .settings = shared.settings,
                        .train = train});
    };
    add_one("gru", Gru{.units = 64, .after = {64}, .normalize_observations = true});
    add_one("lstm", Lstm{.units = 64, .after = {64}, .normalize_observations = true});
    add_one("mlp", normalizing_mlp);
}

}  // namespace

void add_memory(std::vector<Row>& rows) {
    add(rows, cart_pole,
        {.name = "cart_pole_positions",
         .environment = "CartPole-v1, elements 0 and 2",
         .goal = 500,
         .settings = "8 x 32, minibatch 256, 20 epochs, lr lin 1e-3, gamma 0.98, lambda 0.8, clip lin 0.2, c_V 1, "
                     "sequence 32, 100k steps",
         .setting = {.environments = 8, .steps = 100'000},
         .gae = {.gamma = 0.98, .lambda = 0.8},
         .options = {.clip = Linear{0.2, 0},
                     .horizon = 32,
                     .minibatch = 256,
                     .epochs = 20,
                     .learning_rate = Linear{1e-3, 0},
                     .value_coefficient = 1,
                     .sequence = 32}});
    add(rows, pendulum,
        {.name = "pendulum_positions",
         .environment = "Pendulum-v1, elements 0 and 1",
         .goal = -232,
         .settings = "4 x 1024, minibatch 128, 10 epochs, lr 1e-3, gamma 0.9, lambda 0.95, clip 0.2, c_V 1, sequence "
                     "16, 100k steps",
         .setting = {.environments = 4, .steps = 100'000},
         .gae = {.gamma = 0.9, .lambda = 0.95},
         .options = {.clip = 0.2,
                     .horizon = 1024,
                     .minibatch = 128,
                     .epochs = 10,
                     .learning_rate = 1e-3,
                     .value_coefficient = 1,
                     .normalize_rewards = true}});
    add(rows, mountain_car,
        {.name = "mountain_car_continuous_position",
         .environment = "MountainCarContinuous-v0, element 0",
         .goal = 90.9,
         .settings = "8 x 1024, minibatch 256, 10 epochs, lr 7.77e-5, gamma 0.9999, lambda 0.95, clip 0.1, entropy "
                     "0.00429, c_V 0.38, max norm 5, sequence 16, 300k steps",
         .setting = {.environments = 8, .steps = 300'000},
         .gae = {.gamma = 0.9999, .lambda = 0.95},
         .options = {.clip = 0.1,
                     .horizon = 1024,
                     .minibatch = 256,
                     .epochs = 10,
                     .learning_rate = 7.77e-5,
                     .entropy = 0.00429,
                     .value_coefficient = 0.38,
                     .max_gradient_norm = 5,
                     .normalize_rewards = true}});
    add(rows, maze,
        {.name = "t_maze",
         .environment = "TMaze, 20 steps",
         .goal = 0.99,
         .settings = "32 x 64, minibatch 512, 4 epochs, lr lin 2e-3, gamma 0.99, lambda 0.95, clip 0.2, entropy lin "
                     "0.05, sequence 64, 500k steps",
         .setting = {.environments = 32, .steps = 500'000},
         .gae = {.gamma = 0.99, .lambda = 0.95},
         .options = {.clip = 0.2,
                     .horizon = 64,
                     .minibatch = 512,
                     .epochs = 4,
                     .learning_rate = Linear{2e-3, 0},
                     .entropy = Linear{0.05, 0},
                     .sequence = 64}});
}

}  // namespace learning_table
