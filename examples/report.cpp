// A report of trainings from their logs: one HTML file that shows curves, options and evaluations, without a network.
//
//   for seed in 1 2 3; do cartpole_ppo_clip --seed $seed --log run_$seed.csv; done
//   report run_*.csv --out report.html
// Logs of trainings that differ in nothing but their seed are shown as one: the median and the quartiles over seeds.

#include <CLI/CLI.hpp>
#include <gradiva/io/read_run.hpp>
#include <gradiva/io/write_report.hpp>

#include "files.hpp"
#include "program.hpp"

namespace {

struct Options {
    std::vector<std::string> logs = {};
    std::string out = "report.html";
    gradiva::WriteReportOptions report = {};
};

Options read_options(int argc, char** argv) {
    Options options;
    CLI::App app("Writes a report of trainings from their logs");
    app.option_defaults()->always_capture_default();
    app.add_option("LOG", options.logs, "what --log or --json wrote")->required();
    app.add_option("--out", options.out, "write the report to this file")->check(example::writable_file());
    app.add_option("--title", options.report.title, "of the page");
    app.final_callback([&options] {
        for (const std::string& log : options.logs) example::check_differ({log, log + ".json", options.out});
    });
    example::parse(app, argc, argv);
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    return example::run([&] {
        std::vector<gradiva::RecordedRun> runs;
        for (const std::string& log : options.logs) runs.push_back(gradiva::read_run(log));
        gradiva::write_report(options.out, runs, options.report);
        fmt::print("the report of {} {} is {}\n", runs.size(), runs.size() == 1 ? "run" : "runs", options.out);
    });
}
