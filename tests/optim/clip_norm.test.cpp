#include "catch.hpp"

#include "gradiva/optim/clip_norm.hpp"

#include <cmath>

using namespace gradiva;
using Catch::Approx;

TEST_CASE("the factor brings a longer gradient to the norm, and leaves a shorter one") {
    CHECK(clip_factor(2, 0.5) == 0.25);
    CHECK(clip_factor(2, 0.5) * 2 == 0.5);
    CHECK(clip_factor(0.5, 0.5) == 1);
    CHECK(clip_factor(0.1, 0.5) == 1);
    CHECK(clip_factor(0, 0.5) == 1);
}

TEST_CASE("a largest norm of 0 clips nothing") {
    CHECK(clip_factor(1e9, 0) == 1);
    CHECK(clip_factor(0, 0) == 1);
}

TEST_CASE("the squared norm is summed in double") {
    const std::vector<double> values = {3, -4};
    CHECK(squared_norm(std::span<const double>(values)) == 25);
    CHECK(squared_norm(std::span<const double>()) == 0);
    // In float the square would overflow, and small terms would be lost in a large sum.
    const std::vector<float> large = {1e30F};
    CHECK(squared_norm(std::span<const float>(large)) == Approx(1e60).epsilon(1e-6));
    std::vector<float> many(1001, 1e-3F);
    many[0] = 1e3F;
    CHECK(squared_norm(std::span<const float>(many)) == Approx(1e6 + 1e-3).epsilon(1e-12));
}
