#pragma once

#include <cmath>
#include <concepts>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/space.hpp"

namespace gradiva::detail {

/// From how many the k-th integer of an action of the space chooses.
inline Index count_of_choices(const Discrete& space, Index) { return space.n; }
inline Index count_of_choices(const Box&, Index) { return 0; }
inline Index count_of_choices(const MultiDiscrete& space, Index k) { return space.n[static_cast<std::size_t>(k)]; }
inline Index count_of_choices(const MultiBinary&, Index) { return 2; }
inline Index count_of_choices(const HybridSpace& space, Index) { return space.choice.n; }

/// Throws `Error` in the name of `who` unless every chosen action is one of the space's, legal where there are masks
/// (choices x batch, no rows: all are), and finite. Bounds are not looked at: who sends an action clips it.
template <ActionSpace Space>
void check_chosen_actions(const char* who, const Space& space, const ConstActionView& actions, const ActionMask& legal,
                          Range environments) {
    for (Index j = 0; j < environments.size(); ++j) {
        Index first_legal = 0;
        for (Index i = 0; i < actions.integers.rows(); ++i) {
            const int choice = actions.integers(i, j);
            const Index n = count_of_choices(space, i);
            if (choice < 0 || choice >= n) {  // no `require`: words for the space would allocate each time
                fail("{}: choice {} of environment {} is {}, and the action space is {}; check the policy's weights",
                     who, i, environments.begin + j, choice, describe(space));
            }
            require(legal.rows() == 0 || legal(first_legal + choice, j) != 0,
                    "{}: choice {} of environment {} is {}, which its mask rules out; lower the learning rate, or "
                    "check the policy's weights",
                    who, i, environments.begin + j, choice);
            first_legal += n;
        }
        for (Index i = 0; i < actions.reals.rows(); ++i) {
            require(std::isfinite(actions.reals(i, j)),
                    "{}: action[{}] of environment {} is {}; lower the learning rate, or check the policy's weights",
                    who, i, environments.begin + j, actions.reals(i, j));
        }
    }
}

}  // namespace gradiva::detail
