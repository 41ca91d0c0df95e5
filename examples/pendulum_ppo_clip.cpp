// Pendulum learned by proximal policy optimisation: real-valued actions from a Gaussian, clipped to the bounds on their
// way to the environment, and rewards normalised by the running deviation of the return.

#include "program.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options =
        example::read_options(argc, argv, "Pendulum-v1 by PPO with the clipped surrogate", {.envs = 4});
    return example::run([&] {
        TimeLimit pendulum(Pendulum{}, 200);
        Vectorized envs(pendulum, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});  // a DiagonalGaussian, as the actions are a Box
        Critic critic(envs, Mlp{.hidden = {64, 64}});
        PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.9, .lambda = 0.95},
                        {.horizon = 1024,
                         .minibatch = 64,
                         .epochs = 10,
                         .learning_rate = Linear{1e-3, 0},
                         .value_coefficient = 1,
                         .normalize_rewards = true,
                         .threads = options.threads});
        auto json_log = example::train(trainer, options, pendulum);
        example::save(options, actor, critic);
        example::print_result(options, evaluate(actor, pendulum, {.episodes = 100, .seed = options.seed}), json_log);
    });
}
