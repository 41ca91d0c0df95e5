// CartPole learned by proximal policy optimisation with the clipped surrogate.
//
// PPO collects a short rollout from several environments, then takes many small steps on it:
//   L = -mean(min(rho A, clip(rho, 1 - eps, 1 + eps) A)),   rho = pi(a | s) / pi_old(a | s).
// The minimum removes the reward for moving further from the policy that collected than eps allows.
// (Schulman et al., "Proximal Policy Optimization Algorithms", 2017.)

#include "program.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options = example::read_options(argc, argv, "CartPole-v1 by PPO with the clipped surrogate");
    return example::run([&] {
        TimeLimit cart_pole(CartPole{}, 500);
        Vectorized envs(cart_pole, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});
        Critic critic(envs, Mlp{.hidden = {64, 64}});
        PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.98, .lambda = 0.8},
                        {.clip = Linear{0.2, 0},
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
