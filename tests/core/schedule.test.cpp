#include "catch.hpp"

#include "gradiva/core/schedule.hpp"

#include <cmath>
#include <limits>

using namespace gradiva;
using Catch::Approx;

TEST_CASE("a number is a constant schedule") {
    const Schedule from_double = 0.25;
    const Schedule from_float = 0.25F;
    const Schedule from_int = 3;
    for (const double progress : {0.0, 0.3, 1.0}) {
        CHECK(from_double(progress) == 0.25);
        CHECK(from_float(progress) == 0.25);
        CHECK(from_int(progress) == 3);
    }
    CHECK(Schedule(Constant{2})(0.5) == 2);
    CHECK(Constant{2}(0.5) == 2);
}

TEST_CASE("a linear schedule interpolates linearly from its start to its end") {
    const Schedule schedule = Linear{3, 1};
    CHECK(schedule(0) == 3);
    CHECK(schedule(0.25) == Approx(2.5));
    CHECK(schedule(0.5) == Approx(2));
    CHECK(schedule(1) == Approx(1));
}

TEST_CASE("a cosine schedule is flat at both ends and halfway in the middle") {
    const Schedule schedule = Cosine{3, 1};
    CHECK(schedule(0) == Approx(3));
    CHECK(schedule(1.0 / 3) == Approx(2.5));
    CHECK(schedule(0.5) == Approx(2));
    CHECK(schedule(1) == Approx(1));
    CHECK(schedule(0) - schedule(0.01) < 0.001);
    CHECK(schedule(0.99) - schedule(1) < 0.001);
}

TEST_CASE("progress is clamped to [0, 1]") {
    for (const Schedule& schedule : {Schedule(Linear{3, 1}), Schedule(Cosine{3, 1})}) {
        CHECK(schedule(-0.5) == schedule(0));
        CHECK(schedule(1.5) == schedule(1));
    }
}

TEST_CASE("the smallest value of a schedule lies at one of its ends") {
    CHECK(Schedule(2).smallest() == 2);
    CHECK(Schedule(Linear{3, 1}).smallest() == Approx(1));
    CHECK(Schedule(Linear{-3, 1}).smallest() == -3);
    CHECK(Schedule(Cosine{3, -1}).smallest() == Approx(-1));
}

TEST_CASE("a schedule is finite when both ends are") {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    CHECK(Schedule(Linear{1, 0}).is_finite());
    CHECK_FALSE(Schedule(infinity).is_finite());
    CHECK_FALSE(Schedule(std::nan("")).is_finite());
    CHECK_FALSE(Schedule(Linear{0, infinity}).is_finite());
    CHECK_FALSE(Schedule(Cosine{-infinity, 0}).is_finite());
}
