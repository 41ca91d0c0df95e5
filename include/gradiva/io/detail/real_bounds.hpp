#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cmath>
#include <variant>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The Box of an action space; null where it has none.
inline const Box* box_in(const AnyActionSpace& space) {
    if (const auto* box = std::get_if<Box>(&space)) return box;
    const auto* hybrid = std::get_if<HybridSpace>(&space);
    return hybrid != nullptr ? &hybrid->box : nullptr;
}

/// Whether an action is one integer, and not a row of integers, of which there may be one.
inline bool is_one_integer(const AnyActionSpace& space) {
    return std::holds_alternative<Discrete>(space) || std::holds_alternative<HybridSpace>(space);
}

/// Bounds of the real numbers of actions: those of the distribution within those of the space, infinite where there are
/// none. To clamp to them is the same as to clamp to the distribution's and then to the space's.
struct RealBounds {
    std::vector<float> low, high;

    RealBounds(const DescribedDistribution& d, const Box& space) {
        for (Index i = 0; i < d.dimensions; ++i) {
            const float lowest = space.low_of(i), highest = space.high_of(i);
            const auto clamped = [&](const std::vector<double>& own, float otherwise) {
                return own.empty() ? otherwise : std::clamp(static_cast<float>(own[to_size(i)]), lowest, highest);
            };
            low.push_back(clamped(d.low, lowest));
            high.push_back(clamped(d.high, highest));
        }
    }

    bool any_low() const { return std::any_of(low.begin(), low.end(), is_bound); }
    bool any_high() const { return std::any_of(high.begin(), high.end(), is_bound); }

private:
    static bool is_bound(float x) { return std::isfinite(x); }
};

}  // namespace GRADIVA_NAMESPACE::detail
