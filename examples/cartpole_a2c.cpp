// CartPole learned by advantage actor-critic: the plain policy gradient, with a critic, one step on each short rollout.
//
//   L = -mean(log pi(a | s) A) + c_V 0.5 mean((V - R)^2)
// Five steps of eight environments make a batch; the critic values what lies beyond them. (Mnih et al., 2016.)

#include "program.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options = example::read_options(argc, argv, "CartPole-v1 by A2C", {.steps = 500'000});
    return example::run([&] {
        TimeLimit cart_pole(CartPole{}, 500);
        Vectorized envs(cart_pole, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});
        Critic critic(envs, Mlp{.hidden = {64, 64}});
        A2c trainer(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 1},
                    {.horizon = 5, .learning_rate = 7e-4, .value_coefficient = 1, .threads = options.threads});
        auto json_log = example::train(trainer, options, cart_pole);
        example::save(options, actor, critic);
        example::print_result(options, evaluate(actor, cart_pole, {.episodes = 100, .seed = options.seed}), json_log);
    });
}
