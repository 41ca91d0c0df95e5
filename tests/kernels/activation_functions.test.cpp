#include "catch.hpp"

#include "gradiva/kernels/activation.hpp"
#include "helpers/activations.hpp"
#include "reference/read_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>
#include <type_traits>
#include <vector>

using namespace gradiva;
using gradiva_test::activated;
using gradiva_test::activation_slope;
using gradiva_test::all_activations;

namespace {

const std::map<Activation, std::string> names = {
    {Activation::tanh, "tanh"}, {Activation::relu, "relu"}, {Activation::elu, "elu"},
    {Activation::silu, "silu"}, {Activation::gelu, "gelu"}, {Activation::leaky_relu, "leaky_relu"},
};

template <class T>
struct Activated {
    Matrix<T> value, slope;
};

/// f and f' of each number, as passes compute them.
template <class T>
Activated<T> activate(Activation f, const std::vector<double>& z) {
    Matrix<T> before(static_cast<Index>(z.size()), 1);
    std::transform(z.begin(), z.end(), before.data(), [](double x) { return static_cast<T>(x); });
    Activated<T> all{before, Matrix<T>::Ones(before.rows(), 1)};
    kernels::activate<T>(f, all.value);
    kernels::multiply_by_derivative<T>(f, kernels::keeps_input(f) ? before : all.value, all.slope);
    return all;
}

}  // namespace

TEMPLATE_TEST_CASE("activations and their derivatives are those of PyTorch", "", float, double) {
    const reference::Blocks blocks =
        reference::read_blocks(GRADIVA_SOURCE_DIR "/tests/reference/activations_torch.txt");
    const std::vector<double>& z = blocks.at("z").values;
    const double margin = std::is_same_v<TestType, float> ? 1e-6 : 4e-15;
    for (const auto& [f, name] : names) {
        CAPTURE(name);
        const auto [value, slope] = activate<TestType>(f, z);
        const reference::Block& expected = blocks.at(name);
        const reference::Block& expected_slope = blocks.at(name + "_derivative");
        for (std::size_t i = 0; i < z.size(); ++i) {
            CAPTURE(z[i]);
            const auto n = static_cast<Index>(i);
            REQUIRE(std::abs(static_cast<double>(value(n, 0)) - expected.values[i]) <=
                    margin * std::max(1.0, std::abs(z[i])));
            REQUIRE(std::abs(static_cast<double>(slope(n, 0)) - expected_slope.values[i]) <= margin);
        }
    }
}

TEMPLATE_TEST_CASE("activations equal their definitions in between, and where exponentials end", "", float, double) {
    std::vector<double> z;
    for (double x = -110; x < 30; x += 0.0127) z.push_back(static_cast<double>(static_cast<TestType>(x)));
    for (double x = 1e-30; x < 1; x *= 7) z.insert(z.end(), {static_cast<double>(static_cast<TestType>(x)), -x});
    const double margin = std::is_same_v<TestType, float> ? 1e-6 : 4e-15;
    for (const Activation f : all_activations) {
        CAPTURE(names.at(f));
        const auto [value, slope] = activate<TestType>(f, z);
        for (std::size_t i = 0; i < z.size(); ++i) {
            CAPTURE(z[i]);
            const auto n = static_cast<Index>(i);
            REQUIRE(std::abs(static_cast<double>(value(n, 0)) - activated(f, z[i])) <=
                    margin * std::max(1.0, std::abs(z[i])));
            REQUIRE(std::abs(static_cast<double>(slope(n, 0)) - activation_slope(f, z[i])) <= margin);
        }
    }
}

TEMPLATE_TEST_CASE("far from 0 activations are their limits, and NaN stays NaN", "", float, double) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double largest = static_cast<double>(std::numeric_limits<TestType>::max());
    struct Limits {
        Activation f;
        double at_minus_infinity, slope_before, slope_after;
    };
    for (const Limits& expected :
         {Limits{Activation::elu, -1, 0, 1}, Limits{Activation::silu, 0, 0, 1}, Limits{Activation::gelu, 0, 0, 1},
          Limits{Activation::leaky_relu, -infinity, 0.01, 1}}) {
        CAPTURE(names.at(expected.f));
        const auto [value, slope] = activate<TestType>(
            expected.f, {-infinity, -largest, -1e4, 1e4, largest, infinity, std::numeric_limits<double>::quiet_NaN()});
        CHECK(static_cast<double>(value(0, 0)) == expected.at_minus_infinity);
        CHECK(value(3, 0) == TestType(1e4));
        CHECK(static_cast<double>(value(4, 0)) == largest);
        CHECK(static_cast<double>(value(5, 0)) == infinity);
        for (Index i = 0; i < 3; ++i) CHECK(static_cast<double>(slope(i, 0)) == Catch::Approx(expected.slope_before));
        for (Index i = 3; i < 6; ++i) CHECK(static_cast<double>(slope(i, 0)) == expected.slope_after);
        CHECK(std::isnan(value(6, 0)));
        CHECK(std::isnan(slope(6, 0)) == (expected.f != Activation::leaky_relu));
    }
}
