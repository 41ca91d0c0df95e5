#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <vector>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// A space of vectors of `size` real numbers that tells the bounds of each element, such as `Box`.
template <class S>
concept BoundedSpace = requires(const S& space, Index element) {
    { space.size } -> std::convertible_to<Index>;
    { space.low_of(element) } -> std::convertible_to<float>;
    { space.high_of(element) } -> std::convertible_to<float>;
};

/// The bounds of actions whose distribution lives on the open unit interval: a_i = low_i + (high_i - low_i) x_i.
///
/// Neither end of the unit interval can be told from its neighbours once an action was rounded to float, and densities
/// there may be infinite: where an action is turned back into its x, x is held within
/// [`lowest_inside`, `highest_inside`].
class ActionBounds {
public:
    static constexpr float lowest_inside = 1e-6F;
    static constexpr float highest_inside = 1 - 1e-6F;

    /// Throws `Error` in the name of `who` on no elements, or on an element without finite bounds low < high.
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

    /// sum_i log(high_i - low_i): what a density loses when it is stretched over the bounds.
    double log_volume() const {
        double sum = 0;
        for (std::size_t i = 0; i < low_.size(); ++i) sum += std::log(high_[i] - low_[i]);
        return sum;
    }

    /// The action at x in [0, 1]; beyond neither bound, whatever the rounding. NaN stays NaN.
    float stretch(Index element, double x) const {
        const auto i = static_cast<std::size_t>(element);
        return static_cast<float>(held(low_[i] + (high_[i] - low_[i]) * x, low_[i], high_[i]));
    }

    /// The x of an action, held inside if the action is within the bounds; below 0 or above 1 if it is not.
    double locate(Index element, float action) const {
        const auto i = static_cast<std::size_t>(element);
        const auto a = static_cast<double>(action);
        const double x = (a - low_[i]) / (high_[i] - low_[i]);
        return a < low_[i] || a > high_[i] ? x : hold_inside(x);
    }

    static double hold_inside(double x) {
        return held(x, static_cast<double>(lowest_inside), static_cast<double>(highest_inside));
    }

private:
    static double held(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

    std::vector<double> low_, high_;
};

}  // namespace GRADIVA_NAMESPACE
