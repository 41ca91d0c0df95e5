#include "catch.hpp"

#include "gradiva/optim/adam.hpp"
#include "helpers/descent.hpp"

#include <cmath>
#include <limits>

using namespace gradiva;
using Catch::Approx;
using Catch::Matchers::Contains;
using gradiva_test::check_descent;
using gradiva_test::path;

TEST_CASE("Adam takes the steps of its definition") {
    const AdamOptions o{.beta1 = 0.8, .beta2 = 0.95, .epsilon = 1e-3};
    const auto rule = [o, m = 0.0, v = 0.0](double g, double rate, int t) mutable {
        m = o.beta1 * m + (1 - o.beta1) * g;
        v = o.beta2 * v + (1 - o.beta2) * g * g;
        return rate * m / (1 - std::pow(o.beta1, t)) / (std::sqrt(v / (1 - std::pow(o.beta2, t))) + o.epsilon);
    };
    check_descent<double>(Adam<double>(o), rule, 1e-14);
    check_descent<float>(Adam<float>(o), rule, 1e-6);
}

TEMPLATE_TEST_CASE("Adam takes the steps of its definition for decays that its scalar rounds to 1, and for small ones",
                   "", float, double) {
    for (const double beta2 : {0.0, 1e-3, 0.3, 0.5, 0.99, 0.9999999, 0.99999999, 0.9999999999, 1 - 1e-13}) {
        for (const double beta1 : {0.0, 0.2, 0.9, 0.99999999}) {
            CAPTURE(beta1, beta2);
            Adam<TestType> adam({.beta1 = beta1, .beta2 = beta2});
            TestType theta = 1;
            double expected = 1, m = 0, v = 0;
            for (int t = 1; t <= 10; ++t) {
                const TestType g = static_cast<TestType>(t == 1 ? 30 : t % 3 == 0 ? -0.1 : 0.1);
                adam.step(std::span(&theta, 1), std::span<const TestType>(&g, 1), 1e-3);
                const auto gradient = static_cast<double>(g);
                m = beta1 * m + (1 - beta1) * gradient;
                v = beta2 * v + (1 - beta2) * gradient * gradient;
                const double shares[] = {-std::expm1(t * std::log(beta1)), -std::expm1(t * std::log(beta2))};
                expected -= 1e-3 * m / shares[0] / (std::sqrt(v / shares[1]) + 1e-5);
                REQUIRE(static_cast<double>(theta) == Approx(expected).epsilon(sizeof(TestType) == 4 ? 1e-6 : 1e-12));
            }
        }
    }
}

TEMPLATE_TEST_CASE("Adam moves by the learning rate per step for a constant gradient, for any decays", "", float,
                   double) {
    for (const double beta2 : {0.0, 0.9, 0.99999999, 1 - 1e-12}) {
        Adam<TestType> adam({.beta2 = beta2});
        TestType theta = 1;
        const TestType g = TestType(0.1);
        for (int t = 0; t < 10; ++t) adam.step(std::span(&theta, 1), std::span<const TestType>(&g, 1), 1e-3);
        CHECK(static_cast<double>(theta) == Approx(0.99).epsilon(1e-5));
    }
}

TEMPLATE_TEST_CASE("Adam's step of a weight does not depend on its position", "", float, double) {
    constexpr std::size_t many = 35;  // whole vectors and a rest
    Adam<TestType> adam, of_one;
    std::vector<TestType> weights(many, TestType(0.5)), one = {TestType(0.5)};
    for (const double g : {1e-3, -2.0, 0.0, 40.0}) {
        adam.step(weights, std::vector<TestType>(many, static_cast<TestType>(g)), 0.01);
        of_one.step(one, std::vector<TestType>{static_cast<TestType>(g)}, 0.01);
        for (const TestType w : weights) CHECK(w == Approx(one[0]).epsilon(sizeof(TestType) == 4 ? 1e-6 : 1e-14));
    }
}

TEST_CASE("Adam's first step is the learning rate, for any gradient") {
    const auto places = path(Adam<double>({.epsilon = 1e-12}), {1e-3, 1e-3}, 0.5);
    CHECK(places[0] == Approx(-0.5));
    CHECK(places[1] == Approx(-1));
    CHECK(path(Adam<double>({.epsilon = 1e-12}), {-4000}, 0.5)[0] == Approx(0.5));
    CHECK(path(Adam<double>({.epsilon = 1e-160}), {1e-154}, 0.5)[0] == Approx(-0.5));
}

TEST_CASE("Adam's defaults are the common ones") {
    // m = 0.1 and then 0.09, v = 0.001 and then 0.000999, by hand.
    const auto places = path(Adam<double>(), {1, 0}, 1);
    CHECK(places[0] == Approx(-1 / (1 + 1e-5)).epsilon(1e-12));
    CHECK(places[1] - places[0] ==
          Approx(-0.09 / (1 - 0.81) / (std::sqrt(0.000999 / (1 - 0.998001)) + 1e-5)).epsilon(1e-10));
}

TEST_CASE("Adam resets its moments for weights of another size") {
    Adam<double> adam;
    path(adam, {1, 2}, 0.1);
    std::vector<double> two = {0, 0};
    const std::vector<double> gradient = {3, -3};
    std::vector<double> one = {0};
    adam.step(one, std::span(gradient).first(1), 0.1);
    adam.step(one, std::span(gradient).first(1), 0.1);
    adam.step(two, gradient, 0.1);
    CHECK(two[0] == Approx(-0.1).epsilon(1e-4));
    CHECK(two[1] == Approx(0.1).epsilon(1e-4));
}

TEST_CASE("Adam refuses options out of range") {
    CHECK_THROWS_AS(Adam<float>({.beta1 = 1}), Error);
    CHECK_THROWS_WITH(Adam<float>({.beta1 = 1.5}), "Adam: beta1 is 1.5; give a number in [0, 1)");
    CHECK_THROWS_WITH(Adam<float>({.beta2 = -0.5}), "Adam: beta2 is -0.5; give a number in [0, 1)");
    CHECK_THROWS_WITH(Adam<float>({.epsilon = 0}), "Adam: epsilon is 0; give a number above 0");
    CHECK_THROWS_AS(Adam<float>({.beta1 = std::nan("")}), Error);
    CHECK_THROWS_AS(Adam<float>({.epsilon = std::nan("")}), Error);
    CHECK_THROWS_WITH(
        Adam<float>({.epsilon = 1e-46}),
        ContainsText("Adam: epsilon is 1e-46, which weights of 4 bytes do not hold; give a number from 1.1"));
    CHECK_THROWS_AS(Adam<float>({.epsilon = 1e-40}), Error);
    CHECK_THROWS_AS(Adam<float>({.epsilon = 1e39}), Error);
    CHECK_THROWS_AS(Adam<double>({.epsilon = 1e-310}), Error);
    CHECK_THROWS_AS(Adam<double>({.epsilon = std::numeric_limits<double>::infinity()}), Error);
    CHECK_NOTHROW(Adam<double>({.epsilon = 1e-46}));
    CHECK_NOTHROW(Adam<float>({.epsilon = 1.2e-38}));
    CHECK_NOTHROW(Adam<float>({.beta1 = 0, .beta2 = 0}));
}

TEMPLATE_TEST_CASE("moments of a gradient that became 0 decay to 0 without denormal numbers", "", float, double) {
    Adam<TestType> adam;
    constexpr std::size_t many = 35;  // whole vectors and a rest
    const std::vector<TestType> none(many);
    std::vector<TestType> weights(many);
    adam.step(weights, std::vector<TestType>(many, 1), 1e-3);
    for (int i = 0; i < 10'000; ++i) adam.step(weights, none, 1e-3);
    weights = none;
    adam.step(weights, none, 1);
    CHECK(weights == none);
}
