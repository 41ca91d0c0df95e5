// CartPole learned by REINFORCE: the plainest policy gradient.
//
//   L = -(1 / episodes) sum over episodes and their steps of log pi(a_t | s_t) A_t
// Every action of a whole episode is made more probable in proportion to A_t, the rewards that followed it minus what the
// other episodes of the batch got from that step on. No critic is needed. (Williams, 1992.)

#include "program.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options = example::read_options(argc, argv, "CartPole-v1 by REINFORCE", {.steps = 300'000});
    return example::run([&] {
        TimeLimit cart_pole(CartPole{}, 500);
        Vectorized envs(cart_pole, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});
        Reinforce trainer(envs, actor, RewardToGo{.gamma = 0.99, .baseline = Baseline::mean_of_others},
                          {.episodes = 1,
                           .learning_rate = Linear{5e-3, 0},
                           .normalize_advantage = true,
                           .threads = options.threads});
        auto json_log = example::train(trainer, options, cart_pole);
        example::save(options, actor);
        example::print_result(options, evaluate(actor, cart_pole, {.episodes = 100, .seed = options.seed}), json_log);
    });
}
