// How long it takes to solve CartPole-v1: from the start of a process that trains, until its greedy policy reaches a
// mean return of 475 over 100 fresh episodes. Each seed gets a process of its own, so that what a start costs counts.
// Exits with 1 when a seed fails.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "cartpole_solve/child_process.hpp"
#include "cartpole_solve/report.hpp"

namespace {

using namespace cartpole_solve;

struct Options {
    Index seeds = 20;
    std::uint64_t first_seed = 1;
    std::string network;  // none: all
    std::string json;
    std::optional<std::uint64_t> one;
};

/// Reads the command line; `--help` and mistakes end the program.
Options read_options(int argc, char** argv) {
    constexpr std::uint64_t largest_seed = 0xFFFFFFFF;
    Options options;
    CLI::App app("Measures the time to solve CartPole, process start included");
    app.add_option("--seeds", options.seeds, "how many seeds; the median counts")
        ->check(CLI::Range(Index{1}, Index{10'000}))
        ->capture_default_str();
    app.add_option("--first-seed", options.first_seed, "the first of them")
        ->check(CLI::Range(std::uint64_t{0}, largest_seed))
        ->capture_default_str();
    app.add_option("--network", options.network, "this one only")->check(CLI::IsMember({"chosen", "64-64"}));
    app.add_option("--json", options.json, "write all numbers to this file");
    app.add_option("--one", options.one, "what a started process does: solve with this seed and print bare numbers")
        ->check(CLI::Range(std::uint64_t{0}, largest_seed))
        ->needs("--network");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    return options;
}

void print_bare(const Outcome& outcome) {
    fmt::print("{} {} {} {} {} {}\n", int{outcome.solved}, outcome.steps, outcome.tests, outcome.build_seconds,
               outcome.train_seconds, outcome.test_seconds);
}

Outcome read_bare(const std::string& text) {
    std::istringstream in(text);
    Outcome outcome;
    in >> outcome.solved >> outcome.steps >> outcome.tests >> outcome.build_seconds >> outcome.train_seconds >>
        outcome.test_seconds;
    gradiva::require(!in.fail(), "cartpole_solve: a child process printed '{}'", text);
    return outcome;
}

const Setting& setting_of(std::string_view name) {
    return *std::ranges::find(settings, name, [](const Setting& setting) { return setting.name; });
}

/// The return of the policy that a process has found, in episodes that had no part in finding it: found again here,
/// since a seed gives the same bits in any process. These are the scalar environment's.
double further_return(const Setting& setting, const Run& run) {
    Training training(setting, run.seed);
    const Index steps = training.solve().steps;
    gradiva::require(steps == run.outcome.steps,
                     "cartpole_solve: seed {} took {} steps in its process and {} in this one; they should be equal",
                     run.seed, run.outcome.steps, steps);
    const gradiva::TimeLimit cart_pole(gradiva::CartPole{}, limit);
    return evaluate(training.actor(), cart_pole, {.episodes = 1000, .seed = run.seed, .environments = 100}).mean_return;
}

Run measure(const std::string& program, const Setting& setting, std::uint64_t seed) {
    gradiva_bench::Stopwatch watch;
    const Ended ended = run_again(program, {"--network", std::string(setting.name), "--one", fmt::format("{}", seed)});
    Run run{.seed = seed,
            .wall_seconds = watch.lap(),
            .cpu_seconds = ended.cpu_seconds,
            .outcome = read_bare(ended.output)};
    run.further_return = further_return(setting, run);
    return run;
}

std::vector<Row> measure(const std::string& program, const Options& options) {
    std::vector<Row> rows;
    for (const Setting& setting : settings) {
        if (!options.network.empty() && options.network != setting.name) continue;
        Row row{.setting = setting};
        for (Index i = 0; i < options.seeds; ++i) {
            row.runs.push_back(measure(program, setting, options.first_seed + static_cast<std::uint64_t>(i)));
        }
        rows.push_back(row);
    }
    return rows;
}

void write(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    gradiva::require(file.good(), "cartpole_solve: cannot write '{}'; give a file that may be written", path);
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    try {
        if (options.one) {
            print_bare(Training(setting_of(options.network), *options.one).solve());
            return 0;
        }
        const std::vector<Row> rows = measure(argv[0], options);
        print(rows);
        if (!options.json.empty()) write(options.json, json(rows));
        return std::ranges::all_of(rows, [](const Row& row) { return row.failures() == 0; }) ? 0 : 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
