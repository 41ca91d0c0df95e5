#include "gradiva/io/recorded_run.hpp"

#include "catch.hpp"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"

using gradiva::RunSeries;

TEST_CASE("what counts anew in each call of train is summed") {
    RunSeries series;
    series.add(std::vector<double>{1, 100, 2, 3});
    series.add(std::vector<double>{2, 200, 4, 5});
    series.add(std::vector<double>{3, 100, 1, 1});  // of a second call
    series.add(std::vector<double>{4, 150, 2, std::nan("")});
    series.add(std::vector<double>{5, 400, 0.5, 2});  // of a third one, whose first iteration is longer
    CHECK(series.table().find("iteration")->last == std::vector<double>{1, 2, 3, 4, 5});
    CHECK(series.table().find("steps")->last == std::vector<double>{100, 200, 300, 350, 750});
    CHECK(series.table().find("seconds")->last == std::vector<double>{2, 4, 5, 6, 6.5});
    CHECK(series.table().find("episodes")->last[4] == 8);
    CHECK(std::isnan(series.table().find("episodes")->last[3]));
}

TEST_CASE("rows out of order and without steps are refused, and change nothing") {
    RunSeries series;
    series.add(std::vector<double>{2, 100, 2, 3});
    const std::vector<std::pair<std::vector<double>, std::string>> wrong = {
        {{2, 200, 3, 4}, "iteration 2 follows 2"},           {{0, 200, 3, 4}, "the iteration is 0"},
        {{std::nan(""), 200, 3, 4}, "the iteration is nan"}, {{2.5, 200, 3, 4}, "the iteration is 2.5"},
        {{INFINITY, 200, 3, 4}, "the iteration is inf"},     {{3, 0, 3, 4}, "steps is 0"},
        {{3, std::nan(""), 3, 4}, "steps is nan"},           {{3, INFINITY, 3, 4}, "steps is inf"}};
    for (const auto& [row, text] : wrong) CHECK_THROWS_WITH(series.add(row), ContainsText(text));
    CHECK(series.table().rows() == 1);
    series.add(std::vector<double>{3, 200, 3, 4});
    CHECK(series.table().find("steps")->last == std::vector<double>{100, 200});
}

TEST_CASE("a restored series goes on as the one that was saved") {
    RunSeries saved, restored;
    const auto add = [](RunSeries& series, double iteration, double steps) {
        series.column("value_loss");
        series.add(std::vector<double>{iteration, steps, steps / 100, 1, iteration * iteration});
    };
    add(saved, 1, 500);
    add(saved, 2, 100);
    gradiva::restore("test", gradiva::image_of(saved), restored);
    for (RunSeries* series : {&saved, &restored}) {
        add(*series, 3, 200);
        add(*series, 4, 50);
        CHECK(series->table().find("steps")->last == std::vector<double>{500, 600, 700, 750});
        CHECK(series->table().find("value_loss")->last == std::vector<double>{1, 4, 9, 16});
    }
}
