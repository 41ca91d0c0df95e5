// CartPole learned off policy: every update uses a rollout that a policy of two updates ago collected.
//
// V-trace corrects for the difference by truncated ratios pi / mu; the log's columns behaviour_kl and
// effective_sample_size show how far the two policies are apart. (Espeholt et al., 2018.)

#include "program.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options = example::read_options(argc, argv, "CartPole-v1 off policy, by V-trace", {.steps = 500'000});
    return example::run([&] {
        TimeLimit cart_pole(CartPole{}, 500);
        Vectorized envs(cart_pole, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});
        Critic critic(envs, Mlp{.hidden = {64, 64}});
        OffPolicy trainer(envs, actor, critic, VTrace{.gamma = 0.98},
                          {.horizon = 8,
                           .store = 4,
                           .age = 2,
                           .learning_rate = Linear{5e-4, 0},
                           .value_coefficient = 1,
                           .threads = options.threads});
        auto json_log = example::train(trainer, options, cart_pole);
        example::save(options, actor, critic);
        example::print_result(options, evaluate(actor, cart_pole, {.episodes = 100, .seed = options.seed}), json_log);
    });
}
