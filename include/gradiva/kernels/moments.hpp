#pragma once

#include <cmath>
#include <limits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// Mean and spread of a batch of numbers.
struct Moments {
    Index count = 0;
    double mean = 0;
    double squares = 0;  ///< sum of (x - mean)^2

    /// With N: the spread of these numbers. 0 when there are none.
    double population_variance() const { return count > 0 ? squares / static_cast<double>(count) : 0; }
    /// With N - 1: an estimate of the spread where they came from. 0 below two samples.
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
};

/// In two passes and in double: E[x^2] - E[x]^2 would lose all digits when the mean is large. The mean is taken of the
/// differences from the first number, so that equal numbers have no spread at all.
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

/// Added to the deviation that numbers are divided by.
inline constexpr double least_deviation = 1e-8;

/// x := (x - mean) / (standard deviation with N - 1, plus 1e-8). One sample alone stays as it is.
template <class Scalar>
void standardise(VectorRef<Scalar> x) {
    if (x.size() < 2) return;
    Moments m = moments<Scalar>(x);
    // Squares beyond a double, as those of 1e160 are: numbers that are still large make the same of them.
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
