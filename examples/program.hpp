// What the example programs with options share: the options, log and checkpoint, a clean end on Ctrl-C, the policy's
// files and errors in one line.
#pragma once

#include <CLI/CLI.hpp>
#include <gradiva/gradiva.hpp>
#include <gradiva/io/checkpoint.hpp>
#include <gradiva/io/save_policy.hpp>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include "exports.hpp"
#include "files.hpp"
#include "numbers.hpp"

namespace example {

struct Options {
    std::uint64_t seed = 1;
    gradiva::Index steps = 100'000;
    gradiva::Index envs = 8;
    gradiva::Index threads = 1;
    std::string log = {};
    std::string checkpoint = {};
    std::string save = {}, onnx = {}, c_header = {};  ///< files of the trained policy; empty: none
    bool quiet = false;
};

/// What every example takes, over the given defaults.
inline void add_options(CLI::App& app, Options& options) {
    using gradiva::Index;
    app.add_option("--seed", options.seed, "names all random numbers")
        ->check(whole_number<std::uint64_t>(0, std::numeric_limits<std::uint64_t>::max()))
        ->capture_default_str();
    app.add_option("--steps", options.steps, "environment steps to train for")
        ->check(whole_number<Index>(1, std::numeric_limits<Index>::max()))
        ->capture_default_str();
    app.add_option("--envs", options.envs, "environments side by side")
        ->check(whole_number<Index>(1, 65'536))
        ->capture_default_str();
    app.add_option("--threads", options.threads, "threads; the result does not depend on it")
        ->check(whole_number<Index>(1, gradiva::Threads::most))
        ->capture_default_str();
    app.add_option("--log", options.log, "write one line per iteration to this CSV file");
    app.add_option("--checkpoint", options.checkpoint,
                   "save the training to this file every minute and at the end, and go on from it if it is there")
        ->check(writable_file());
    app.add_option("--save", options.save, "save the trained policy to this file, for play_policy and for programs")
        ->check(writable_file());
    app.add_option("--onnx", options.onnx, "write the trained policy to this file as an ONNX model")
        ->check(writable_file());
    app.add_option("--c-header", options.c_header, "write the trained policy to this file as a header of C")
        ->check(c_header())
        ->check(writable_file());
    app.add_flag("--quiet", options.quiet, "print nothing but the last line");
    app.final_callback([&options] {
        check_differ({options.log, options.checkpoint, options.save, options.onnx, options.c_header});
    });
}

/// Reads the command line; `--help` and mistakes end the program.
inline void parse(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
}

inline Options read_options(int argc, char** argv, const std::string& what, Options options = {}) {
    CLI::App app(what);
    add_options(app, options);
    parse(app, argc, argv);
    return options;
}

/// Trains with a progress bar, a log and a checkpoint, as the options say.
template <class Trainer>
void train(Trainer& trainer, const Options& options) {
    std::optional<gradiva::Checkpoint<>> checkpoint;
    std::optional<gradiva::CsvLog> log;
    std::optional<gradiva::ProgressBar> bar;
    gradiva::StopOnSignal stop;
    if (!options.checkpoint.empty()) checkpoint.emplace(options.checkpoint);
    if (!options.log.empty()) log.emplace(options.log);
    if (!options.quiet) bar.emplace();
    trainer.train({.steps = options.steps}, checkpoint, log, bar, stop);
    if (stop.signal() != 0) fmt::print(stderr, "interrupted; this is the policy so far\n");
}

/// Writes the policy to the files that were asked for; with its critic, if it has one, so that it can be trained
/// further.
template <class A, class... C>
void save(const Options& options, const A& actor, const C&... critic) {
    if (!options.save.empty()) gradiva::save_policy(options.save, actor, critic...);
    export_policy(gradiva::describe_policy(actor), options.onnx, options.c_header);
}

/// Runs the program; what goes wrong is printed and makes its exit status 1.
template <class Program>
int run(const Program& program) {
    try {
        program();
        return 0;
    } catch (const std::bad_alloc&) {
        fmt::print(stderr, "there is not enough memory; give fewer --envs\n");
    } catch (const std::system_error& error) {
        fmt::print(stderr, "{}; give fewer --threads\n", error.what());
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
    }
    return 1;
}

}  // namespace example
