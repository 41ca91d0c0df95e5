#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/io/detail/checkpoint_file.hpp"
#include "gradiva/io/detail/kept_copies.hpp"
#include "gradiva/train/resume.hpp"
#include "gradiva/train/run.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `Checkpoint`.
struct CheckpointOptions {
    double every_seconds = 60;   ///< time between two writes, at least 0; infinity: none by time
    Index every_iterations = 0;  ///< iterations between two writes; 0: none by number
    Index keep = 0;              ///< how many of the last checkpoints are kept, as FILE.ITERATION beside FILE
};

/// See `restart_episodes`.
struct RestartEpisodes {};
/// Given to a `Checkpoint`: running episodes are not saved. A resumed training starts every environment with a reset,
/// and goes on with the same random streams; its bits differ from those of one that was not stopped. For environments
/// that cannot show their state.
inline constexpr RestartEpisodes restart_episodes{};

/// Callback of `train` that saves the whole training in a safetensors file, and goes on from the file where it exists:
/// to the bit as if nothing had happened, by the same build of the program, with any number of threads.
///
///   trainer.train({.steps = 1'000'000}, Checkpoint("run.safetensors"), CsvLog("run.csv"), ProgressBar{});
///
/// It writes every minute, or as its options say, and at the end of `train` after the `on_stop` of all others; nothing
/// after an exception, also one of an `on_stop`, nor where there is a file and no iteration ran. A training that is
/// complete returns its progress at once; a larger number of steps extends it; one that a callback has stopped goes on.
/// With several calls of `train` and one file, which have the same callbacks with state, those that are complete return
/// at once. One process at a time uses a file.
///
/// `train` throws `Error`, and nothing is changed, where the file is damaged, or was written by another training: its
/// environments, networks, options, callbacks or seed differ, of which the first is named. A log that was cut or
/// changed since is an `Error` too, of the log itself, which opens its file once the training is restored: both files
/// are as they were then, while what is in memory is the restored training. The number of threads may differ; so may
/// compiler and processor, with bits of their own. The file is replaced as a whole, so that it is complete whenever the
/// program or the machine stops.
template <Episodes episodes = Episodes::kept>
class Checkpoint {
public:
    static constexpr Episodes saves_run = episodes;

    /// Nothing is read or written before `train`. Throws `Error` on options out of range.
    explicit Checkpoint(std::string path, const CheckpointOptions& options = {}) requires(episodes == Episodes::kept)
        : Checkpoint(Checked{}, std::move(path), options) {}
    Checkpoint(std::string path, RestartEpisodes,
               const CheckpointOptions& options = {}) requires(episodes == Episodes::restarted)
        : Checkpoint(Checked{}, std::move(path), options) {}

    const std::string& path() const { return path_; }

    /// Resumes the training where the file exists.
    void on_start(Run& run) {
        written_ = Clock::now();
        found_ = detail::is_there(path_);
        if (found_) {
            const detail::CheckpointFile file(path_, episodes);
            resume(file.who(), run, file.image(), episodes);
        } else {
            detail::state_of(run, episodes);  // what could not be saved is an error now, not after hours
        }
        checksum_.reset();
        started_iteration_ = written_iteration_ = run.progress().iteration;
    }

    void operator()(const Progress&) const {}

    void after_iteration(const Run& run) {
        if (is_due(run.progress().iteration)) write(run, {});
    }

    void on_stop(const Run& run, Stop why) {
        if (why == Stop::exception || (found_ && run.progress().iteration == started_iteration_)) return;
        write(run, checksum_);  // again after the last iteration, where the on_stop of others has changed their state
    }

private:
    using Clock = std::chrono::steady_clock;
    struct Checked {};

    Checkpoint(Checked, std::string path, const CheckpointOptions& options)
        : path_(std::move(path)), options_(options) {
        require(!path_.empty(), "Checkpoint: the path is empty; give that of a file");
        require(options.every_seconds >= 0, "Checkpoint: every_seconds is {}; give a time of at least 0 s",
                options.every_seconds);
        require(options.every_iterations >= 0 && options.keep >= 0,
                "Checkpoint: every_iterations is {} and keep {}; give numbers of at least 0", options.every_iterations,
                options.keep);
    }

    bool is_due(Index iteration) const {
        const bool by_number =
            options_.every_iterations > 0 && iteration - written_iteration_ >= options_.every_iterations;
        return by_number || std::chrono::duration<double>(Clock::now() - written_).count() >= options_.every_seconds;
    }

    void write(const Run& run, const std::optional<std::uint64_t>& former) {
        const Index iteration = run.progress().iteration;
        const std::string kept = options_.keep > 0 ? fmt::format("{}", iteration) : "";
        checksum_ = detail::write_checkpoint(path_, run, episodes, kept, former);
        if (options_.keep > 0) detail::remove_old_copies(path_, iteration, options_.keep);
        written_ = Clock::now();
        written_iteration_ = iteration;
    }

    std::string path_;
    CheckpointOptions options_;
    Clock::time_point written_{};
    bool found_ = false;  // a file, when the training started
    Index started_iteration_ = 0;
    Index written_iteration_ = 0;
    std::optional<std::uint64_t> checksum_;  // of the file that was written last
};

Checkpoint(std::string, const CheckpointOptions& = {})->Checkpoint<Episodes::kept>;
Checkpoint(std::string, RestartEpisodes, const CheckpointOptions& = {})->Checkpoint<Episodes::restarted>;

}  // namespace GRADIVA_NAMESPACE
