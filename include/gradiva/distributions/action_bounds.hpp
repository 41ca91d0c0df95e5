#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <vector>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// A space of vectors of `size` real numbers with bounds `low_of(i)` and `high_of(i)` of each element, such as `Box`.
template <class S>
concept BoundedSpace = requires(const S& space, Index element) {
    { space.size } -> std::convertible_to<Index>;
    { space.low_of(element) } -> std::convertible_to<float>;
    { space.high_of(element) } -> std::convertible_to<float>;
};

/// The affine map between x in the unit interval (0, 1), on which a distribution is defined, and an action within
/// bounds: a_i = low_i + (high_i - low_i) x_i.
///
/// As actions are rounded to float, an x close to 0 or 1 may be rounded to the end itself, where log densities may be
/// infinite: x is therefore clamped to [`lowest_inside`, `highest_inside`] where it is computed from an action.
class ActionBounds {
public:
    static constexpr float lowest_inside = 1e-6F;
    static constexpr float highest_inside = 1 - 1e-6F;

    /// Throws an `Error` that begins with `who` unless the space has elements, all with finite bounds low < high.
    template <BoundedSpace S>
    ActionBounds(const char* who, const S& space) {
        require(space.size >= 1, "{}: the action space has {} elements; give at least 1", who, space.size);
        for (Index i = 0; i < space.size; ++i) {
            const double low = static_cast<double>(space.low_of(i)), high = static_cast<double>(space.high_of(i));
            require(
                std::isfinite(low) && std::isfinite(high) && low < high,
                "{}: element {} of the action space has the bounds {} and {}; give it finite bounds, low < high, or "
                "use DiagonalGaussian, which needs none",
                who, i, low, high);
            low_.push_back(low);
            high_.push_back(high);
        }
    }

    Index size() const { return static_cast<Index>(low_.size()); }

    /// sum_i log(high_i - low_i): log p(a) = log p(x) - log_volume().
    double log_volume() const {
        double sum = 0;
        for (std::size_t i = 0; i < low_.size(); ++i) sum += std::log(high_[i] - low_[i]);
        return sum;
    }

    /// The action a of x, clamped to the bounds. NaN gives NaN.
    float to_action(Index element, double x) const {
        const auto i = static_cast<std::size_t>(element);
        return static_cast<float>(clamped(low_[i] + (high_[i] - low_[i]) * x, low_[i], high_[i]));
    }

    /// The x of an action: `clamped_inside` if the action is within the bounds, else below 0 or above 1. NaN gives NaN.
    double to_unit(Index element, float action) const {
        const auto i = static_cast<std::size_t>(element);
        const auto a = static_cast<double>(action);
        const double x = (a - low_[i]) / (high_[i] - low_[i]);
        return a < low_[i] || a > high_[i] ? x : clamped_inside(x);
    }

    /// x clamped to [`lowest_inside`, `highest_inside`].
    static double clamped_inside(double x) {
        return clamped(x, static_cast<double>(lowest_inside), static_cast<double>(highest_inside));
    }

    void visit_state(State& state) {
        state.fixed("low", low_);
        state.fixed("high", high_);
    }

private:
    static double clamped(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

    std::vector<double> low_, high_;
};

}  // namespace GRADIVA_NAMESPACE
