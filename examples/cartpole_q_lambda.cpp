// CartPole learned by action values: no policy of its own, no replay, no target network.
//
//   G_t = r_t + gamma ((1 - lambda) max_a Q(s', a) + lambda G_{t+1}),   L = 0.5 mean((Q(s, a) - G)^2)
// The network acts on its own values, at random in a falling share of steps; normalised layers keep it stable. The
// log's value_loss is L, explained_variance says how well max Q foresees G. (Gallici et al., 2024.)

#include "program.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    const auto options = example::read_options(argc, argv, "CartPole-v1 by Q(lambda)", {.steps = 500'000});
    return example::run([&] {
        TimeLimit cart_pole(CartPole{}, 500);
        Vectorized envs(cart_pole, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}, .activation = Activation::relu, .layer_norm = true},
                    EpsilonGreedy<float>(cart_pole.action_space().n));
        QLambda trainer(envs, actor,
                        {.horizon = 32,
                         .minibatch = std::min<Index>(128, 32 * options.envs),
                         .epochs = 2,
                         .learning_rate = Linear{2e-3, 0},
                         .epsilon = Linear{1, 0.05},
                         .gamma = 0.99,
                         .lambda = 0.65,
                         .threads = options.threads});
        auto json_log = example::train(trainer, options, cart_pole);
        example::save(options, actor);
        example::print_result(options, evaluate(actor, cart_pole, {.episodes = 100, .seed = options.seed}), json_log);
    });
}
