// CartPole from the positions of cart and pole alone: an actor with memory finds out the velocities.
//
// One observation does not tell whether the pole falls or rises, those before it do. A gated recurrent unit or a long
// short-term memory carries what they said from step to step, and learns what to carry from sequences of a rollout:
// the gradient goes back through time. `--network mlp` is the same without memory, to compare.
// (Cho et al., 2014; Hochreiter and Schmidhuber, 1997.)

#include <CLI/CLI.hpp>
#include <algorithm>

#include "program.hpp"

namespace {

struct Options : example::Options {
    std::string network = "gru";
};

/// Reads the command line; `--help` and mistakes end the program.
Options read_options(int argc, char** argv) {
    Options options;
    CLI::App app("CartPole-v1 without velocities by PPO, by networks with memory");
    app.add_option("--network", options.network, "of the actor, and of the critic")
        ->check(CLI::IsMember({"mlp", "gru", "lstm"}))
        ->capture_default_str();
    example::add_options(app, options);
    example::parse(app, argc, argv);
    return options;
}

template <class Network>
void train(const Network& network, const Options& options) {
    using namespace gradiva;
    const Select positions(TimeLimit(CartPole{}, 500), {0, 2});
    Vectorized envs(positions, {.count = options.envs, .seed = options.seed});
    Actor actor(envs, network);
    Critic critic(envs, network);
    PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.98, .lambda = 0.8},
                    {.clip = Linear{0.2, 0},
                     .horizon = 32,
                     .minibatch = std::min<Index>(256, 32 * options.envs),
                     .epochs = 20,
                     .learning_rate = Linear{1e-3, 0},
                     .value_coefficient = 0.5,
                     .sequence = 32,
                     .threads = options.threads});
    auto json_log = example::train(trainer, options, positions);
    example::save(options, actor, critic);
    example::print_result(options, evaluate(actor, positions, {.episodes = 100, .seed = options.seed}), json_log);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    return example::run([&] {
        using namespace gradiva;
        if (options.network == "mlp") return train(Mlp{.hidden = {64, 64}, .normalize_observations = true}, options);
        if (options.network == "gru")
            return train(Gru{.units = 64, .after = {64}, .normalize_observations = true}, options);
        train(Lstm{.units = 64, .after = {64}, .normalize_observations = true}, options);
    });
}
