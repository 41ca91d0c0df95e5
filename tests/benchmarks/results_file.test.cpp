#include "../benchmarks/learning_table/results_file.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "catch.hpp"
#include "gradiva/core/check.hpp"
#include "helpers/temporary_folder.hpp"

using learning_table::Result;
using learning_table::ResultsFile;
using learning_table::Row;

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Row row_of(const std::string& name, const std::string& settings) {
    Row row;
    row.name = name;
    row.settings = settings;
    return row;
}

Result some_result(double greedy) {
    return {.greedy_return = greedy,
            .training_return = 1.0 / 3,
            .late_return = -2.5,
            .steps = 10'002'432,
            .seconds = 0.125,
            .curve = {{100, nan}, {200, 0.1}}};
}

}  // namespace

TEST_CASE("a file of results gives back what each seed of a row gave, in a later run") {
    const gradiva_test::TemporaryFolder folder("results_file");
    const auto path = folder / "results.jsonl";
    const Row one = row_of("one", "lr 1"), other = row_of("other", "lr 1"), changed = row_of("one", "lr 2");
    {
        ResultsFile file(path);
        file.add(one, 3, some_result(7));
        file.add(other, 3, some_result(8));
    }
    ResultsFile file(path);
    REQUIRE(file.find(one, 3) != nullptr);
    const Result& known = *file.find(one, 3);
    CHECK((known.greedy_return == 7 && known.training_return == 1.0 / 3 && known.late_return == -2.5));
    CHECK((known.steps == 10'002'432 && known.seconds == 0.125));
    REQUIRE(known.curve.size() == 2);
    CHECK((known.curve[0].steps == 100 && std::isnan(known.curve[0].mean_return)));
    CHECK((known.curve[1].steps == 200 && known.curve[1].mean_return == 0.1));
    REQUIRE(file.find(other, 3) != nullptr);
    CHECK(file.find(other, 3)->greedy_return == 8);
    CHECK(file.find(one, 4) == nullptr);
    CHECK(file.find(changed, 3) == nullptr);
}

TEST_CASE("a line of results that was not written to its end is cut off, and the next one is whole") {
    const gradiva_test::TemporaryFolder folder("results_file_cut");
    const auto path = folder / "results.jsonl";
    const Row row = row_of("one", "lr 1");
    ResultsFile(path).add(row, 1, some_result(1));
    const auto whole = std::filesystem::file_size(path);
    ResultsFile(path).add(row, 2, some_result(2));
    std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
    ResultsFile file(path);
    CHECK(std::filesystem::file_size(path) == whole);
    CHECK(file.find(row, 1) != nullptr);
    CHECK(file.find(row, 2) == nullptr);
    file.add(row, 2, some_result(2));
    CHECK(ResultsFile(path).find(row, 2) != nullptr);
}

TEST_CASE("a file of results refuses what is none, and a place where it cannot write, before anything is trained") {
    const gradiva_test::TemporaryFolder folder("results_file_bad");
    const auto path = folder / "results.jsonl";
    for (const char* const line : {"row,seed\n", "{\"row\":\"one\"}\n", "[1]\n"}) {
        CAPTURE(line);
        std::ofstream(path) << line;
        CHECK_THROWS_AS(ResultsFile(path), gradiva::Error);
    }
    CHECK_THROWS_AS(ResultsFile(folder / "absent/results.jsonl"), gradiva::Error);
    CHECK_THROWS_AS(ResultsFile(folder.path()), gradiva::Error);
    CHECK_NOTHROW(ResultsFile("").add(row_of("one", "lr 1"), 1, some_result(1)));
}
