// CartPole learned by proximal policy optimisation with an adaptive KL penalty.
//
//   L = -mean(rho A) + beta mean KL(pi_old || pi),   rho = pi(a | s) / pi_old(a | s)
// After each update, beta doubles where the policy moved further than wanted and halves where it moved less: the log's
// columns mean_kl and kl_coefficient show it. (Schulman et al., 2017, section 4.)

#include "program.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options = example::read_options(argc, argv, "CartPole-v1 by PPO with an adaptive KL penalty");
    return example::run([&] {
        TimeLimit cart_pole(CartPole{}, 500);
        Vectorized envs(cart_pole, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});
        Critic critic(envs, Mlp{.hidden = {64, 64}});
        PpoKl trainer(envs, actor, critic, Gae{.gamma = 0.98, .lambda = 0.8},
                      {.target = 0.01,
                       .horizon = 32,
                       .minibatch = std::min<Index>(256, 32 * options.envs),
                       .epochs = 20,
                       .learning_rate = Linear{1e-3, 0},
                       .value_coefficient = 1,
                       .threads = options.threads});
        auto json_log = example::train(trainer, options, cart_pole);
        example::save(options, actor, critic);
        example::print_result(options, evaluate(actor, cart_pole, {.episodes = 100, .seed = options.seed}), json_log);
    });
}
