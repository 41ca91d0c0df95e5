// CartPole learned by trust region policy optimisation.
//
// Each rollout gives one step of the natural gradient, as long as the mean KL divergence from the policy that acted stays
// below delta: the log's columns mean_kl, step_fraction and rejected_steps show it. (Schulman et al., 2015.)

#include "program.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options = example::read_options(argc, argv, "CartPole-v1 by TRPO", {.envs = 2});
    return example::run([&] {
        TimeLimit cart_pole(CartPole{}, 500);
        Vectorized envs(cart_pole, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});
        Critic critic(envs, Mlp{.hidden = {64, 64}});
        Trpo trainer(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.98},
                     {.delta = 0.01,
                      .damping = 0.1,
                      .horizon = 512,
                      .minibatch = 512,
                      .critic_epochs = 20,
                      .critic_learning_rate = 1e-3,
                      .threads = options.threads});
        auto json_log = example::train(trainer, options, cart_pole);
        example::save(options, actor, critic);
        example::print_result(options, evaluate(actor, cart_pole, {.episodes = 100, .seed = options.seed}), json_log);
    });
}
