#pragma once

#include <cmath>

#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_observation.hpp"
#include "gradiva/env/check_space.hpp"

namespace gradiva {

namespace detail {

/// Throws `Error` unless row `row` of the actions holds one of n choices in every column, and one that is legal; theirs
/// are the rows of the mask from `first` on.
inline void check_choices(const char* who, Index row, Index first, Index n, const ConstActionView& actions,
                          const ActionMask& legal, Range environments) {
    for (Index j = 0; j < environments.size(); ++j) {
        const int choice = actions.integers(row, j);
        require(choice >= 0 && choice < n,
                "{}: environment {} was to get choice {} where there are 0 to {}; whoever chooses must stay among them",
                who, environments.begin + j, choice, n - 1);
        require(legal.rows() == 0 || legal(first + choice, j) != 0,
                "{}: environment {} was to get choice {}, which its mask says is not legal; whoever chooses must "
                "follow the mask",
                who, environments.begin + j, choice);
    }
}

inline void check_actions_of(const char* who, const Discrete& space, const ConstActionView& actions,
                             const ActionMask& legal, Range environments) {
    check_choices(who, 0, 0, space.n, actions, legal, environments);
}
inline void check_actions_of(const char* who, const MultiDiscrete& space, const ConstActionView& actions,
                             const ActionMask& legal, Range environments) {
    Index first = 0;
    for (std::size_t k = 0; k < space.n.size(); first += space.n[k++]) {
        check_choices(who, static_cast<Index>(k), first, space.n[k], actions, legal, environments);
    }
}
inline void check_actions_of(const char* who, const MultiBinary& space, const ConstActionView& actions,
                             const ActionMask&, Range environments) {
    for (Index i = 0; i < space.size; ++i) {
        check_choices(who, i, 0, 2, actions, all_legal(environments.size()), environments);
    }
}
inline void check_actions_of(const char* who, const Box&, const ConstActionView& actions, const ActionMask&,
                             Range environments) {
    if (all_finite(actions.reals.data(), actions.reals.size())) return;
    for (Index j = 0; j < environments.size(); ++j) {
        for (Index i = 0; i < actions.reals.rows(); ++i) {
            require(std::isfinite(actions.reals(i, j)),
                    "{}: environment {} was to get action[{}] = {}; lower the learning rate, or check the policy's "
                    "weights",
                    who, environments.begin + j, i, actions.reals(i, j));
        }
    }
}
inline void check_actions_of(const char* who, const HybridSpace& space, const ConstActionView& actions,
                             const ActionMask& legal, Range environments) {
    check_actions_of(who, space.choice, actions, legal, environments);
    check_actions_of(who, space.box, actions, legal, environments);
}

}  // namespace detail

/// Throws `Error` unless every action, one column for each of the environments, belongs to the space: a choice is one
/// of those that there are and is legal by its mask (choices x n, or no rows where all are legal), a real number is
/// finite. Bounds of a Box are not asked for: environments get real numbers clipped to them. `who` asks.
template <class Space>
void check_actions(const char* who, const Space& space, const ConstActionView& actions, const ActionMask& legal,
                   Range environments) {
    detail::check_actions_of(who, space, actions, legal, environments);
}

}  // namespace gradiva
