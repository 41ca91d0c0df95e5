// What all logs have in common: they open at the start, consist of whole records, and say what is wrong.
#include "callbacks/logs.hpp"

#include <filesystem>
#include <string>
#include <type_traits>

#include "catch.hpp"
#include "gradiva/train/train_loop.hpp"
#include "helpers/small_disk.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEMPLATE_TEST_CASE("a log opens its file at the start, or for a caller that does not start it", "", CsvLog, JsonLog,
                   TensorBoardLog) {
    const TemporaryFolder folder("logs");
    const std::string path = folder / "run.log";
    TestType log(path);
    CHECK(file_of<TestType>(path).empty());
    SECTION("at the start") { start(log); }
    SECTION("without one") {}
    log_iterations(log, 1, 2);
    const std::string text = content_of<TestType>(path);
    CHECK(!text.empty());
    SECTION("each record is in the file at once") {
        log_iterations(log, 3, 3);
        CHECK(content_of<TestType>(path).starts_with(text));
        CHECK(content_of<TestType>(path).size() > text.size());
    }
}

TEMPLATE_TEST_CASE("a log goes on in its file in further trainings", "", CsvLog, JsonLog, TensorBoardLog) {
    const TemporaryFolder folder("logs");
    const std::string path = folder / "run.log";
    TestType log(path);
    std::string before;
    for (Index training = 1; training <= 3; ++training) {
        start(log);
        log_iterations(log, training, training);
        const std::string now = content_of<TestType>(path);
        CHECK(now.starts_with(before));
        CHECK(now.size() > before.size());
        before = now;
    }
}

TEMPLATE_TEST_CASE("a log of a training says what it is", "", CsvLog, JsonLog, TensorBoardLog) {
    struct Trainer {
        void visit_state(State& state) { state.fixed("mass/of\"it", 2.5); }
    } trainer;
    const TemporaryFolder folder("logs");
    const std::string path = folder / "run.log";
    TestType log(path);
    TrainLoop loop("Test");
    Buffer<FinishedEpisode> none;
    const auto iterate = [&](Progress& progress) { loop.report(10, none, progress); };
    loop.run({.steps = 10}, trainer, iterate, log);
    const bool beside = std::is_same_v<TestType, CsvLog>, binary = std::is_same_v<TestType, TensorBoardLog>;
    const std::string text = read_text(beside ? path + ".json" : file_of<TestType>(path));
    CHECK_THAT(text, ContainsText(binary ? "mass/of\"it" : R"("mass/of\"it":2.5)"));
    CHECK_THAT(text, ContainsText("train/steps"));
}

TEMPLATE_TEST_CASE("a log refuses a path that cannot be written", "", CsvLog, JsonLog, TensorBoardLog) {
    const TemporaryFolder folder("logs");
    write_text(folder / "file", "a file is no folder");
    const std::string path = folder / "file/run";
    TestType log(path);
    CHECK_THROWS_WITH(start(log), ContainsText("Log: cannot write '" + path));
    CHECK_THROWS_WITH(start(log), ContainsText("give a path in a folder that exists and may be written"));
}

TEMPLATE_TEST_CASE("a log consists of whole records when the disk is full, and goes on", "", CsvLog, JsonLog,
                   TensorBoardLog) {
    const TemporaryFolder folder("logs");
    const std::string path = folder / "run.log";
    TestType log(path);
    start(log);
    const auto size = std::filesystem::file_size(file_of<TestType>(path));
    {
        const SmallDisk disk(static_cast<rlim_t>(size + 5000));
        CHECK_THROWS_WITH(log_iterations(log, 1, 1000), ContainsText("failed; is the disk full?"));
    }
    const std::string before = content_of<TestType>(path);
    CHECK(lines_of(before).size() > 2);
    log_iterations(log, 1001, 1001);
    const std::string after = content_of<TestType>(path);
    CHECK(after.starts_with(before));
    CHECK(lines_of(after).size() == lines_of(before).size() + 1);
}
