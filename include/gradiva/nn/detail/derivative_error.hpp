#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <limits>
#include <vector>

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Step sizes of difference quotients: the finer ones are for points near a kink. In float rounding allows none below.
inline constexpr int difference_step_count = 3;
template <std::floating_point Scalar>
inline constexpr double difference_steps[difference_step_count] = {1e-5, 1e-6, 1e-7};
template <>
inline constexpr double difference_steps<float>[difference_step_count] = {1e-2, 2e-3, 4e-4};

/// The largest relative error of derivatives where the caller names none.
template <std::floating_point Scalar>
inline constexpr double default_tolerance = sizeof(Scalar) == sizeof(double) ? 1e-5 : 1e-2;

/// How large two results may differ that are equal but for the order of their sums, relative to the largest of them.
template <std::floating_point Scalar>
inline constexpr double rounding = 1000.0 * std::numeric_limits<Scalar>::epsilon();

/// A function of one variable around a point, by difference quotients on both sides: (f(x) - f(x - h)) / h and
/// (f(x + h) - f(x)) / h.
struct Slopes {
    double left = 0, right = 0;
    double rounding = 0;  ///< how large their errors by rounding may be

    /// How far a derivative lies outside of [left, right] or [right, left]. A kink between x - h and x + h, as of ReLU,
    /// makes the two differ, and the derivative is one of them.
    double outside(double derivative) const {
        const double low = std::min(left, right) - rounding, high = std::max(left, right) + rounding;
        return std::max({0.0, low - derivative, derivative - high});
    }
    double mean() const { return (left + right) / 2; }
};

/// The largest relative error of the derivatives of one function by several variables. Errors count relative to the
/// larger of a derivative and its difference quotient, and to a share of the root mean square of all quotients, below
/// which rounding decides.
class DerivativeErrors {
public:
    explicit DerivativeErrors(double share_of_mean) : share_of_mean_(share_of_mean) {}

    /// Adds the derivative by variable `index`; `slopes(k)` are its quotients by the k-th step size. A finer one
    /// is tried where the coarser ones disagree.
    template <class SlopesOf>
    void add(Index index, double derivative, const SlopesOf& slopes) {
        Slopes best = slopes(0);
        for (int k = 1; k < difference_step_count && best.outside(derivative) > 0; ++k) {
            const Slopes finer = slopes(k);
            if (finer.outside(derivative) < best.outside(derivative)) best = finer;
        }
        all_.push_back({index, derivative, best.mean(), best.outside(derivative)});
        sum_of_squares_ += best.mean() * best.mean();
    }

    struct Entry {
        Index index = -1;
        double derivative = 0, quotient = 0;
        double error = 0;  ///< absolute in `all_`, relative in the result of `largest`
    };

    /// The one of the largest relative error; of index -1 where there is none.
    Entry largest() const {
        const double mean = all_.empty() ? 0 : std::sqrt(sum_of_squares_ / static_cast<double>(all_.size()));
        Entry worst;
        for (Entry entry : all_) {
            const double scale =
                std::max({std::abs(entry.derivative), std::abs(entry.quotient), share_of_mean_ * mean});
            entry.error = entry.error > 0 ? entry.error / scale : 0;
            if (worst.index < 0 || entry.error > worst.error) worst = entry;
        }
        return worst;
    }

private:
    double share_of_mean_;
    double sum_of_squares_ = 0;
    std::vector<Entry> all_;
};

}  // namespace GRADIVA_NAMESPACE::detail
