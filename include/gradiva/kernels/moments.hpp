#pragma once

#include <cmath>
#include <limits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/registers.hpp"
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

namespace detail {

template <class Scalar>
struct HalfRegister {
    typedef Scalar Type __attribute__((vector_size(lanes<double> * sizeof(Scalar))));
};

template <class Half, int... K>
RegisterOf<double> widen(const Half& x, std::integer_sequence<int, K...>) {
    return RegisterOf<double>{static_cast<double>(x[K])...};  // GCC 12 makes four instructions of a convertvector
}

/// As many numbers as a register holds in double.
template <class Scalar>
RegisterOf<double> in_double(const typename HalfRegister<Scalar>::Type& x) {
    return widen(x, gradiva::detail::LaneNumbers<RegisterOf<double>>{});
}

template <class Scalar>
void store_from_double(const RegisterOf<double>& x, Scalar* to) {
    using Half = typename HalfRegister<Scalar>::Type;
    const Half rounded = __builtin_convertvector(x, Half);
    store_lanes(rounded, to);
}

/// The sum of term(x_i) in double, where `x.template operator()<V>(i)` is x_i for V = Scalar, and x_i and those after
/// it for a vector V; each is asked for once. Element i is added to the partial sum i modulo 32: the order is the same
/// for every width of registers, and the processor can overlap additions.
template <class Scalar, class X, class Term>
double sum_in_double(Index size, const X& x, const Term& term) {
    using Half = typename HalfRegister<Scalar>::Type;
    constexpr Index parts = 32, width = lanes<double>;
    RegisterOf<double> sum[to_size(parts / width)] = {};
    Index i = 0;
    for (; i + parts <= size; i += parts) {
#pragma GCC unroll 16
        for (Index k = 0; k < parts / width; ++k) {
            sum[k] += term(in_double<Scalar>(x.template operator()<Half>(i + k * width)));
        }
    }
    if (i < size) {
        double part[parts];
        for (Index k = 0; k < parts / width; ++k) store(sum[k], part + k * width);
        for (Index k = 0; i + k < size; ++k) part[k] += term(static_cast<double>(x.template operator()<Scalar>(i + k)));
        for (Index k = 0; k < parts / width; ++k) sum[k] = load(part + k * width);
    }
    for (Index half = parts / width / 2; half > 0; half /= 2) {
        for (Index k = 0; k < half; ++k) sum[k] += sum[k + half];
    }
    return sum_of<double>(sum[0]);
}

/// The same for numbers in memory.
template <class Scalar, class Term>
double sum_in_double(const Scalar* x, Index size, const Term& term) {
    return sum_in_double<Scalar>(
        size, [x]<class V>(Index i) { return load_lanes<V>(x + i); }, term);
}

}  // namespace detail

/// In two passes and in double: E[x^2] - E[x]^2 would lose all digits when the mean is large. The mean is taken of the
/// differences from the first number, so that equal numbers have no spread at all.
template <class Scalar>
Moments moments(ConstVectorRef<Scalar> x) {
    Moments result;
    result.count = x.size();
    if (x.size() == 0) return result;
    const auto first = static_cast<double>(x[0]);
    const double sum = detail::sum_in_double(x.data(), x.size(), [first](const auto& value) { return value - first; });
    result.mean = first + sum / static_cast<double>(x.size());
    result.squares = detail::sum_in_double(x.data(), x.size(), [mean = result.mean](const auto& value) {
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
    constexpr Index width = detail::lanes<double>;
    Scalar* const values = x.data();
    Index i = 0;
    for (; i + width <= x.size(); i += width) {
        const auto value =
            detail::in_double<Scalar>(load_lanes<typename detail::HalfRegister<Scalar>::Type>(values + i));
        detail::store_from_double<Scalar>((value - m.mean) * scale, values + i);
    }
    for (; i < x.size(); ++i) values[i] = static_cast<Scalar>((static_cast<double>(values[i]) - m.mean) * scale);
}

}  // namespace GRADIVA_NAMESPACE::kernels
