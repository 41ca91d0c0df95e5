#include "gradiva/io/write_report.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "helpers/temporary_folder.hpp"

using gradiva::RecordedRun;
using gradiva_test::TemporaryFolder;
using Json = nlohmann::json;

namespace {

/// A run of some iterations whose return ends with `end`.
RecordedRun run_of(const std::string& algorithm, int seed, int iterations, double end = 1) {
    RecordedRun run{.name = algorithm + " " + std::to_string(seed)};
    if (!algorithm.empty()) {
        run.description.set("algorithm", algorithm);
        run.description.set("environments/seed", std::int64_t{seed});
        run.description.set("update/seed", std::int64_t{-seed});
        run.description.set("clip", 0.2);
    }
    run.series.column("mean_return");
    for (int i = 1; i <= iterations; ++i)
        run.series.add(std::vector<double>{1.0 * i, 100.0 * i, 0.5 * i, 1.0 * i, end * i / iterations});
    return run;
}

std::string page_of(const std::vector<RecordedRun>& runs, const std::string& title = "A title") {
    const TemporaryFolder folder("write_report");
    gradiva::write_report(folder / "report.html", runs, {.title = title});
    CHECK(folder.names() == std::set<std::string>{"report.html"});
    return gradiva_test::read_text(folder / "report.html");
}

std::string data_text_of(const std::string& page) {
    const std::string begin = "id=\"data\">";
    const std::size_t at = page.find(begin) + begin.size();
    return page.substr(at, page.find("</script>", at) - at);
}

Json data_of(const std::vector<RecordedRun>& runs) { return Json::parse(data_text_of(page_of(runs))); }

}  // namespace

TEST_CASE("runs that differ in nothing but seeds are one group, others and those without a description are not") {
    std::vector<RecordedRun> runs = {run_of("A", 1, 9), run_of("B", 1, 9), run_of("A", 2, 7),
                                     run_of("", 1, 9),  run_of("", 1, 9),  run_of("A", 3, 9)};
    runs.back().description.set("clip", 0.3);
    const Json data = data_of(runs);
    REQUIRE(data["groups"].size() == 5);
    CHECK(data["groups"][0]["runs"] == Json({0, 2}));
    CHECK(data["groups"][0]["name"] == "A, clip 0.2");
    CHECK(data["groups"][4]["name"] == "A, clip 0.3");
    CHECK(data["groups"][2]["name"] == " 1");
    CHECK(data["groups"][3]["name"] == " 1 (2)");
    CHECK(data["groups"][0]["options"] == Json({{"algorithm", "A"}, {"clip", "0.2"}}));
    CHECK(data["groups"][2]["options"].empty());
    CHECK(data["differing"] == Json({"algorithm", "clip"}));
    CHECK(data["runs"][2]["seed"] == "2");
    CHECK(data["runs"][3]["seed"] == "");
}

TEST_CASE("an option that one group lacks is one that differs") {
    std::vector<RecordedRun> runs = {run_of("A", 1, 9), run_of("A", 2, 9)};
    runs[1].description.set("epochs", std::int64_t{10});
    const Json data = data_of(runs);
    CHECK(data["differing"] == Json({"epochs"}));
    CHECK(data["groups"][0]["name"] == "A");
    CHECK(data["groups"][1]["name"] == "epochs 10");
}

TEST_CASE("a group's final return is the interquartile mean over its runs, without those that have none") {
    std::vector<RecordedRun> runs;
    for (const double end : {1.0, 2.0, 3.0, 100.0, 4.0}) runs.push_back(run_of("A", static_cast<int>(end), 9, end));
    runs.push_back(run_of("A", 9, 9, std::nan("")));
    const Json data = data_of(runs);
    CHECK(data["groups"][0]["final"]["value"] == 3);
    CHECK(data["groups"][0]["final"]["count"] == 5);
    CHECK(data["groups"][0]["final"]["low"] < 3);
    CHECK(data["runs"][5]["final"].is_null());
    const Json alone = data_of({runs.back()});
    CHECK(alone["groups"][0]["final"]["value"].is_null());
    CHECK(alone["quantities"].empty());
}

TEST_CASE("no text of users is markup") {
    const std::string nasty = "</script><img src=x onerror=alert(1)>&\"'<!--";
    std::vector<RecordedRun> runs = {run_of(nasty, 1, 9), run_of(nasty, 2, 9), run_of("", 1, 9)};
    runs[0].name = nasty;
    runs[0].notes.push_back(nasty);
    runs[1].description.set(nasty, nasty);
    std::vector<double> row(runs[2].series.column(nasty) + 1, 1.0);
    row[0] = 10;
    row[1] = 5000;
    runs[2].series.add(row);
    for (const bool one : {false, true}) {
        const std::string page = page_of(one ? std::vector{runs[0]} : runs, nasty);
        CHECK(page.find("<img") == std::string::npos);
        CHECK(page.find("<!--") == std::string::npos);
        CHECK(page.find("<title>&lt;/script&gt;&lt;img") != std::string::npos);
        const std::string data = data_text_of(page);
        CHECK(data.find('<') == std::string::npos);
        CHECK(Json::parse(data)["runs"][0]["name"] == nasty);
    }
}

TEST_CASE("text that is not UTF-8 is shown as far as it is") {
    RecordedRun run = run_of("A", 1, 9);
    run.name = "caf\xE9";
    CHECK(data_of({run})["runs"][0]["name"] == "caf\xEF\xBF\xBD");
}

TEST_CASE("numbers that are not finite, and runs of one row, have their page") {
    RecordedRun run = run_of("A", 1, 1, 1e300);
    run.evaluation = gradiva::RecordedEvaluation{.episodes = 1};
    const Json data = data_of({run, run_of("A", 2, 1, -1e300)});
    CHECK(data["runs"][0]["evaluation"]["mean"].is_null());
    CHECK(data["runs"][0]["final"] == 1e300);
}

TEST_CASE("a page of 500 iterations of ten seeds is below a megabyte, also without descriptions") {
    for (const char* algorithm : {"A", ""}) {
        std::vector<RecordedRun> runs;
        for (int seed = 1; seed <= 10; ++seed) {
            RecordedRun& run = runs.emplace_back(run_of(algorithm, seed, 1));
            for (int i = 2; i <= 500; ++i) {
                std::vector<double> row = {1.0 * i, 100.0 * i, 0.013 * i * seed, 3.0 * i};
                for (int k = 0; k < 20; ++k) {
                    if (i == 2) run.series.column("quantity_" + std::to_string(k));
                    row.push_back(std::sin(i * (k + seed)));
                }
                run.series.add(row);
            }
        }
        CHECK(page_of(runs).size() < 1'000'000);
    }
}

TEST_CASE("runs of one group with the same seed are noted, those of several groups are not") {
    const Json data = data_of({run_of("A", 1, 9), run_of("A", 2, 9), run_of("B", 2, 9), run_of("A", 2, 9),
                               run_of("", 1, 9), run_of("", 1, 9)});
    for (const int r : {0, 1, 2, 4, 5}) CHECK(data["runs"][static_cast<std::size_t>(r)]["notes"].empty());
    CHECK(data["runs"][3]["notes"] ==
          Json({"Its seed, 2, is also that of 'A 2' in the same group; a training counts once."}));
}

TEST_CASE("an evaluation is shown with its metrics") {
    RecordedRun run = run_of("A", 1, 9);
    run.evaluation = gradiva::RecordedEvaluation{.episodes = 1, .metrics = {{"goals", 2.5}, {"</b>", std::nan("")}}};
    CHECK(data_of({run})["runs"][0]["evaluation"]["metrics"] == Json({{"goals", 2.5}, {"</b>", nullptr}}));
}

TEST_CASE("played episodes that are too large are left out and said") {
    RecordedRun run = run_of("A", 1, 9);
    gradiva::RecordedEpisode& episode = run.recording.episodes.emplace_back();
    run.recording.name = "many circles";
    gradiva::RecordedFrame& frame = episode.frames.emplace_back();
    for (int i = 0; i < 100; ++i) frame.canvas.circle({0.001 * i * i, 0.3}, 0.1);
    const Json small = data_of({run});
    CHECK(small["runs"][0]["recording"]["name"] == "many circles");
    CHECK(small["runs"][0]["notes"].empty());
    for (int i = 0; i < 60'000; ++i) frame.canvas.circle({std::sin(i), std::cos(i)}, 0.1);
    const Json large = data_of({run});
    CHECK(!large["runs"][0].contains("recording"));
    CHECK(large["runs"][0]["notes"][0] == "The played episodes are too large for this page.");
}

TEST_CASE("what cannot be a report is refused, and a former file stays") {
    const TemporaryFolder folder("write_report");
    const std::vector<RecordedRun> none, good = {run_of("A", 1, 9)}, empty = {run_of("A", 1, 9), run_of("B", 1, 0)};
    gradiva_test::write_text(folder / "report.html", "former");
    CHECK_THROWS_WITH(gradiva::write_report(folder / "report.html", none), ContainsText("there are no runs"));
    CHECK_THROWS_WITH(gradiva::write_report(folder / "report.html", empty),
                      ContainsText("the run 'B 1' has no iterations"));
    CHECK_THROWS_WITH(gradiva::write_report(folder / "none/report.html", good), ContainsText("cannot open"));
    CHECK_THROWS_WITH(gradiva::write_report(folder.path(), good), ContainsText("it is a folder"));
    CHECK(gradiva_test::read_text(folder / "report.html") == "former");
    gradiva::write_report(folder / "report.html", good);
    CHECK(gradiva_test::read_text(folder / "report.html") != "former");
}
