// Writes reports into the folder given, and beside each the numbers that it was made of, for reports.py.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/io/recorded_run.hpp"
#include "gradiva/io/write_report.hpp"

using namespace gradiva;

namespace {

constexpr const char* quantities[] = {"mean_return", "value_loss", "metric/<b>goals</b>"};

/// A wave with noise that depends on the numbers alone.
double number(int quantity, int seed, int iteration) {
    const double t = iteration;
    return 100 * std::sin(0.01 * t + seed) + 50 * std::sin(t * t * (1 + 0.1 * seed) + quantity) + 1e4 * quantity;
}

RecordedRun run_of(const std::string& algorithm, int seed, int iterations, int steps) {
    RecordedRun run{.name = fmt::format("{} of seed {}", algorithm, seed)};
    run.description.set("algorithm", algorithm);
    run.description.set("environments/seed", std::int64_t{seed});
    run.description.set("clip", 0.1 * static_cast<double>(algorithm.size()));
    for (int i = 1; i <= iterations; ++i) {
        std::vector<double> row(RunSeries::axes.size() + std::size(quantities), std::nan(""));
        row[0] = i;
        row[1] = static_cast<double>(i) * steps;
        row[2] = 0.01 * i;
        row[3] = i / 3;
        for (int q = 0; q < 3; ++q) {
            if (q > 0 || i > 5) row[run.series.column(quantities[q])] = number(q, seed, i);  // the first episodes run
        }
        run.series.add(row);
    }
    run.evaluation = RecordedEvaluation{
        .mean_return = 10.0 + seed, .std_return = 1, .episodes = 20, .metrics = {{"<b>goals</b>", 0.25 + seed}}};
    return run;
}

/// As the log of a trainer without returns: axes, and a column that is always empty.
RecordedRun run_without_quantities(const std::string& algorithm, int seed) {
    RecordedRun run = run_of(algorithm, seed, 0, 1);
    run.evaluation.reset();
    run.series.column("mean_return");
    for (int i = 1; i <= 3; ++i)
        run.series.add(std::vector<double>{1.0 * i, 10.0 * i, std::nan(""), std::nan(""), std::nan("")});
    return run;
}

/// A circle that crosses the picture.
Recording recording() {
    Recording recording{.name = "<i>Circle</i>", .seconds_per_step = 0.02};
    for (int episode = 0; episode < 2; ++episode) {
        RecordedEpisode& e = recording.episodes.emplace_back();
        for (int step = 0; step <= 60; ++step) {
            RecordedFrame& frame = e.frames.emplace_back();
            frame.step = step;
            frame.reward_sum = step;
            frame.canvas.view({.left = -1, .bottom = -0.5, .right = 1, .top = 0.5});
            frame.canvas.circle({step / 30.0 - 1, 0}, 0.2, {.fill = Ink::accent});
        }
        e.reward_sum = 60;
        e.length = 60;
    }
    return recording;
}

/// The numbers of the runs as they were added: {"runs": [{"quantity": [...]}]}, without those that are absent.
void write_numbers(const std::string& path, const std::vector<RecordedRun>& runs) {
    std::ofstream file(path);
    file << "[";
    for (std::size_t r = 0; r < runs.size(); ++r) {
        file << (r > 0 ? "," : "") << "{";
        const char* comma = "";
        for (const SeriesColumn& column : runs[r].series.table().columns()) {
            file << comma << '"' << column.name << "\":[";
            for (std::size_t i = 0; i < column.last.size(); ++i) {
                file << (i > 0 ? "," : "") << (std::isnan(column.last[i]) ? "null" : fmt::format("{}", column.last[i]));
            }
            file << "]";
            comma = ",";
        }
        file << "}";
    }
    file << "]";
}

}  // namespace

int main(int, char** arguments) {
    const std::string folder = std::string(arguments[1]) + "/";
    const auto write = [&](const std::string& name, const std::vector<RecordedRun>& runs) {
        write_report(folder + name + ".html", runs, {.title = "<script>throw 1</script> & \"" + name + "\""});
        write_numbers(folder + name + ".json", runs);
    };
    std::vector<RecordedRun> one = {run_of("</script><b>PPO</b>", 1, 399, 256)};
    one[0].recording = recording();
    one[0].notes.emplace_back("<img src=x onerror=alert(1)>");
    write("one", one);
    write("long", {run_of("PPO", 1, 3001, 16'777'217)});
    std::vector<RecordedRun> seeds, thirty;
    for (int seed = 0; seed < 10; ++seed) {
        seeds.push_back(run_of("PPO", seed, 500, 256));
        for (const char* name : {"A2C", "PPO-clip", "<u>TRPO</u>"}) {
            thirty.push_back(run_of(name, seed, 300 + 20 * seed, 256 + seed % 3));
        }
    }
    write("bare", {run_without_quantities("PPO", 1)});
    write("bare_groups",
          {run_without_quantities("PPO", 1), run_without_quantities("PPO", 2), run_without_quantities("A2C", 1)});
    write("seeds", seeds);
    write("thirty", thirty);
    for (RecordedRun& run : thirty) run.description = {};
    write("undescribed", thirty);
}
