#include "catch.hpp"

#include "gradiva/optim/sgd.hpp"
#include "helpers/descent.hpp"

#include <cmath>

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

TEST_CASE("momentum keeps a share of the last step") {
    CHECK(path(Sgd<double>(), {1, 1, 1}, 0.5) == std::vector<double>{-0.5, -1, -1.5});
    CHECK(path(Sgd<double>({.momentum = 0.5}), {1, 1, -4}, 1) == std::vector<double>{-1, -2.5, 0.75});
}

TEST_CASE("descent refuses a momentum out of range") {
    CHECK_THROWS_AS(Sgd<float>({.momentum = 1}), Error);
    CHECK_THROWS_WITH(Sgd<float>({.momentum = -0.5}), "Sgd: momentum is -0.5; give a number in [0, 1)");
    CHECK_THROWS_AS(Sgd<float>({.momentum = std::nan("")}), Error);
}
