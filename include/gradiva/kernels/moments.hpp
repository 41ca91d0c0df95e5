#pragma once

#include <cmath>
#include <limits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// Count, mean and sum of squared deviations of some numbers; those of none are 0.
struct Moments {
    Index count = 0;
    double mean = 0;
    double squares = 0;  ///< sum of (x - mean)^2

    /// sum (x - mean)^2 / N, the variance of these numbers; 0 where N is 0.
    double population_variance() const { return count > 0 ? squares / static_cast<double>(count) : 0; }
    /// sum (x - mean)^2 / (N - 1), the unbiased estimate of the variance of their source; 0 where N is below 2.
    double sample_variance() const { return count > 1 ? squares / static_cast<double>(count - 1) : 0; }
    double sample_deviation() const { return std::sqrt(sample_variance()); }

    /// The moments of both batches together. Source: Chan, Golub and LeVeque, "Updating Formulae and a Pairwise
    /// Algorithm for Computing Sample Variances", 1979.
    Moments& operator+=(const Moments& other) {
        if (other.count == 0) return *this;
        const auto total = static_cast<double>(count + other.count);
        const double step = other.mean - mean;
        squares += other.squares + step * step * static_cast<double>(count) * static_cast<double>(other.count) / total;
        mean += step * static_cast<double>(other.count) / total;
        count += other.count;
        return *this;
    }

    /// Adds one number. Source: Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products",
    /// 1962.
    void add(double x) {
        ++count;
        const double step = x - mean;
        mean += step / static_cast<double>(count);
        squares += step * (x - mean);
    }

    void visit_state(State& state) {
        state("count", count);
        state("mean", mean);
        state("squares", squares);
    }
};

/// The moments of x, in two passes and in double: E[x^2] - E[x]^2 would lose all digits where the mean is large. The
/// mean is taken of the differences from the first number, so that equal numbers have a variance of exactly 0.
template <class Scalar>
Moments moments(ConstVectorRef<Scalar> x) {
    Moments result;
    result.count = x.size();
    if (x.size() == 0) return result;
    const auto first = static_cast<double>(x[0]);
    const double sum = simd::sum_in_double(x.data(), x.size(), [first](const auto& value) { return value - first; });
    result.mean = first + sum / static_cast<double>(x.size());
    result.squares = simd::sum_in_double(x.data(), x.size(), [mean = result.mean](const auto& value) {
        const auto step = value - mean;
        return step * step;
    });
    return result;
}

/// Added to the standard deviation that `standardise` divides by.
inline constexpr double least_deviation = 1e-8;

/// x := (x - mean) / (sample_deviation + 1e-8), with the moments of x. Fewer than two numbers stay as they are.
template <class Scalar>
void standardise(VectorRef<Scalar> x) {
    if (x.size() < 2) return;
    Moments m = moments<Scalar>(x);
    // Where squares overflow, as those of 1e160 do, numbers are scaled first: the result is the same.
    for (int i = 0; i < 2 && m.squares == std::numeric_limits<double>::infinity(); ++i) {
        for (Scalar& value : x) value *= static_cast<Scalar>(0x1p-300);
        m = moments<Scalar>(x);
    }
    const double scale = 1 / (m.sample_deviation() + least_deviation);
    constexpr Index width = simd::lanes<double>;
    Scalar* const values = x.data();
    Index i = 0;
    for (; i + width <= x.size(); i += width) {
        const auto value = simd::in_double<Scalar>(simd::load_as<simd::Lanes<Scalar, simd::lanes<double>>>(values + i));
        simd::store_from_double<Scalar>((value - m.mean) * scale, values + i);
    }
    for (; i < x.size(); ++i) values[i] = static_cast<Scalar>((static_cast<double>(values[i]) - m.mean) * scale);
}

}  // namespace GRADIVA_NAMESPACE::kernels
