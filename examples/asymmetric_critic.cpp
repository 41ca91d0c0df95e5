// CartPole whose actor sees less than its critic. The critic is there in training only, so it may read what a robot on
// its own will never know: here the true state, while the actor has noisy measurements of the two positions, and no
// velocities.
//
// One observation holds all: the last measurements in its first rows, the state in its last. Each network says by
// `.inputs` which rows it reads. Advantages are as good as the values are, and a critic that sees the state knows them
// better. (Pinto et al., "Asymmetric Actor Critic for Image-Based Robot Learning", 2017.)

#include <CLI/CLI.hpp>
#include <algorithm>

#include "program.hpp"
#include "sensed_cart_pole.hpp"

int main(int argc, char** argv) {
    using namespace gradiva;
    using example::SensedCartPole;
    example::Options options{.steps = 200'000};
    bool equal = false;
    CLI::App app("CartPole from noisy positions by PPO, with a critic that sees the state");
    example::add_options(app, options);
    app.add_flag("--equal", equal, "the critic sees what the actor sees, to compare");
    example::parse(app, argc, argv);
    return example::run([&] {
        const TimeLimit cart_pole(SensedCartPole{}, 500);
        Vectorized envs(cart_pole, {.count = options.envs, .seed = options.seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}, .inputs = SensedCartPole::measured});
        Critic critic(envs,
                      Mlp{.hidden = {64, 64}, .inputs = equal ? SensedCartPole::measured : SensedCartPole::state});
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
