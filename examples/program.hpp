// What the example programs with options share: the options (read by program.cpp), log and checkpoint, a clean end on
// Ctrl-C, the policy's files and errors in one line.
#pragma once

#include <gradiva/gradiva.hpp>
#include <gradiva/io/checkpoint.hpp>
#include <gradiva/io/report.hpp>
#include <gradiva/io/save_policy.hpp>
#include <new>
#include <optional>
#include <string>
#include <system_error>

namespace CLI {
class App;
}

namespace example {

struct Options {
    std::uint64_t seed = 1;
    gradiva::Index steps = 100'000;
    gradiva::Index envs = 8;
    gradiva::Index threads = 1;
    std::string log = {}, json = {};  ///< files of logs; empty: none
    std::string tensorboard = {};     ///< folder of a log; empty: none
    std::string checkpoint = {};
    std::string report = {};
    std::string save = {}, onnx = {}, c_header = {};  ///< files of the trained policy; empty: none
    bool doctor = false;                              ///< whether the training is judged
    bool quiet = false;
};

/// What every example takes, over the given defaults.
void add_options(CLI::App& app, Options& options);

/// Reads the command line; `--help` and mistakes end the program.
void parse(CLI::App& app, int argc, char** argv);

/// Both, of a program that does `what`.
Options read_options(int argc, char** argv, const std::string& what, Options options = {});

/// Writes the policy as an ONNX model and as a header of C, each where the options give a path.
void export_policy(const gradiva::PolicyDescription& policy, const Options& options);

/// Trains with a progress bar, logs, a checkpoint, a doctor and a report, as the options say; the report shows how the
/// actor plays in `env`. Returns the log of JSON lines, if there is one.
template <class Trainer, class E>
[[nodiscard]] std::optional<gradiva::JsonLog> train(Trainer& trainer, const Options& options, const E& env) {
    std::optional<gradiva::Checkpoint<>> checkpoint;
    std::optional<gradiva::CsvLog> log;
    std::optional<gradiva::JsonLog> json;
    std::optional<gradiva::TensorBoardLog> tensorboard;
    std::optional<gradiva::ProgressBar> bar;
    std::optional<gradiva::Doctor> doctor;
    std::optional<gradiva::Report<E>> report;
    gradiva::StopOnSignal stop;
    if (!options.checkpoint.empty()) checkpoint.emplace(options.checkpoint);
    if (!options.log.empty()) log.emplace(options.log);
    if (!options.json.empty()) json.emplace(options.json);
    if (!options.tensorboard.empty()) tensorboard.emplace(options.tensorboard);
    if (!options.quiet) bar.emplace();
    if (options.doctor) doctor.emplace();
    if (!options.report.empty()) report.emplace(options.report, env, gradiva::ReportOptions{.seed = options.seed});
    trainer.train({.steps = options.steps}, checkpoint, log, json, tensorboard, bar, doctor, report, stop);
    if (stop.signal() != 0) fmt::print(stderr, "interrupted; this is the policy so far\n");
    return json;
}

/// Writes the policy to the files that were asked for; with its critic, if it has one, so that it can be trained
/// further.
template <class A, class... C>
void save(const Options& options, const A& actor, const C&... critic) {
    if (!options.save.empty()) gradiva::save_policy(options.save, actor, critic...);
    export_policy(gradiva::describe_policy(actor), options);
}

/// Prints what the policy is worth, and where the report is; adds it to the log.
void print_result(const Options& options, const gradiva::Evaluation& evaluation, std::optional<gradiva::JsonLog>& log);

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
