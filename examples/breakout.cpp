// Breakout learned from images of 10 x 10 cells and four channels by proximal policy optimisation, in episodes of at
// most 1,000 steps.
//
// What the program prints at its end is the return of the greedy policy. Training reports that of sampled actions.

#include <CLI/CLI.hpp>

#include "program.hpp"

namespace {

struct Options : example::Options {
    std::string network = "mlp";
};

/// Reads the command line; `--help` and mistakes end the program.
Options read_options(int argc, char** argv) {
    Options options;
    options.steps = 10'000'000;
    options.envs = 64;
    CLI::App app("Breakout, as in MinAtar, by PPO with the clipped surrogate");
    app.add_option("--network", options.network, "of the actor, and of the critic")
        ->check(CLI::IsMember({"mlp", "convolution"}))
        ->capture_default_str();
    example::add_options(app, options);
    example::parse(app, argc, argv);
    return options;
}

/// Trains an actor and a critic of this network.
template <class Network>
void train(const Network& network, const Options& options) {
    using namespace gradiva;
    TimeLimit breakout(Breakout{}, 1000);
    Vectorized envs(breakout, {.count = options.envs, .seed = options.seed});
    Actor actor(envs, network);
    Critic critic(envs, network);
    PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.99, .lambda = 0.95},
                    {.clip = 0.2,
                     .horizon = 128,
                     .minibatch = std::min<Index>(1024, 128 * options.envs),
                     .epochs = 4,
                     .learning_rate = Linear{5e-3, 0},
                     .entropy = 0.01,
                     .value_coefficient = 0.5,
                     .value_clip = 0.2,
                     .max_gradient_norm = 0.5,
                     .threads = options.threads});
    auto json_log = example::train(trainer, options, breakout);
    example::save(options, actor, critic);
    example::print_result(options, evaluate(actor, breakout, {.episodes = 100, .seed = options.seed}), json_log);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    return example::run([&] {
        using namespace gradiva;
        if (options.network == "mlp") return train(Mlp{.hidden = {64, 64}, .activation = Activation::relu}, options);
        // 16 kernels of 3 x 3 over the image, whose shape is that of the observation space.
        train(Convolution{.layers = {{.channels = 16, .kernel = 3}}, .hidden = {128}}, options);
    });
}
