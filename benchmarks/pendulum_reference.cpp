// The job that speed is measured on: PPO-clip trained on Pendulum-v1 for 307,200 steps. Exits with 1 when the policy
// that comes of it is not good enough: fast and wrong does not count.

#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <fstream>

#include "pendulum_reference/report.hpp"

namespace {

using namespace pendulum_reference;

struct Options {
    Variant variant;
    Index threads = 1;
    Index runs = 1;
    bool breakdown = false;
    std::string json;
};

/// Reads the command line; `--help` and mistakes end the program.
Options read_options(int argc, char** argv) {
    Options options;
    CLI::App app("Trains the reference job and measures its speed");
    app.add_option("--threads", options.threads, "threads that train")
        ->check(CLI::Range(Index{1}, Index{1024}))
        ->capture_default_str();
    app.add_option("--seed", options.variant.seed, "seed of the training")->capture_default_str();
    app.add_option("--width", options.variant.width, "units of each hidden layer; the reference job has 64")
        ->check(CLI::Range(Index{1}, Index{65'536}))
        ->capture_default_str();
    app.add_option("--runs", options.runs, "train the same so many times; the median counts")
        ->check(CLI::Range(Index{1}, Index{10'000}))
        ->capture_default_str();
    app.add_flag("--breakdown", options.breakdown, "say where the time goes, on one thread");
    app.add_option("--json", options.json, "write all numbers to this file");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    return options;
}

/// Trains once; returns the seconds that it took.
double train(Job& job, Index threads) {
    gradiva::PpoClip trainer(job.envs, job.actor, job.critic, gae, ppo_options(threads));
    return trainer.train({.steps = steps}).seconds;
}

double peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

Report measure(const Options& options) {
    Report report{.variant = options.variant, .threads = options.threads};
    for (Index run = 0; run < options.runs; ++run) {
        Job job(options.variant);
        report.seconds.push_back(train(job, options.threads));
        report.peak_memory = peak_memory();
        if (run > 0) continue;  // the same again
        report.greedy_return =
            gradiva::evaluate(job.actor, pendulum, {.episodes = 1000, .seed = options.variant.seed}).mean_return;
    }
    if (options.breakdown) report.breakdown = break_down(options.variant);
    return report;
}

void write(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    gradiva::require(file.good(), "pendulum_reference: cannot write '{}'; give a file that may be written", path);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    try {
        const Report report = measure(options);
        print(report);
        if (!options.json.empty()) write(options.json, json(report));
        return report.greedy_return >= lowest_return ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
