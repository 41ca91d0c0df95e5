// Which learning rate, which entropy bonus? CartPole learned by PPO with several seeds of each setting.
//
// One run says little: the same options give another return with another seed. `run_seeds` trains several seeds side by
// side, each with the bits that it has alone. Settings are those of a small grid, or drawn at random.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

#include "numbers.hpp"
#include "program.hpp"

namespace {

using namespace gradiva;

struct Setting {
    double learning_rate;
    double entropy;
};

struct Sweep {
    Index seeds = 5;
    Index threads = 1;
    Index steps = 50'000;
    std::uint64_t first_seed = 1;
    Index drawn = 0;  ///< settings that are drawn; 0: those of the grid
};

Sweep read_sweep(int argc, char** argv) {
    Sweep sweep;
    bool grid = false;
    CLI::App app("CartPole-v1 by PPO, several seeds of each setting of learning rate and entropy bonus");
    app.add_option("--seeds", sweep.seeds, "trainings of each setting")
        ->check(example::whole_number<Index>(1, 100'000))
        ->capture_default_str();
    app.add_option("--seed", sweep.first_seed, "the first seed, which also names the random search")
        ->check(example::whole_number<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max() - 100'000))
        ->capture_default_str();
    app.add_option("--threads", sweep.threads, "trainings side by side; no result depends on it")
        ->check(example::whole_number<Index>(1, Threads::most))
        ->capture_default_str();
    app.add_option("--steps", sweep.steps, "environment steps of each training")
        ->check(example::whole_number<Index>(1, std::numeric_limits<Index>::max()))
        ->capture_default_str();
    auto* const of_grid = app.add_flag("--grid", grid, "settings of a grid of 3 x 2, as without options");
    app.add_option("--random", sweep.drawn, "so many settings, drawn at random")
        ->check(example::whole_number<Index>(1, 100'000))
        ->excludes(of_grid);
    example::parse(app, argc, argv);
    return sweep;
}

std::vector<Setting> settings_of(const Sweep& sweep) {
    std::vector<Setting> settings;
    if (sweep.drawn == 0) {
        for (const double learning_rate : {3e-4, 1e-3, 3e-3}) {
            for (const double entropy : {0.0, 0.01}) settings.push_back({learning_rate, entropy});
        }
    }
    Rng rng(sweep.first_seed, Purpose::user);
    for (Index i = 0; i < sweep.drawn; ++i) {  // uniform in their logarithms: small ones differ as much as large ones
        const double learning_rate = std::pow(10, rng.uniform(-4, -2)), entropy = std::pow(10, rng.uniform(-4, -1));
        settings.push_back({learning_rate, entropy});
    }
    return settings;
}

std::vector<SeedRun> train(const Setting& setting, const Sweep& sweep) {
    const TimeLimit cart_pole(CartPole{}, 500);
    const auto train_one = [&](std::uint64_t seed, Curve& record) {
        Vectorized envs(cart_pole, {.count = 8, .seed = seed});
        Actor actor(envs, Mlp{.hidden = {64, 64}});
        Critic critic(envs, Mlp{.hidden = {64, 64}});
        PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.98, .lambda = 0.8},
                        {.clip = Linear{0.2, 0},
                         .horizon = 32,
                         .minibatch = 256,
                         .epochs = 20,
                         .learning_rate = Linear{setting.learning_rate, 0},
                         .entropy = setting.entropy,
                         .value_coefficient = 1});
        trainer.train({.steps = sweep.steps}, record);
        return evaluate(actor, cart_pole, {.episodes = 100, .seed = seed});
    };
    return run_seeds(sweep.seeds, train_one, {.threads = sweep.threads, .first_seed = sweep.first_seed});
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t half = values.size() / 2;
    return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// The steps after which the mean return of training reached `target`; infinity where it never did.
double steps_to(const Curve& curve, double target) {
    for (std::size_t i = 0; i < curve["steps"].size(); ++i) {
        if (curve["mean_return"][i] >= target) return curve["steps"][i];
    }
    return std::numeric_limits<double>::infinity();
}

void print_line(const Setting& setting, const std::vector<SeedRun>& runs) {
    std::vector<double> returns, steps;
    for (const SeedRun& run : runs) {
        returns.push_back(run.evaluation.mean_return);
        steps.push_back(steps_to(run.curve, 195));
    }
    const double reached = median(steps);
    fmt::print("{:13.6f} {:9.6f} {:9.2f} {:9.2f} {:>13}\n", setting.learning_rate, setting.entropy, median(returns),
               *std::min_element(returns.begin(), returns.end()),
               std::isfinite(reached) ? fmt::format("{:.0f}", reached) : "never");
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const Sweep sweep = read_sweep(argc, argv);
    return example::run([&] {
        fmt::print(
            "Greedy return over 100 episodes, and steps to a training return of 195: median and worst of {} "
            "seeds, {} steps each\n",
            sweep.seeds, sweep.steps);
        fmt::print("{:>13} {:>9} {:>9} {:>9} {:>13}\n", "learning_rate", "entropy", "median", "worst", "steps to 195");
        for (const Setting& setting : settings_of(sweep)) print_line(setting, train(setting, sweep));
    });
}
