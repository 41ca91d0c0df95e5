#include "gradiva/train/progress.hpp"

#include <cmath>
#include <set>
#include <string>

#include "catch.hpp"
#include "helpers/report_fields.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("the recent mean is that of the last hundred numbers") {
    RecentMean recent;
    CHECK(std::isnan(recent.mean()));
    recent.add(4);
    CHECK(recent.mean() == 4);
    recent.add(8);
    CHECK(recent.mean() == 6);
    for (int i = 0; i < 100; ++i) recent.add(1);
    CHECK(recent.mean() == 1);
    recent.add(101);
    CHECK(recent.mean() == 2);
}

TEST_CASE("training is finished when the steps are done") {
    CHECK(!Progress{.algorithm = "Test", .steps = 9, .total_steps = 10}.finished());
    CHECK(Progress{.algorithm = "Test", .steps = 10, .total_steps = 10}.finished());
    CHECK(Progress{.algorithm = "Test", .steps = 11, .total_steps = 10}.finished());
}

TEST_CASE("numbers of a progress report are NaN by default") {
    const Progress progress;
    std::set<std::string> counts;
    for (const auto& [name, number] : numbers_of(progress)) {
        if (std::isnan(number)) continue;
        counts.insert(name);
        CHECK(number == 0);
    }
    CHECK(counts == std::set<std::string>{"iteration", "steps", "total_steps", "schedule_progress", "seconds",
                                          "steps_per_second", "episodes", "lifetime_episodes"});
    CHECK(Progress{.algorithm = "Test", .episodes = 7}.lifetime_episodes == 7);
}
