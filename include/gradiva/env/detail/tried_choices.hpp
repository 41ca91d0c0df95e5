#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <concepts>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_space.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The choices of an action space with which a step has succeeded; of a space without choices, none.
template <class Space>
class TriedChoices {
public:
    explicit TriedChoices(const Space& space) : succeeded_(to_size(choices_of(space)), false) {}

    /// Adds the first action of a batch.
    void add_success(const Space& space, const ConstActionView& actions) {
        for_each_choice(space, actions,
                        [&](Index first, Index, Index choice) { succeeded_[to_size(first + choice)] = true; });
    }

    /// What to say of a step that failed with the first action of a batch: whether no step with its choice, or a larger
    /// one, has succeeded, while smaller ones have. Empty where that is not so.
    std::string hint(const Space& space, const ConstActionView& actions) const {
        std::string text;
        for_each_choice(space, actions, [&](Index first, Index n, Index choice) {
            const auto of_part = succeeded_.begin() + first;
            const bool smaller = std::find(of_part, of_part + choice, true) != of_part + choice;
            const bool larger = std::find(of_part + choice, of_part + n, true) != of_part + n;
            if (!smaller || larger) return;
            text = fmt::format(
                "; no step with choice {} has succeeded, others have: does the action space, {}, say {} too many?",
                choice, describe(space), choice == n - 1 ? "one action" : "actions");
        });
        return text;
    }

private:
    /// `visit(first, n, choice)` for each part of the action that is a choice of n; theirs are the rows of a mask from
    /// `first` on.
    template <class Visit>
    static void for_each_choice(const Space& space, const ConstActionView& actions, const Visit& visit) {
        const auto integers = actions.integers;
        if constexpr (std::same_as<Space, MultiDiscrete>) {
            Index first = 0;
            for (Index k = 0; k < integers.rows(); first += space.n[to_size(k++)]) {
                visit(first, space.n[to_size(k)], integers(k, 0));
            }
        } else if (choices_of(space) > 0) {
            visit(Index{0}, choices_of(space), integers(0, 0));
        }
    }

    std::vector<bool> succeeded_;  // of each choice: whether a step with it has ended as it should
};

}  // namespace GRADIVA_NAMESPACE::detail
