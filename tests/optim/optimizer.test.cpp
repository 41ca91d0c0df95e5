#include "catch.hpp"

#include "gradiva/optim/adam.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/optim/rmsprop.hpp"
#include "gradiva/optim/sgd.hpp"
#include "helpers/guarded_matrix.hpp"

#include <cmath>
#include <limits>
#include <vector>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

using namespace gradiva;

namespace {

struct WritesGradients {
    void step(std::span<float> weights, std::span<float> gradient, double learning_rate);
};

template <class T>
T scalar_of(const Adam<T>&);
template <class T>
T scalar_of(const Rmsprop<T>&);
template <class T>
T scalar_of(const Sgd<T>&);

#if defined(__SSE2__)
// Whether an operand was denormal since the last call, by the flags of the processor.
bool met_denormal_operands() {
    constexpr unsigned flags = 0x3F, denormal = 0x02;
    const unsigned state = _mm_getcsr();
    _mm_setcsr(state & ~flags);
    return (state & denormal) != 0;
}
#endif

}  // namespace

TEMPLATE_TEST_CASE("every optimiser is an Optimizer of its scalar", "", float, double) {
    STATIC_REQUIRE(Optimizer<Adam<TestType>, TestType>);
    STATIC_REQUIRE(Optimizer<Rmsprop<TestType>, TestType>);
    STATIC_REQUIRE(Optimizer<Sgd<TestType>, TestType>);
}

TEST_CASE("a type without the right step is no Optimizer") {
    STATIC_REQUIRE_FALSE(Optimizer<Adam<float>, double>);
    STATIC_REQUIRE_FALSE(Optimizer<WritesGradients, float>);
}

TEMPLATE_TEST_CASE("a copy of an optimiser continues as the original would", "", Adam<double>, Rmsprop<double>,
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

TEMPLATE_TEST_CASE("a gradient whose moments would not be finite is refused and changes nothing", "", Adam<float>,
                   Adam<double>, Rmsprop<float>, Rmsprop<double>, Sgd<float>, Sgd<double>) {
    using T = decltype(scalar_of(TestType()));
    constexpr bool squares = !std::is_same_v<TestType, Sgd<T>>;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    constexpr T large = sizeof(T) == 4 ? T(2e19) : T(1e160);
    for (const std::size_t size : {1U, 15U, 67U, 300U}) {
        for (const T value : {large, -large, infinity, -infinity, std::numeric_limits<T>::quiet_NaN()}) {
            if (std::abs(value) == large && !squares) continue;
            for (const std::size_t place : {std::size_t(0), size / 2, size - 1}) {
                CAPTURE(size, value, place);
                TestType optimizer, other;
                std::vector<T> gradient(size, T(0.5)), weights(size, T(1)), others(size, T(1));
                const auto step = [&] {
                    optimizer.step(weights, gradient, 0.1);
                    other.step(others, gradient, 0.1);
                    return weights == others;
                };
                const auto refuse = [&] {
                    std::vector<T> bad = gradient;
                    bad[place] = value;
                    CHECK_THROWS_WITH(optimizer.step(weights, bad, 0.1),
                                      ContainsText(fmt::format("number {} of the gradient is", place)));
                };
                refuse();  // also as the first step of all
                REQUIRE(step());
                REQUIRE(step());
                refuse();
                REQUIRE(weights == others);
                REQUIRE(step());
                REQUIRE(weights[place] != T(1));
            }
        }
    }
    // The largest that are taken leave finite weights, which smaller gradients move again.
    TestType optimizer;
    std::vector<T> weight = {1};
    const auto most = std::vector<T>{sizeof(T) == 4 ? T(1.8e19) : T(1.3e154)};
    optimizer.step(weight, most, 1e-3);
    REQUIRE(std::isfinite(weight[0]));
}

TEMPLATE_TEST_CASE("an element whose square is not finite is found, and nothing beyond the span is read", "", float,
                   double) {
    using T = TestType;
    for (Index size = 1; size <= 150; ++size) {
        gradiva_test::GuardedMatrix<T> numbers(Vector<T>::Constant(size, T(-2)), gradiva_test::Edge::after);
        T* const first = numbers.view().data();
        const std::span<const T> all(first, static_cast<std::size_t>(size));
        CAPTURE(size);
        REQUIRE(detail::has_finite_squares(all));
        for (Index i = 0; i < size; ++i) {
            for (const T bad : {std::numeric_limits<T>::quiet_NaN(), -std::numeric_limits<T>::max()}) {
                first[i] = bad;
                CAPTURE(i, bad);
                REQUIRE_FALSE(detail::has_finite_squares(all));
            }
            first[i] = T(-2);
        }
    }
}

TEMPLATE_TEST_CASE("many gradients whose squares are finite are no error, though the sum of the squares is not", "",
                   Adam<float>, Adam<double>, Rmsprop<float>, Rmsprop<double>, Sgd<float>, Sgd<double>) {
    using T = decltype(scalar_of(TestType()));
    TestType optimizer;
    std::vector<T> weights(100, T(1));
    CHECK_NOTHROW(optimizer.step(weights, std::vector<T>(100, sizeof(T) == 4 ? T(1e19) : T(1e154)), 1e-3));
}

TEMPLATE_TEST_CASE("a learning rate that is not finite is refused and changes nothing", "", Adam<float>, Rmsprop<float>,
                   Sgd<float>) {
    TestType optimizer;
    std::vector<float> weights = {1, 2};
    const std::vector<float> gradient = {1, 1};
    for (const double rate : {std::nan(""), std::numeric_limits<double>::infinity()}) {
        CHECK_THROWS_WITH(optimizer.step(weights, gradient, rate), ContainsText("give a finite number"));
    }
    CHECK(weights == std::vector<float>{1, 2});
}

#if defined(__SSE2__)
TEMPLATE_TEST_CASE("moments that decay never become denormal numbers", "", float, double) {
    constexpr std::size_t many = 35;  // whole vectors and a rest
    const std::vector<TestType> none(many);
    const auto check = [&](auto optimizer, Index steps) {
        CAPTURE(steps);
        std::vector<TestType> weights(many, TestType(1)), gradient(many);
        for (std::size_t i = 0; i < many; ++i)
            gradient[i] = static_cast<TestType>(std::pow(10, 4 - static_cast<int>(i)));
        optimizer.step(weights, gradient, 1e-3);
        met_denormal_operands();
        for (Index i = 0; i < steps; ++i) optimizer.step(weights, none, 1e-3);
        CHECK_FALSE(met_denormal_operands());
        // From there on they go as moments that were never moved, or do not move at all.
        const std::vector<TestType> before = weights;
        optimizer.step(weights, none, 1e-3);
        CHECK(weights == before);
    };
    const Index decades = sizeof(TestType) == 4 ? 1 : 8;  // as many times those of float
    check(Adam<TestType>(), decades * 130'000);
    check(Adam<TestType>({.beta2 = 0.5}), decades * 1'000);
    check(Adam<TestType>({.beta1 = 0.2, .beta2 = 0.1}), decades * 1'000);
    check(Rmsprop<TestType>(), decades * 13'000);
    check(Rmsprop<TestType>({.alpha = 0.3}), decades * 1'000);
    check(Sgd<TestType>({.momentum = 0.9}), decades * 1'500);
    check(Sgd<TestType>({.momentum = 0.01}), decades * 100);
}
#endif

TEST_CASE("a very small epsilon still determines the step for a tiny gradient") {
    const auto after_three_steps = [](auto optimizer) {
        std::vector<float> theta = {0};
        const std::vector<float> gradient = {1e-18F};
        for (int i = 0; i < 3; ++i) optimizer.step(theta, gradient, 1e-3);
        return static_cast<double>(theta[0]);
    };
    // With epsilon negligible Adam steps by the learning rate, and Rmsprop by lr / sqrt(1 - alpha^t).
    CHECK(after_three_steps(Adam<float>({.epsilon = 1e-30})) == Catch::Approx(-3e-3).epsilon(1e-2));
    double expected = 0;
    for (int t = 1; t <= 3; ++t) expected -= 1e-3 / std::sqrt(1 - std::pow(0.99, t));
    CHECK(after_three_steps(Rmsprop<float>({.epsilon = 1e-30})) == Catch::Approx(expected).epsilon(1e-2));
}
