// What logs cost: the reference job with a CsvLog and a TensorBoardLog beside the job without, by turns, and the time
// of each log in an iteration. Their files lie in the working directory.

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <gradiva/gradiva.hpp>
#include <string>
#include <vector>

#include "common/processor_time.hpp"
#include "common/stopwatch.hpp"
#include "pendulum_reference/job.hpp"

namespace {

using namespace pendulum_reference;
using gradiva_bench::median;
using gradiva_bench::ProcessorTime;
using gradiva_bench::Stopwatch;

const std::string folder = fmt::format("logs_{}", getpid());

/// Seconds of one training, without what logs do before the first iteration.
struct Seconds {
    double wall, processor;
};

template <class... Log>
Seconds train(Log&&... log) {
    Job job({});
    gradiva::PpoClip trainer(job.envs, job.actor, job.critic, gae, ppo_options(1));
    ProcessorTime time;
    const double wall = trainer.train({.steps = steps}, time, log...).seconds;
    std::filesystem::remove_all(folder);
    return {wall, time.seconds()};
}

Seconds train_with_logs() {
    std::filesystem::create_directory(folder);
    return train(gradiva::CsvLog(folder + "/run.csv"), gradiva::TensorBoardLog(folder));
}

void measure_jobs(Index rounds) {
    std::vector<double> wall, processor;
    for (Index round = 0; round < rounds; ++round) {
        Seconds without{}, with{};
        if (round % 2 == 0) without = train();
        with = train_with_logs();
        if (round % 2 == 1) without = train();
        wall.push_back(with.wall / without.wall);
        processor.push_back(with.processor / without.processor);
    }
    fmt::print(
        "the reference job with CsvLog and TensorBoardLog, by the job without, median of {} pairs:\n"
        "  time {:.4f}, processor's time {:.4f}; the goal is 1.01\n",
        rounds, median(wall), median(processor));
}

/// A log whose time in each iteration is noted.
template <class Log>
struct Timed {
    Log log;
    std::vector<double>* seconds;

    void on_start(const gradiva::Run& run) { log.on_start(run); }
    void operator()(const gradiva::Progress& progress) {
        Stopwatch watch;
        log(progress);
        seconds->push_back(watch.lap());
    }
};

void measure_logs() {
    std::vector<double> csv, json, tensorboard;
    std::filesystem::create_directory(folder);
    const Seconds job = train(Timed<gradiva::CsvLog>{gradiva::CsvLog(folder + "/run.csv"), &csv},
                              Timed<gradiva::JsonLog>{gradiva::JsonLog(folder + "/run.jsonl"), &json},
                              Timed<gradiva::TensorBoardLog>{gradiva::TensorBoardLog(folder), &tensorboard});
    const double iteration = job.wall / static_cast<double>(iterations);
    const auto print = [&](const char* name, const std::vector<double>& seconds) {
        fmt::print("{}: {:.1f} us an iteration, {:.4f} % of it\n", name, 1e6 * median(seconds),
                   100 * median(seconds) / iteration);
    };
    print("CsvLog", csv);
    print("JsonLog", json);
    print("TensorBoardLog", tensorboard);
}

}  // namespace

int main(int argc, char** argv) {
    Index rounds = 11;
    CLI::App app("Measures what logs cost the reference job");
    app.add_option("--rounds", rounds, "pairs of trainings, with and without")
        ->check(CLI::Range(Index{1}, Index{10'000}))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        measure_jobs(rounds);
        measure_logs();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
