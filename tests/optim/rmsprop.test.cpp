#include "catch.hpp"

#include "gradiva/optim/rmsprop.hpp"
#include "helpers/descent.hpp"

#include <cmath>

using namespace gradiva;
using Catch::Approx;
using gradiva_test::check_descent;
using gradiva_test::path;

TEST_CASE("RMSprop takes the steps of its definition") {
    const RmspropOptions o{.alpha = 0.9, .epsilon = 1e-3};
    const auto rule = [o, v = 0.0](double g, double rate, int) mutable {
        v = o.alpha * v + (1 - o.alpha) * g * g;
        return rate * g / (std::sqrt(v) + o.epsilon);
    };
    check_descent<double>(Rmsprop<double>(o), rule, 1e-14);
    check_descent<float>(Rmsprop<float>(o), rule, 1e-6);
}

TEST_CASE("RMSprop divides by the root of the mean square") {
    // v = 1, then 0.75 + 4 = 4.75.
    const auto places = path(Rmsprop<double>({.alpha = 0.75, .epsilon = 1e-12}), {2, 4}, 1);
    CHECK(places[0] == Approx(-2));
    CHECK(places[1] == Approx(-2 - 4 / std::sqrt(4.75)));
    CHECK(path(Rmsprop<double>(), {1}, 1)[0] == Approx(-1 / (0.1 + 1e-5)).epsilon(1e-12));
}

TEST_CASE("RMSprop refuses options out of range") {
    CHECK_THROWS_AS(Rmsprop<float>({.alpha = 1}), Error);
    CHECK_THROWS_WITH(Rmsprop<float>({.alpha = -0.5}), "Rmsprop: alpha is -0.5; give a number in [0, 1)");
    CHECK_THROWS_WITH(Rmsprop<float>({.epsilon = -1}), "Rmsprop: epsilon is -1; give a number above 0");
    CHECK_THROWS_AS(Rmsprop<float>({.alpha = std::nan("")}), Error);
}
