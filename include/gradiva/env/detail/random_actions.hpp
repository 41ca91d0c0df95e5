#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/space.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Draws legal actions of a space to try environments with: uniform ones, and as often those at its edges, which are
/// bounds and corners of a Box and first and last choices. Where a bound is missing, numbers lie within 10 of the other
/// one, or of 0. The first actions are the lowest: what breaks whatever it is sent does so before others are.
template <class Space>
class RandomActions {
public:
    /// `unclipped`: now and then real numbers lie beyond their bounds by 1, as policies sample them.
    RandomActions(const Space& space, Rng rng, bool unclipped = false)
        : space_(space), rng_(rng), unclipped_(unclipped) {}

    /// Writes column j of `actions`. Column j of `legal` says which choices are legal, or it has no rows.
    void draw(const ActionView& actions, const ActionMask& legal, Index j) {
        kind_ = drawn_ < few ? Kind::lowest : drawn_ == few ? Kind::highest : static_cast<Kind>(rng_.below(8));
        ++drawn_;
        draw(space_, actions, legal, j);
    }

private:
    static constexpr Index few = 8;

    // Half of the numbers of `below(8)` are none of these.
    enum class Kind { lowest, highest, corner, one_at_its_bound };

    void draw(const Discrete& space, const ActionView& actions, const ActionMask& legal, Index j) {
        draw_choice(actions, legal, j, 0, 0, space.n);
    }
    void draw(const Box& space, const ActionView& actions, const ActionMask&, Index j) {
        const Index bound = rng_.below(space.size);
        const float beyond = unclipped_ && rng_.below(4) == 0 ? 1 : 0;
        for (Index i = 0; i < space.size; ++i) {
            const auto [low, high] = reach_of(space, i);
            MatrixMap<float>(actions.reals)(i, j) = draw_number(low - beyond, high + beyond, i == bound);
        }
    }
    void draw(const MultiDiscrete& space, const ActionView& actions, const ActionMask& legal, Index j) {
        Index first = 0;
        for (std::size_t k = 0; k < space.n.size(); first += space.n[k++]) {
            draw_choice(actions, legal, j, static_cast<Index>(k), first, space.n[k]);
        }
    }
    void draw(const MultiBinary& space, const ActionView& actions, const ActionMask&, Index j) {
        for (Index i = 0; i < space.size; ++i) draw_choice(actions, all_legal(j + 1), j, i, 0, 2);
    }
    void draw(const HybridSpace& space, const ActionView& actions, const ActionMask& legal, Index j) {
        draw(space.choice, actions, legal, j);
        draw(space.box, actions, legal, j);
    }

    /// One of n choices that is legal; theirs are the rows of the mask from `first` on.
    void draw_choice(const ActionView& actions, const ActionMask& legal, Index j, Index row, Index first, Index n) {
        Index choice = kind_ == Kind::lowest ? 0 : kind_ == Kind::highest ? n - 1 : rng_.below(n);
        while (legal.rows() > 0 && legal(first + choice, j) == 0) choice = rng_.below(n);
        MatrixMap<int>(actions.integers)(row, j) = static_cast<int>(choice);
    }

    float draw_number(float low, float high, bool at_bound) {
        if (kind_ == Kind::lowest) return low;
        if (kind_ == Kind::highest) return high;
        if (kind_ == Kind::corner || (kind_ == Kind::one_at_its_bound && at_bound)) {
            return rng_.below(2) == 0 ? low : high;
        }
        return std::clamp(static_cast<float>(rng_.uniform(low, high)), low, high);
    }

    static std::pair<float, float> reach_of(const Box& space, Index i) {
        constexpr float reach = 10;
        const float low = space.low_of(i), high = space.high_of(i);
        if (std::isfinite(low)) return {low, std::isfinite(high) ? high : low + reach};
        return std::isfinite(high) ? std::pair{high - reach, high} : std::pair{-reach, reach};
    }

    Space space_;
    Rng rng_;
    bool unclipped_;
    Kind kind_{};
    Index drawn_ = 0;
};

/// An action in words: `2`, `[0.5, -1]`, `3 and [0.5]`; of many numbers, the first ones.
inline std::string describe_action(const ConstActionView& action, Index j) {
    constexpr Index most = 8;
    const auto list = [j](const auto& numbers) {
        std::string text = "[";
        for (Index i = 0; i < numbers.rows() && i < most; ++i) {
            text += fmt::format("{}{}", i > 0 ? ", " : "", numbers(i, j));
        }
        return text + (numbers.rows() > most ? ", ...]" : "]");
    };
    if (action.reals.rows() == 0) {
        return action.integers.rows() == 1 ? fmt::format("{}", action.integers(0, j)) : list(action.integers);
    }
    if (action.integers.rows() == 0) return list(action.reals);
    return fmt::format("{} and {}", action.integers(0, j), list(action.reals));
}

}  // namespace GRADIVA_NAMESPACE::detail
