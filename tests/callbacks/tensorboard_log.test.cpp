#include "gradiva/callbacks/tensorboard_log.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "callbacks/logs.hpp"
#include "catch.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "helpers/report_fields.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// The first field of this number in a message, empty without one.
ProtobufField field(const std::string& message, std::uint64_t number) {
    for (const ProtobufField& part : protobuf_fields(message)) {
        if (part.number == number) return part;
    }
    return {};
}

/// The data of the plugin hparams under the tag; empty without any.
std::string hparams_data(const std::string& path, const std::string& tag) {
    for (const std::string& record : event_records(read_text(file_of<TensorBoardLog>(path)))) {
        const std::string value = field(field(record, 5).bytes, 1).bytes;
        if (field(value, 1).bytes != tag) continue;
        const std::string plugin = field(field(value, 9).bytes, 1).bytes;
        CHECK(field(plugin, 1).bytes == "hparams");
        return field(plugin, 2).bytes;
    }
    return {};
}

/// The status of each end of a run in the file, and -1 behind them where other records follow the last one.
std::vector<int> ends_of(const std::string& path) {
    std::vector<int> ends;
    bool last = true;
    for (const std::string& record : event_records(read_text(file_of<TensorBoardLog>(path)))) {
        const std::string value = field(field(record, 5).bytes, 1).bytes;
        last = field(value, 1).bytes == "_hparams_/session_end_info";
        if (!last) continue;
        const std::string data = field(field(field(value, 9).bytes, 1).bytes, 2).bytes;
        ends.push_back(static_cast<int>(field(field(data, 4).bytes, 1).value));
    }
    if (!last && !ends.empty()) ends.push_back(-1);
    return ends;
}

constexpr int success = 1, failure = 2;

}  // namespace

TEST_CASE("TensorBoardLog writes a file with the name and the first record that TensorBoard looks for") {
    const TemporaryFolder folder("tensorboard_log");
    const std::string path = folder / "not/yet/there";
    TensorBoardLog log(path), other(path);
    start(log);
    const std::string file = file_of<TensorBoardLog>(path);
    const std::string name = std::filesystem::path(file).filename().string();
    CHECK(name.starts_with("events.out.tfevents.1"));
    CHECK(std::count(name.begin(), name.end(), '.') >= 6);
    const auto records = event_records(read_text(file));
    REQUIRE(records.size() == 3);
    CHECK(field(records[0], 3).bytes == "brain.Event:2");
    CHECK(std::bit_cast<double>(field(records[0], 1).value) > 1.7e9);  // seconds since 1970
    start(other);
    CHECK(std::distance(std::filesystem::directory_iterator(path), {}) == 2);
}

TEST_CASE("TensorBoardLog writes every number of a report that is finite under its name, as a scalar") {
    const TemporaryFolder folder("tensorboard_log");
    const std::string path = folder / "run";
    TensorBoardLog log(path);
    log(distinct_progress(101));
    constexpr double inf = std::numeric_limits<double>::infinity();
    log(Progress{.iteration = 2, .steps = 3'000'000'000, .seconds = inf, .update = {.entropy = 1e300}});
    const auto events = scalar_events(read_text(file_of<TensorBoardLog>(path)));
    REQUIRE(events.size() == 2);
    Numbers expected = numbers_of(distinct_progress(101));
    expected.erase("total_steps");
    CHECK(events[0].step == distinct_progress(101).steps);
    CHECK(events[0].scalars.size() == expected.size());
    for (const auto& [name, number] : expected) {
        REQUIRE(events[0].scalars.count(name) == 1);
        CHECK(events[0].scalars.at(name) == static_cast<float>(number));
    }
    CHECK(events[1].step == 3'000'000'000);
    CHECK(events[1].scalars.at("iteration") == 2);
    for (const char* name : {"seconds", "entropy", "mean_return"}) CHECK(events[1].scalars.count(name) == 0);
}

TEST_CASE("TensorBoardLog counts the steps of all calls of train") {
    const TemporaryFolder folder("tensorboard_log");
    const std::string path = folder / "run";
    TensorBoardLog log(path);
    Progress progress;
    Index lifetime = 500;  // of calls without this log
    for (Index call = 0; call < 2; ++call) {
        progress.steps = 0;
        Run run("Test", progress);
        run.count_steps_in(lifetime);
        log.on_start(run);
        for (progress.steps = 10; progress.steps <= 20; progress.steps += 10) log(progress);
        lifetime += 20;
    }
    // A call that was restored after 10 of its steps, which the lifetime holds already.
    lifetime += 10;
    progress.steps = 10;
    Run run("Test", progress);
    run.count_steps_in(lifetime);
    log.on_start(run);
    log(Progress{.steps = 20});
    std::vector<std::int64_t> steps;
    for (const ScalarEvent& event : scalar_events(read_text(file_of<TensorBoardLog>(path))))
        steps.push_back(event.step);
    CHECK(steps == std::vector<std::int64_t>{510, 520, 530, 540, 560});
}

TEST_CASE("TensorBoardLog writes a description as hyperparameters of a type each") {
    CHECK(detail::hparam_type(true) == detail::HparamType::truth);
    CHECK(detail::hparam_type(std::int64_t{1} << 53) == detail::HparamType::number);
    CHECK(detail::hparam_type((std::int64_t{1} << 53) + 1) == detail::HparamType::text);
    CHECK(detail::hparam_type(-(std::int64_t{1} << 53) - 1) == detail::HparamType::text);
    CHECK(detail::hparam_type(std::uint64_t{1} << 63) == detail::HparamType::text);
    CHECK(detail::hparam_type(0.5) == detail::HparamType::number);
    CHECK(detail::hparam_type(std::numeric_limits<double>::infinity()) == detail::HparamType::text);
    CHECK(detail::hparam_type(std::string("x")) == detail::HparamType::text);
    CHECK(detail::hparam_type(std::vector<double>{1}) == detail::HparamType::text);
    const auto text = [](const DescriptionValue& value) { return field(detail::hparam(value).bytes(), 3).bytes; };
    const auto number = [](const DescriptionValue& value) {
        return std::bit_cast<double>(field(detail::hparam(value).bytes(), 2).value);
    };
    CHECK(field(detail::hparam(true).bytes(), 4).value == 1);
    CHECK(number(0.25) == 0.25);
    CHECK(number(std::int64_t{-7}) == -7);
    CHECK(text(std::numeric_limits<double>::infinity()) == "inf");
    CHECK(text(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
    CHECK(text(std::vector<double>{64, -std::numeric_limits<double>::infinity()}) == "[64,-inf]");
    CHECK(text(std::string("<b>\"\xFF")) == "<b>\"\xEF\xBF\xBD");
}

TEST_CASE("TensorBoardLog writes the hyperparameters once, and how the run ended") {
    const TemporaryFolder folder("tensorboard_log");
    const std::string path = folder / "run";
    TensorBoardLog log(path);
    const Progress progress;
    Run run("Test", progress, {.steps = 77});
    log.on_start(run);
    log.on_start(run);
    const std::string start_info = field(hparams_data(path, "_hparams_/session_start_info"), 3).bytes;
    const std::string first = field(start_info, 1).bytes;
    CHECK(field(first, 1).bytes == "algorithm");
    CHECK(field(field(first, 2).bytes, 3).bytes == "Test");
    const std::string experiment = field(hparams_data(path, "_hparams_/experiment"), 2).bytes;
    CHECK(field(field(experiment, 4).bytes, 1).bytes == "algorithm");
    CHECK(field(field(experiment, 4).bytes, 4).value == 1);
    CHECK(field(field(field(experiment, 5).bytes, 1).bytes, 2).bytes == "mean_return");
    CHECK(hparams_data(path, "_hparams_/session_end_info").empty());
    Stop why = Stop::steps;
    std::uint64_t status = 1;
    SECTION("all steps done") {}
    SECTION("a callback") { why = Stop::callback; }
    SECTION("an exception") {
        why = Stop::exception;
        status = 2;
    }
    log.on_stop(run, why);
    const std::string end = field(hparams_data(path, "_hparams_/session_end_info"), 4).bytes;
    CHECK(field(end, 1).value == status);
    CHECK(std::bit_cast<double>(field(end, 2).value) > 1.7e9);
    CHECK(event_records(read_text(file_of<TensorBoardLog>(path))).size() == 4);
}

TEST_CASE("TensorBoardLog has one end, that of its last training") {
    const TemporaryFolder folder("tensorboard_log");
    const std::string path = folder / "run";
    const Progress progress;
    Run run("Test", progress);
    TensorBoardLog log(path);
    log.on_start(run);
    log_iterations(log, 1, 2);
    log.on_stop(run, Stop::exception);
    CHECK(ends_of(path) == std::vector{failure});
    log.on_start(run);
    CHECK(ends_of(path).empty());
    log_iterations(log, 3, 3);
    log.on_stop(run, Stop::steps);
    CHECK(ends_of(path) == std::vector{success});
    CHECK(scalar_events(read_text(file_of<TensorBoardLog>(path))).size() == 3);
    SECTION("also of calls without a start") {
        log_iterations(log, 4, 4);
        CHECK(ends_of(path).empty());
        log.on_stop(run, Stop::exception);
        log.on_stop(run, Stop::exception);
        CHECK(ends_of(path) == std::vector{failure});
        CHECK(scalar_events(read_text(file_of<TensorBoardLog>(path))).size() == 4);
    }
}

TEST_CASE("TensorBoardLog that is saved after the end of a run goes on before it") {
    const TemporaryFolder folder("tensorboard_log");
    const std::string path = folder / "run";
    const Progress progress;
    Run run("Test", progress);
    StateImage image;
    {
        TensorBoardLog log(path);
        log.on_start(run);
        log_iterations(log, 1, 2);
        log.on_stop(run, Stop::exception);
        image = image_of(log);
    }
    CHECK(ends_of(path) == std::vector{failure});
    TensorBoardLog resumed(path);
    restore("test", image, resumed);
    CHECK(ends_of(path) == std::vector{failure});  // also where the training is complete, and nothing starts
    resumed.on_start(run);
    CHECK(ends_of(path).empty());
    log_iterations(resumed, 3, 4);
    resumed.on_stop(run, Stop::callback);
    CHECK(ends_of(path) == std::vector{success});
    CHECK(scalar_events(read_text(file_of<TensorBoardLog>(path))).size() == 4);
    SECTION("and so it does in the same object") {
        restore("test", image, resumed);
        resumed.on_start(run);
        CHECK(ends_of(path).empty());
        CHECK(scalar_events(read_text(file_of<TensorBoardLog>(path))).size() == 2);
    }
}
