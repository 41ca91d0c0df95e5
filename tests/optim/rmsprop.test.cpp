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
    CHECK(path(Rmsprop<double>({.epsilon = 1e-160}), {1e-154}, 1)[0] == Approx(-10));
}

TEMPLATE_TEST_CASE(
    "RMSprop takes the steps of its definition for decays that its scalar rounds to 1, and for small ones", "", float,
    double) {
    for (const double alpha : {0.0, 1e-3, 0.3, 0.5, 0.9999999, 0.99999999, 1 - 1e-12}) {
        CAPTURE(alpha);
        Rmsprop<TestType> rmsprop({.alpha = alpha});
        double v = 0;
        for (int t = 1; t <= 100; ++t) {
            TestType theta = 0;
            const TestType g = static_cast<TestType>(t == 1 ? 1e3 : 0.1);
            rmsprop.step(std::span(&theta, 1), std::span<const TestType>(&g, 1), 1);
            const auto gradient = static_cast<double>(g);
            v = alpha * v + (1 - alpha) * gradient * gradient;
            REQUIRE(static_cast<double>(theta) ==
                    Approx(-gradient / (std::sqrt(v) + 1e-5)).epsilon(sizeof(TestType) == 4 ? 1e-5 : 1e-11));
        }
    }
}

TEMPLATE_TEST_CASE("RMSprop's step of a weight does not depend on its position", "", float, double) {
    constexpr std::size_t many = 35;  // whole vectors and a rest
    Rmsprop<TestType> rmsprop, of_one;
    std::vector<TestType> weights(many, TestType(0.5)), one = {TestType(0.5)};
    for (const double g : {1e-3, -2.0, 0.0, 40.0}) {
        rmsprop.step(weights, std::vector<TestType>(many, static_cast<TestType>(g)), 0.01);
        of_one.step(one, std::vector<TestType>{static_cast<TestType>(g)}, 0.01);
        CHECK(weights == std::vector<TestType>(many, one[0]));
    }
}

TEST_CASE("RMSprop refuses options out of range") {
    CHECK_THROWS_AS(Rmsprop<float>({.alpha = 1}), Error);
    CHECK_THROWS_WITH(Rmsprop<float>({.alpha = -0.5}), "Rmsprop: alpha is -0.5; give a number in [0, 1)");
    CHECK_THROWS_WITH(Rmsprop<float>({.epsilon = -1}), "Rmsprop: epsilon is -1; give a number above 0");
    CHECK_THROWS_AS(Rmsprop<float>({.alpha = std::nan("")}), Error);
    CHECK_THROWS_WITH(Rmsprop<float>({.epsilon = 1e-46}), ContainsText("Rmsprop: epsilon is 1e-46"));
    CHECK_THROWS_AS(Rmsprop<double>({.epsilon = 1e-310}), Error);
    CHECK_THROWS_AS(Rmsprop<double>({.epsilon = std::nan("")}), Error);
    CHECK_NOTHROW(Rmsprop<double>({.epsilon = 1e-46}));
}
