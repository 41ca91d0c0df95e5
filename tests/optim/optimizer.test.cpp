#include "catch.hpp"

#include "gradiva/optim/adam.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/optim/rmsprop.hpp"
#include "gradiva/optim/sgd.hpp"

using namespace gradiva;

namespace {

struct WritesGradients {
    void step(std::span<float> weights, std::span<float> gradient, double learning_rate);
};

}  // namespace

TEMPLATE_TEST_CASE("every optimiser is an Optimizer of its scalar", "", float, double) {
    STATIC_REQUIRE(Optimizer<Adam<TestType>, TestType>);
    STATIC_REQUIRE(Optimizer<Rmsprop<TestType>, TestType>);
    STATIC_REQUIRE(Optimizer<Sgd<TestType>, TestType>);
}

TEST_CASE("what cannot step on these spans is no Optimizer") {
    STATIC_REQUIRE_FALSE(Optimizer<Adam<float>, double>);
    STATIC_REQUIRE_FALSE(Optimizer<WritesGradients, float>);
}

TEMPLATE_TEST_CASE("the copy of an optimiser goes on as the first would", "", Adam<double>, Rmsprop<double>,
                   Sgd<double>) {
    TestType first;
    std::vector<double> weights = {1, 2, 3};
    const std::vector<double> gradient = {0.5, -1, 2};
    first.step(weights, gradient, 0.1);
    TestType second = first;
    std::vector<double> others = weights;
    first.step(weights, gradient, 0.1);
    second.step(others, gradient, 0.1);
    CHECK(weights == others);
}
