#include "gradiva/callbacks/json_log.hpp"

#include <limits>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "callbacks/logs.hpp"
#include "catch.hpp"
#include "helpers/report_fields.hpp"

using namespace gradiva;
using namespace gradiva_test;
using nlohmann::json;

TEST_CASE("JsonLog begins with version, description and columns, and writes an object per iteration") {
    const TemporaryFolder folder("json_log");
    const std::string path = folder / "run.jsonl";
    JsonLog log(path);
    const Progress before;
    Run run("Te\"st<b>\xFF\n", before, {.steps = 1000, .schedule_steps = 5000});
    log.on_start(run);
    log(distinct_progress(101));
    const auto lines = lines_of(read_text(path));
    REQUIRE(lines.size() == 2);
    const json header = json::parse(lines[0]);
    CHECK(header["gradiva_log"] == 1);
    CHECK(header["description"]["algorithm"] == "Te\"st<b>\xEF\xBF\xBD\n");
    CHECK(header["description"]["train/steps"] == 1000);
    CHECK(header["description"]["train/schedule_steps"] == 5000);
    const json numbers = json::parse(lines[1]);
    Numbers expected = numbers_of(distinct_progress(101));
    expected.erase("total_steps");
    CHECK(numbers.size() == expected.size());
    CHECK(header["columns"].size() == expected.size());
    for (const auto& name : header["columns"]) CHECK(numbers[name] == expected.at(name));
    CHECK(header["columns"][0] == "iteration");
}

TEST_CASE("JsonLog leaves out what is not finite, and writes numbers with all their digits") {
    const TemporaryFolder folder("json_log");
    const std::string path = folder / "run.jsonl";
    JsonLog log(path);
    constexpr double inf = std::numeric_limits<double>::infinity();
    log(Progress{.iteration = 1,
                 .steps = 9007199254740993,
                 .seconds = 1.0 / 3,
                 .steps_per_second = inf,
                 .update = {.surrogate_loss = -inf, .entropy = 5e-324}});
    const std::string line = lines_of(read_text(path)).at(1);
    const json numbers = json::parse(line);
    CHECK(numbers["steps"] == 9007199254740993);
    CHECK(numbers["seconds"].get<double>() == 1.0 / 3);
    CHECK(numbers["entropy"].get<double>() == 5e-324);
    for (const char* name : {"steps_per_second", "surrogate_loss", "mean_return", "mean_kl"}) {
        CHECK(!numbers.contains(name));
    }
}

TEST_CASE("JsonLog writes evaluations, of whichever time") {
    const TemporaryFolder folder("json_log");
    const std::string path = folder / "run.jsonl";
    JsonLog log(path);
    const Evaluation evaluation{
        .mean_return = 450.5, .std_return = 20, .standard_error = 2, .mean_length = 450, .episodes = 100};
    SECTION("before a training") {
        log.evaluation(evaluation);
        const auto lines = lines_of(read_text(path));
        REQUIRE(lines.size() == 2);
        CHECK(json::parse(lines[0])["gradiva_log"] == 1);
        CHECK(
            lines[1] ==
            R"({"evaluation":{"mean_return":450.5,"std_return":20,"standard_error":2,"mean_length":450,"episodes":100}})");
    }
    SECTION("with metrics") {
        static constexpr std::string_view names[] = {"targets hit", "height"};
        Evaluation measured = evaluation;
        measured.metrics = MetricMeans(names);
        measured.metrics.values()[0] = 2.5;
        measured.metrics.values()[1] = std::numeric_limits<double>::infinity();
        log.evaluation(measured);
        const json numbers = json::parse(lines_of(read_text(path)).at(1))["evaluation"];
        CHECK(numbers["metric/targets hit"] == 2.5);
        CHECK(!numbers.contains("metric/height"));
    }
    SECTION("between iterations, and after them") {
        start(log);
        log_iterations(log, 1, 1);
        log.evaluation(evaluation);
        log_iterations(log, 2, 2);
        log.evaluation({.mean_return = std::numeric_limits<double>::quiet_NaN(), .episodes = 1});
        const auto lines = lines_of(read_text(path));
        REQUIRE(lines.size() == 5);
        CHECK(json::parse(lines[2])["evaluation"]["mean_return"] == 450.5);
        CHECK(json::parse(lines[3])["iteration"] == 2);
        CHECK(!json::parse(lines[4])["evaluation"].contains("mean_return"));
        CHECK(json::parse(lines[4])["evaluation"]["episodes"] == 1);
    }
}

TEST_CASE("JsonLog writes a description again only where it has become another") {
    const TemporaryFolder folder("json_log");
    const std::string path = folder / "run.jsonl";
    JsonLog log(path);
    const Progress progress;
    for (const Index steps : {100, 100, 300, 300}) {
        Run run("Test", progress, {.steps = steps});
        log.on_start(run);
    }
    const auto lines = lines_of(read_text(path));
    REQUIRE(lines.size() == 2);
    CHECK(json::parse(lines[0])["description"]["train/steps"] == 100);
    CHECK(json::parse(lines[1])["description"]["train/steps"] == 300);
}
