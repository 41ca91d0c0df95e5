// What a checkpoint costs: the reference job with one that is never due beside the job without, by turns, and one write
// of it beside a plain file of as many bytes that is brought to the same disk. The file lies in the working directory.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <gradiva/io.hpp>
#include <limits>
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

const std::string path = fmt::format("checkpoint_{}.safetensors", getpid());
const std::string plain_path = path + ".plain";
constexpr double never = std::numeric_limits<double>::infinity();

/// Seconds of one training, without what is written after its last iteration.
struct Seconds {
    double wall, processor;
};

template <class... Checkpoint>
Seconds train(Checkpoint... checkpoint) {
    Job job({});
    gradiva::PpoClip trainer(job.envs, job.actor, job.critic, gae, ppo_options(1));
    ProcessorTime time;
    const double wall = trainer.train({.steps = steps}, time, checkpoint...).seconds;
    std::filesystem::remove(path);
    return {wall, time.seconds()};
}

/// Writes the bytes of the checkpoint to a new file and to the disk.
void write_plain(const std::string& bytes) {
    const int file = open(plain_path.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
    const bool written =
        file >= 0 && write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && fsync(file) == 0;
    if (file >= 0) close(file);
    gradiva::require(written, "checkpoint: cannot write '{}'; run it in a folder that may be written", plain_path);
}

/// A checkpoint after every iteration, each followed by a plain file; notes the seconds of both.
struct TimedWrites {
    static constexpr gradiva::Episodes saves_run = gradiva::Episodes::kept;

    void operator()(const gradiva::Progress&) const {}
    void after_iteration(const gradiva::Run& run) {
        Stopwatch watch;
        checkpoint.after_iteration(run);
        of_checkpoint->push_back(watch.lap());
        const std::string bytes(std::filesystem::file_size(path), 'x');
        watch.lap();
        write_plain(bytes);
        of_plain->push_back(watch.lap());
        std::filesystem::remove(plain_path);
    }

    gradiva::Checkpoint<> checkpoint{path, {.every_seconds = 0}};
    std::vector<double>* of_checkpoint;
    std::vector<double>* of_plain;
};

void measure_iterations(Index rounds) {
    std::vector<double> wall, processor;
    for (Index round = 0; round < rounds; ++round) {
        const gradiva::Checkpoint checkpoint(path, {.every_seconds = never});
        Seconds without{}, with{};
        if (round % 2 == 0) without = train();
        with = train(checkpoint);
        if (round % 2 == 1) without = train();
        wall.push_back(with.wall / without.wall);
        processor.push_back(with.processor / without.processor);
    }
    fmt::print(
        "the reference job with a checkpoint that is never due, by the job without, median of {} pairs:\n"
        "  time {:.4f}, processor's time {:.4f}; the goal is 1.003\n",
        rounds, median(wall), median(processor));
}

void measure_writes() {
    std::vector<double> of_checkpoint, of_plain;
    train(TimedWrites{.of_checkpoint = &of_checkpoint, .of_plain = &of_plain});
    const double write = median(of_checkpoint);
    fmt::print(
        "one checkpoint, median of {}: {:.2f} ms; a plain file of as many bytes, with fsync: {:.2f} ms\n"
        "a checkpoint every minute: {:.4f} % of the time\n",
        of_checkpoint.size(), 1e3 * write, 1e3 * median(of_plain), 100 * write / 60);
}

}  // namespace

int main(int argc, char** argv) {
    Index rounds = 11;
    CLI::App app("Measures what a checkpoint costs the reference job");
    app.add_option("--rounds", rounds, "pairs of trainings, with and without")
        ->check(CLI::Range(Index{1}, Index{10'000}))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);
    try {
        measure_iterations(rounds);
        measure_writes();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
