// A training with a checkpoint and a log, whose log is not what it was when the training goes on.
#include "catch.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "gradiva/callbacks/csv_log.hpp"
#include "gradiva/callbacks/tensorboard_log.hpp"
#include "gradiva/io/checkpoint.hpp"
#include "gradiva/train/train_loop.hpp"
#include "helpers/temporary_folder.hpp"

using namespace gradiva;
using gradiva_test::read_text;
using gradiva_test::TemporaryFolder;
using gradiva_test::write_text;

namespace {

/// 10 steps per iteration; its weight is what it learns.
struct Toy {
    TrainLoop loop{"Toy"};
    double weight;

    explicit Toy(double initial = 1) : weight(initial) {}

    Progress train(const TemporaryFolder& folder, Index stop = 0) {
        const auto continues = [&](const Progress& progress) { return progress.iteration != stop; };
        return train_with(Checkpoint(folder / "run"), CsvLog(folder / "log"), continues);
    }
    template <class... Callbacks>
    Progress train_with(Callbacks&&... callbacks) {
        return loop.run(
            TrainOptions{.steps = 100}, *this,
            [this](Progress& progress) {
                weight *= 1.25;
                Buffer<FinishedEpisode> finished;
                finished.push_back({.environment = 0, .reward_sum = weight, .length = 7});
                loop.report(10, finished, progress);
            },
            callbacks...);
    }
    void visit_state(State& state) { state("weight", weight); }
};

/// The log without the columns that hold times.
std::vector<std::vector<std::string>> without_times(const std::string& path) {
    std::vector<std::vector<std::string>> lines;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream cells(line);
        lines.emplace_back();
        for (std::string cell; std::getline(cells, cell, ',');) lines.back().push_back(cell);
    }
    for (const char* time : {"seconds", "steps_per_second"}) {
        const auto column = std::find(lines[0].begin(), lines[0].end(), time) - lines[0].begin();
        for (auto& line : lines) line.erase(line.begin() + column);
    }
    return lines;
}

}  // namespace

TEST_CASE(
    "a training whose log was cut, lost or replaced is an error that leaves both files, and goes on once it is back") {
    const TemporaryFolder folder("logs"), whole_folder("whole");
    Toy whole;
    whole.train(whole_folder);
    Toy().train(folder, 4);
    const std::string file = read_text(folder / "run"), log = read_text(folder / "log");
    std::optional<std::string> here;
    std::string error = "CsvLog: '" + folder / "log' ";
    SECTION("cut") {
        here = log.substr(0, log.size() - 1);
        error += "had " + std::to_string(log.size()) + " bytes and has " + std::to_string(log.size() - 1);
    }
    SECTION("lost") { error += "had " + std::to_string(log.size()) + " bytes and cannot be read; put it back"; }
    SECTION("replaced by a longer one of another training") {
        Toy(2).train_with(CsvLog(folder / "log"));
        here = read_text(folder / "log");
        error += "is not the file that was written";
    }
    std::filesystem::remove(folder / "log");
    if (here) write_text(folder / "log", *here);
    Toy resumed;
    CHECK_THROWS_WITH(resumed.train(folder), ContainsText(error));
    CHECK((read_text(folder / "run") == file));
    CHECK(std::filesystem::exists(folder / "log") == here.has_value());
    if (here) CHECK(read_text(folder / "log") == *here);
    CHECK(resumed.weight == 1.25 * 1.25 * 1.25 * 1.25);  // what is in memory was restored before
    CHECK(!std::filesystem::exists(folder / "run.partial"));

    write_text(folder / "log", log + "lines after the checkpoint\n");
    CHECK(resumed.train(folder).iteration == 10);
    CHECK(resumed.weight == whole.weight);
    CHECK(without_times(folder / "log") == without_times(whole_folder / "log"));
}

TEST_CASE("of a training that is complete nobody asks for the log") {
    const TemporaryFolder folder("logs");
    Toy().train(folder);
    std::filesystem::remove(folder / "log");
    Toy again;
    CHECK(again.train(folder).iteration == 10);
    CHECK(!std::filesystem::exists(folder / "log"));
}

TEST_CASE("a training that was stopped and went on tells TensorBoard of one end") {
    const TemporaryFolder folder("checkpoint_logs");
    const auto train = [&](Index stop) {
        const auto continues = [stop](const Progress& progress) { return progress.iteration != stop; };
        Toy().train_with(Checkpoint(folder / "run"), TensorBoardLog(folder / "events"), continues);
        std::string bytes;
        for (const auto& file : std::filesystem::directory_iterator(folder / "events"))
            bytes += read_text(file.path().string());
        const std::string end = "session_end_info";
        Index count = 0;
        for (std::size_t at = bytes.find(end); at != std::string::npos; at = bytes.find(end, at + 1)) ++count;
        return count;
    };
    CHECK(train(3) == 1);
    CHECK(train(6) == 1);
    CHECK(train(0) == 1);
    CHECK(train(0) == 1);  // is complete, and left alone
}
