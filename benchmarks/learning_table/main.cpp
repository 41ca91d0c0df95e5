// The learning table: trains each row over several seeds and says whether it reaches its goal.
//
// Every seed is trained on one thread; several seeds run side by side, which no result depends on.

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>
#include <gradiva/gradiva.hpp>
#include <mutex>

#include "report.hpp"
#include "results_file.hpp"
#include "svg.hpp"

namespace {

using namespace learning_table;

struct Options {
    std::vector<std::string> rows;
    Index seeds = 10;
    Index jobs = 2;
    std::string out;
    std::string results;
    bool list = false;
    bool quiet = false;
};

/// Reads the command line; `--help` and mistakes end the program.
Options read_options(int argc, char** argv) {
    Options options;
    CLI::App app("Trains every row of the learning table and compares its returns with the goals");
    app.add_option("--row", options.rows, "a row's name or a part of one; may be repeated (default: all)")
        ->expected(1)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_option("--seeds", options.seeds, "train with the seeds 1 to N")
        ->check(CLI::Range(Index{1}, Index{100'000}))
        ->capture_default_str();
    app.add_option("--jobs", options.jobs, "seeds trained side by side, each on one thread")
        ->check(CLI::Range(Index{1}, Index{1024}))
        ->capture_default_str();
    app.add_option("--out", options.out, "write results.csv, results.md and learning curves to this folder");
    app.add_option("--results", options.results,
                   "append each seed's result to this file, and train only seeds that are not in it");
    app.add_flag("--list", options.list, "print the rows' names and goals, and train nothing");
    app.add_flag("--quiet", options.quiet, "print the table only, not each seed as it ends");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::exit(app.exit(error));
    }
    return options;
}

/// All seeds of a row: those of the file, and those that are trained now.
Measured measure_row(const Row& row, gradiva::Threads& jobs, ResultsFile& file, const Options& options) {
    Measured measured{row, std::vector<Result>(static_cast<std::size_t>(options.seeds))};
    std::vector<std::uint64_t> missing;
    for (std::uint64_t seed = 1; seed <= measured.results.size(); ++seed) {
        if (const Result* known = file.find(row, seed)) {
            measured.results[seed - 1] = *known;
        } else {
            missing.push_back(seed);
        }
    }
    std::mutex printing;
    jobs.run(static_cast<Index>(missing.size()), [&](Index i) {
        const std::uint64_t seed = missing[static_cast<std::size_t>(i)];
        Result& result = measured.results[seed - 1];
        try {
            result = row.train(seed);
        } catch (const std::exception& error) {
            gradiva::fail("{}, seed {}: {}", row.name, seed, error.what());
        }
        file.add(row, seed, result);
        if (options.quiet) return;
        const std::lock_guard lock(printing);
        fmt::print(stderr, "{} seed {}: {:.2f} after {} steps, {:.2f} s\n", row.name, seed, score_of(row, result),
                   result.steps, result.seconds);
    });
    return measured;
}

void write(const std::filesystem::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    gradiva::require(file.good(), "learning_table: cannot write '{}'; give a folder that may be written",
                     path.string());
}

void run(const Options& options) {
    const std::vector<Row> rows = select_rows(all_rows(), options.rows);
    if (options.list) {
        for (const Row& row : rows) {
            fmt::print("{:<32} {}, {}: {} ({})\n", row.name, row.environment, row.algorithm, short_number(row.goal),
                       describe(row.score));
        }
        return;
    }
    const std::filesystem::path out = options.out;
    if (!out.empty()) {
        std::error_code error;
        std::filesystem::create_directories(out, error);
        gradiva::require(!error, "learning_table: cannot make the folder '{}' ({}); give one that may be written",
                         options.out, error.message());
    }

    ResultsFile file(options.results);
    gradiva::Threads jobs(options.jobs);
    std::vector<Measured> table;
    fmt::print("{}\n", text_heading());
    for (const Row& row : rows) {
        table.push_back(measure_row(row, jobs, file, options));
        fmt::print("{}\n", text_line(table.back()));
        std::fflush(stdout);
        if (out.empty()) continue;
        // After each row, so that an interrupted run leaves what it has measured.
        write(out / "results.csv", csv(table));
        write(out / "results.md", markdown(table, options.jobs));
        write(out / (row.name + ".svg"), learning_curves_svg(table.back()));
    }
}

}  // namespace

int main(int argc, char** argv) {
    const Options options = read_options(argc, argv);
    try {
        run(options);
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}\n", error.what());
        return 1;
    }
}
