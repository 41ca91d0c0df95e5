#pragma once

#include <cmath>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva::kernels {

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

/// In two passes and in double: E[x^2] - E[x]^2 would lose all digits when the mean is large.
template <class Scalar>
Moments moments(ConstVectorRef<Scalar> x) {
    Moments result;
    result.count = x.size();
    if (x.size() == 0) return result;
    result.mean = x.template cast<double>().sum() / static_cast<double>(x.size());
    result.squares = (x.template cast<double>().array() - result.mean).square().sum();
    return result;
}

/// x := (x - mean) / (standard deviation with N - 1, plus 1e-8). One sample alone stays as it is.
template <class Scalar>
void standardise(VectorRef<Scalar> x) {
    if (x.size() < 2) return;
    const Moments m = moments<Scalar>(x);
    const double scale = 1 / (m.sample_deviation() + 1e-8);
    x = ((x.template cast<double>().array() - m.mean) * scale).template cast<Scalar>();
}

}  // namespace gradiva::kernels
