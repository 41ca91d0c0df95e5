// The command line of the example programs and what they export, compiled once for all of them.
#include "program.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <gradiva/io/c_header.hpp>
#include <gradiva/io/onnx.hpp>
#include <limits>

#include "files.hpp"
#include "numbers.hpp"

namespace example {

namespace {

void add_exports(CLI::App& app, Options& options) {
    app.add_option("--save", options.save, "save the trained policy to this file, for play_policy and for programs")
        ->check(writable_file());
    app.add_option("--onnx", options.onnx, "write the trained policy to this file as an ONNX model")
        ->check(writable_file());
    app.add_option("--c-header", options.c_header, "write the trained policy to this file as a header of C")
        ->check(c_header())
        ->check(writable_file());
}

}  // namespace

void add_options(CLI::App& app, Options& options) {
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
    app.add_option("--json", options.json, "write one line per iteration to this file of JSON lines");
    app.add_option("--tensorboard", options.tensorboard, "write a log for TensorBoard into this folder");
    app.add_option("--checkpoint", options.checkpoint,
                   "save the training to this file every minute and at the end, and go on from it if it is there")
        ->check(writable_file());
    app.add_option("--report", options.report,
                   "write a page to this HTML file that shows the training and how the policy plays at its end")
        ->check(writable_file());
    add_exports(app, options);
    app.add_flag("--doctor", options.doctor, "say what is wrong with the training, and what to try");
    app.add_flag("--quiet", options.quiet, "print nothing but the last line");
    app.final_callback([&options] {
        check_differ({options.log, options.log.empty() ? "" : options.log + ".json", options.json, options.checkpoint,
                      options.report, options.save, options.onnx, options.c_header});
    });
}

void parse(CLI::App& app, int argc, char** argv) {
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
}

Options read_options(int argc, char** argv, const std::string& what, Options options) {
    CLI::App app(what);
    add_options(app, options);
    parse(app, argc, argv);
    return options;
}

void export_policy(const gradiva::PolicyDescription& policy, const Options& options) {
    if (!options.onnx.empty()) gradiva::export_onnx(options.onnx, policy);
    if (!options.c_header.empty()) {
        gradiva::export_c(options.c_header, policy, {.name = c_name(options.c_header)});
    }
}

void print_result(const Options& options, const gradiva::Evaluation& evaluation, std::optional<gradiva::JsonLog>& log) {
    fmt::print("{}\n", evaluation);
    std::fflush(stdout);
    if (log) log->evaluation(evaluation);
    if (!options.quiet && !options.report.empty() && std::filesystem::exists(options.report))
        fmt::print(stderr, "the report is {}\n", std::filesystem::absolute(options.report).string());
}

}  // namespace example
