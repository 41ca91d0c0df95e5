#include "gradiva/train/progress.hpp"

#include <cmath>
#include <set>
#include <string>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("The recent mean is that of the last hundred numbers") {
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

TEST_CASE("Training is finished when the steps are done") {
    CHECK(!Progress{.algorithm = "Test", .steps = 9, .total_steps = 10}.finished());
    CHECK(Progress{.algorithm = "Test", .steps = 10, .total_steps = 10}.finished());
    CHECK(Progress{.algorithm = "Test", .steps = 11, .total_steps = 10}.finished());
}

TEST_CASE("A progress report knows nothing that it was not told") {
    const Progress progress;
    std::set<std::string> counts;
    for_each_field(progress, [&](const char* name, auto value) {
        if (!std::isnan(static_cast<double>(value))) counts.insert(name);
    });
    CHECK(counts == std::set<std::string>{"iteration", "steps", "schedule_progress", "seconds", "steps_per_second",
                                          "episodes", "lifetime_episodes"});
    CHECK(Progress{.algorithm = "Test", .episodes = 7}.lifetime_episodes == 7);
}

TEST_CASE("Every field of a progress report is visited once by its name") {
    const Progress progress{.algorithm = "Test", .iteration = 3, .mean_return = 1.5, .learning_rate = 0.25};
    std::set<std::string> names;
    for_each_field(progress, [&](const char* name, auto value) {
        CHECK(names.insert(name).second);
        if (std::string(name) == "iteration") CHECK(static_cast<double>(value) == 3);
        if (std::string(name) == "mean_return") CHECK(static_cast<double>(value) == 1.5);
        if (std::string(name) == "learning_rate") CHECK(static_cast<double>(value) == 0.25);
    });
    for (const char* name : {"iteration", "steps", "mean_return", "entropy", "mean_kl", "learning_rate"}) {
        CHECK(names.count(name) == 1);
    }
}
