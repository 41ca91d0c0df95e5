#include "gradiva/learn/value_loss.hpp"

#include "catch.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Loss and derivative of one sample.
struct One {
    double loss = 0, derivative = 0;
};

One one(double value, double old_value, double target, double clip) {
    Vector<double> derivative(1);
    const double loss = value_loss<double>(Vector<double>{{value}}, Vector<double>{{old_value}},
                                           Vector<double>{{target}}, clip, derivative);
    return {loss, derivative[0]};
}

}  // namespace

TEST_CASE("without a clip the value loss is half the squared error whatever the old value") {
    const Vector<double> value{{1, 2, -1}}, old_value{{50, -50, 0}}, target{{3, 2, 2}};
    Vector<double> derivative(3);
    CHECK(value_loss<double>(value, old_value, target, 0, derivative) == 0.5 * (4 + 0 + 9));
    CHECK(derivative == Vector<double>{{-2, 0, -3}});
}

TEST_CASE("the clipped value loss is the larger of the two losses") {
    SECTION("within reach both are the same") {
        CHECK(one(1.25, 1, 3, 0.5).loss == 0.5 * 1.75 * 1.75);
        CHECK(one(1.25, 1, 3, 0.5).derivative == -1.75);
    }
    SECTION("a value that went too far towards its target gains nothing more") {
        CHECK(one(2, 1, 3, 0.5).loss == 0.5 * 1.5 * 1.5);
        CHECK(one(2, 1, 3, 0.5).derivative == 0);
        CHECK(one(-2, -1, -3, 0.5).loss == 0.5 * 1.5 * 1.5);
        CHECK(one(-2, -1, -3, 0.5).derivative == 0);
    }
    SECTION("a value that went away from its target is called back") {
        CHECK(one(0, 1, 3, 0.5).loss == 0.5 * 9);
        CHECK(one(0, 1, 3, 0.5).derivative == -3);
    }
    SECTION("a value that overshot its target by more than the clip leaves behind is called back") {
        CHECK(one(7, 1, 3, 0.5).loss == 0.5 * 16);
        CHECK(one(7, 1, 3, 0.5).derivative == 4);
    }
}

TEST_CASE("the derivative of the value loss equals central differences on every side of the kinks") {
    constexpr Index count = 400;
    constexpr double clip = 0.4;
    Rng rng(5);
    Vector<double> value = random_vector<double>(count, rng), derivative(count), scratch(count);
    const Vector<double> old_value = random_vector<double>(count, rng), target = 2 * random_vector<double>(count, rng);
    for (Index i = 0; i < count; ++i) {  // away from the kinks: the reach's ends, and where the two losses are equal
        const double change = value[i] - old_value[i];
        const double clipped = old_value[i] + std::clamp(change, -clip, clip) - target[i];
        const double plain = value[i] - target[i];
        const bool outside = std::abs(change) > clip;
        if (std::abs(std::abs(change) - clip) < 1e-3) value[i] = old_value[i];
        if (outside && std::abs(std::abs(clipped) - std::abs(plain)) < 1e-3) value[i] = old_value[i];
    }
    for (const double reach : {0.0, clip}) {
        value_loss<double>(value, old_value, target, reach, derivative);
        const auto numeric = numeric_gradient(
            {value.data(), count}, [&] { return value_loss<double>(value, old_value, target, reach, scratch); });
        CHECK(relative_error({derivative.data(), count}, numeric) < 1e-6);
        const Index flat = (derivative.array() == 0).count();
        CHECK((reach > 0 ? flat > 40 : flat == 0));
    }
}

TEMPLATE_TEST_CASE("within the clip range rounding does not remove the derivative", "", float, double) {
    constexpr Index count = 10'000;
    Rng rng(6);
    const auto thirds = [&] { return Vector<TestType>(random_vector<TestType>(count, rng) / 3); };
    const Vector<TestType> value = thirds(), old_value = thirds(), target = thirds();
    Vector<TestType> plain(count), clipped(count);
    value_loss<TestType>(value, old_value, target, 0, plain);
    value_loss<TestType>(value, old_value, target, 0.8, clipped);
    CHECK((plain.array() == clipped.array()).count() == count);
}
