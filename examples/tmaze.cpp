// A corridor whose cue is seen at its start and needed at its end: what memory is for.
//
// Without memory every second episode fails, as nothing at the junction tells which arm is right. An actor with memory
// has to carry the cue through all steps in between, so it learns from sequences that are longer than an episode's
// fastest way. (Bakker, "Reinforcement Learning with Long Short-Term Memory", 2002, has a maze like this one.)

#include <CLI/CLI.hpp>
#include <algorithm>

#include "numbers.hpp"
#include "program.hpp"

namespace {

struct Options : example::Options {
    std::string network = "gru";
    gradiva::Index length = 20;
};

/// Reads the command line; `--help` and mistakes end the program.
Options read_options(int argc, char** argv) {
    Options options;
    options.steps = 500'000;
    options.envs = 32;
    CLI::App app("A maze that needs memory, by PPO");
    app.add_option("--network", options.network, "of the actor, and of the critic")
        ->check(CLI::IsMember({"mlp", "gru", "lstm"}))
        ->capture_default_str();
    app.add_option("--length", options.length, "steps from the start to the junction")
        ->check(example::whole_number<gradiva::Index>(1, 1000))
        ->capture_default_str();
    example::add_options(app, options);
    example::parse(app, argc, argv);
    return options;
}

template <class Network>
void train(const Network& network, const Options& options) {
    using namespace gradiva;
    const TimeLimit maze(TMaze({.length = options.length}), 3 * (options.length + 1));
    Vectorized envs(maze, {.count = options.envs, .seed = options.seed});
    Actor actor(envs, network);
    Critic critic(envs, network);
    PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.95},
                    {.clip = 0.2,
                     .horizon = 64,
                     .minibatch = std::min<Index>(512, 64 * options.envs),
                     .epochs = 4,
                     .learning_rate = Linear{2e-3, 0},
                     .entropy = Linear{0.05, 0},
                     .max_gradient_norm = 0.5,
                     .sequence = 64,
                     .threads = options.threads});
    auto json_log = example::train(trainer, options, maze);
    example::save(options, actor, critic);
    example::print_result(options, evaluate(actor, maze, {.episodes = 100, .seed = options.seed}), json_log);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    return example::run([&] {
        using namespace gradiva;
        if (options.network == "mlp") return train(Mlp{.hidden = {64, 64}}, options);
        if (options.network == "gru") return train(Gru{.units = 32, .after = {32}}, options);
        train(Lstm{.units = 32, .after = {32}}, options);
    });
}
