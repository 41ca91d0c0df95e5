#include "catch.hpp"

#include "gradiva/optim/sgd.hpp"
#include "helpers/descent.hpp"

#include <cmath>
#include <limits>

using namespace gradiva;
using gradiva_test::check_descent;
using gradiva_test::path;

TEST_CASE("descent with momentum takes the steps of its definition") {
    for (const double momentum : {0.0, 0.7}) {
        const auto rule = [momentum, u = 0.0](double g, double rate, int) mutable {
            u = momentum * u + g;
            return rate * u;
        };
        check_descent<double>(Sgd<double>({.momentum = momentum}), rule, 1e-14);
        check_descent<float>(Sgd<float>({.momentum = momentum}), rule, 1e-6);
    }
}

TEST_CASE("momentum adds a fraction of the last step") {
    CHECK(path(Sgd<double>(), {1, 1, 1}, 0.5) == std::vector<double>{-0.5, -1, -1.5});
    CHECK(path(Sgd<double>({.momentum = 0.5}), {1, 1, -4}, 1) == std::vector<double>{-1, -2.5, 0.75});
}

TEMPLATE_TEST_CASE("sgd accepts a gradient whose velocity stays finite, and refuses others", "", float, double) {
    using T = TestType;
    constexpr T most = std::numeric_limits<T>::max();
    const T gradient[2] = {most, -most / 4};
    T weights[2] = {1, 1};
    Sgd<T>().step(weights, gradient, 8 / static_cast<double>(most));
    CHECK(weights[0] == Catch::Approx(-7));
    CHECK(weights[1] == Catch::Approx(3));
    Sgd<T> with_momentum({.momentum = 0.9});
    CHECK_THROWS_WITH(with_momentum.step(weights, gradient, 1e-3), ContainsText("Sgd: number 0 of the"));
    CHECK(weights[1] == Catch::Approx(3));
    const T too_large[2] = {1, most / 19};  // the velocity could grow to 10 times as much
    CHECK_THROWS_WITH(with_momentum.step(weights, too_large, 1e-3), ContainsText("Sgd: number 1 of the"));
    // Gradients just within what is taken, many times over.
    const T large[2] = {most / 21, -most / 21};
    for (int i = 0; i < 1000; ++i) with_momentum.step(weights, large, 8 / static_cast<double>(most));
    CHECK(std::isfinite(weights[0]));
    CHECK(weights[0] == Catch::Approx(-8 * 1000 * 10.0 / 21).epsilon(0.02));
}

TEST_CASE("descent refuses a momentum out of range") {
    CHECK_THROWS_AS(Sgd<float>({.momentum = 1}), Error);
    CHECK_THROWS_WITH(Sgd<float>({.momentum = -0.5}), "Sgd: momentum is -0.5; give a number in [0, 1)");
    CHECK_THROWS_AS(Sgd<float>({.momentum = std::nan("")}), Error);
}
