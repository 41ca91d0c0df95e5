#include "gradiva/train/stop_at_return.hpp"

#include <limits>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("StopAtReturn stops once the mean return is reached over enough episodes") {
    const StopAtReturn stop{.target = 10};
    CHECK(stop(Progress{.algorithm = "Test", .episodes = 200, .mean_return = 9.9}));
    CHECK(!stop(Progress{.algorithm = "Test", .episodes = 200, .mean_return = 10}));
    CHECK(!stop(Progress{.algorithm = "Test", .episodes = 100, .mean_return = 11}));
    CHECK(stop(Progress{.algorithm = "Test", .episodes = 99, .mean_return = 11}));
    CHECK(!StopAtReturn{.target = 10,
                        .at_least_episodes = 5}(Progress{.algorithm = "Test", .episodes = 5, .mean_return = 10}));
}

TEST_CASE("StopAtReturn goes on before the first episode has ended") {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK(StopAtReturn{.target = -1e9, .at_least_episodes = 0}(Progress{.algorithm = "Test", .mean_return = nan}));
}
