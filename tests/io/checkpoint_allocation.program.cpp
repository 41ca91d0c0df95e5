// No iteration of a training with a checkpoint may call malloc after the first, but for those that write; none of one
// with a flight record.
#include "helpers/count_malloc.hpp"
#include "helpers/temporary_path.hpp"

#include <filesystem>
#include <gradiva/io.hpp>
#include <limits>

namespace {

using namespace gradiva;
using gradiva_test::TemporaryPath;

constexpr Index iterations = 8, steps_per_iteration = 8 * 128;

/// Trains; returns how often iterations that were not followed by a write, but for the first, called malloc. The report
/// of an iteration comes before its write: what is counted between two reports includes a write after the earlier one.
template <class Saver>
long count(Saver saver, Index written_every, Index threads, bool after_write) {
    Vectorized envs(TimeLimit(CartPole{}, 50), {.count = 8, .seed = 1});
    const Mlp mlp{.hidden = {64, 64}, .normalize_observations = true};
    Actor actor(envs, mlp);
    Critic critic(envs, mlp);
    PpoClip trainer(envs, actor, critic, Gae{},
                    {.horizon = 128, .minibatch = 300, .epochs = 2, .normalize_rewards = true, .threads = threads});
    long before = 0, counted = 0;
    trainer.train({.steps = iterations * steps_per_iteration}, saver, [&](const Progress& progress) {
        const long now = count_malloc::calls;
        const bool wrote = written_every > 0 && (progress.iteration - 1) % written_every == 0;
        if (progress.iteration > 1 && wrote == after_write) counted += now - before;
        before = count_malloc::calls;
    });
    return counted;
}

void run(Index threads) {
    constexpr double never = std::numeric_limits<double>::infinity();
    const TemporaryPath path("run.safetensors");
    const auto judge = [&](const char* what, long calls) {
        fmt::print("{}, {} threads: {} allocations\n", what, threads, calls);
        if (calls != 0) ++count_malloc::failures;
        std::filesystem::remove(path.text());
    };
    const auto checkpoint = [&](const CheckpointOptions& options, bool after_write = false) {
        return count(Checkpoint(path.text(), options), options.every_iterations, threads, after_write);
    };
    judge("never due", checkpoint({.every_seconds = never}));
    judge("a minute", checkpoint({}));
    judge("between writes", checkpoint({.every_seconds = never, .every_iterations = 3}));
    const long of_records = count(FlightRecord(path.text()), 0, threads, false);
    fmt::print("a flight record, {} threads: {} allocations\n", threads, of_records);
    if (of_records > 12 * iterations) ++count_malloc::failures;
    // The count sees writes: what is said of iterations without one is no matter of counting.
    const long of_writes = checkpoint({.every_seconds = never, .every_iterations = 3}, true);
    fmt::print("in two writes, {} threads: {} allocations\n", threads, of_writes);
    if (of_writes == 0) ++count_malloc::failures;
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        for (const Index threads : {1, 2}) run(threads);
    });
}
