// Breakout, in episodes of at most 1,000 steps.
#include "measure.hpp"
#include "rows.hpp"

namespace learning_table {

using namespace gradiva;

namespace {

const TimeLimit breakout(Breakout{}, 1000);

}  // namespace

void add_breakout(std::vector<Row>& rows) {
    rows.push_back({
        .name = "breakout_ppo_clip",
        .environment = "Breakout",
        .algorithm = "PPO-clip, Mlp",
        .goal = 80,
        .score = Score::late,
        .settings =
            "64 x 128, minibatch 1024, 4 epochs, lr lin 5e-3, gamma 0.99, lambda 0.95, clip 0.2, value clip 0.2, "
            "c_V 0.5, entropy 0.01, max norm 0.5, 64-64 ReLU, 10M steps",
        .train =
            [](std::uint64_t seed) {
                return train_actor_critic(breakout,
                                          {.environments = 64, .steps = 10'000'000, .activation = Activation::relu},
                                          seed, [](auto& envs, auto& actor, auto& critic) {
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
            },
    });
}

}  // namespace learning_table
