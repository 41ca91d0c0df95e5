// Breakout, in episodes of at most 1,000 steps.
#include "measure.hpp"
#include "rows.hpp"

namespace learning_table {

using namespace gradiva;

namespace {

const TimeLimit breakout(Breakout{}, 1000);

/// Whatever the network, the hyperparameters are the same.
template <class Network>
Result train_breakout(const Network& network, std::uint64_t seed) {
    return train_actor_critic(breakout, network, {.environments = 64, .steps = 10'000'000}, seed,
                              [](auto& envs, auto& actor, auto& critic) {
                                  return PpoClip(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.95},
                                                 {.clip = 0.2,
                                                  .horizon = 128,
                                                  .minibatch = 1024,
                                                  .epochs = 4,
                                                  .learning_rate = Linear{5e-3, 0},
                                                  .entropy = 0.01,
                                                  .value_coefficient = 0.5,
                                                  .value_clip = 0.2,
                                                  .max_gradient_norm = 0.5});
                              });
}

std::string settings_with(const std::string& network) {
    return "64 x 128, minibatch 1024, 4 epochs, lr lin 5e-3, gamma 0.99, lambda 0.95, clip 0.2, value clip 0.2, "
           "c_V 0.5, entropy 0.01, max norm 0.5, " +
           network + ", 10M steps";
}

}  // namespace

void add_breakout(std::vector<Row>& rows) {
    rows.push_back({
        .name = "breakout_ppo_clip",
        .environment = "Breakout",
        .algorithm = "PPO-clip, Mlp",
        .goal = 80,
        .score = Score::late,
        .settings = settings_with("64-64 ReLU"),
        .train =
            [](std::uint64_t seed) {
                return train_breakout(Mlp{.hidden = {64, 64}, .activation = Activation::relu}, seed);
            },
    });
    rows.push_back({
        .name = "breakout_ppo_clip_convolution",
        .environment = "Breakout",
        .algorithm = "PPO-clip, Convolution",
        .goal = 80,
        .score = Score::late,
        .settings = settings_with("16 kernels of 3 x 3, then 128, ReLU"),
        .train =
            [](std::uint64_t seed) {
                return train_breakout(Convolution{.layers = {{.channels = 16, .kernel = 3}}, .hidden = {128}}, seed);
            },
    });
}

}  // namespace learning_table
