#pragma once

#include <cmath>
#include <cstddef>

#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_observation.hpp"
#include "gradiva/env/space.hpp"

namespace GRADIVA_NAMESPACE {

/// The number of values, 0 to n - 1, of the k-th integer of an action of the space.
inline Index count_of_choices(const Discrete& space, Index) { return space.n; }
inline Index count_of_choices(const Box&, Index) { return 0; }
inline Index count_of_choices(const MultiDiscrete& space, Index k) { return space.n[static_cast<std::size_t>(k)]; }
inline Index count_of_choices(const MultiBinary&, Index) { return 2; }
inline Index count_of_choices(const HybridSpace& space, Index) { return space.choice.n; }

namespace detail {

[[gnu::noinline]] inline void check_finite_actions(const char* who, const ConstMatrixMap<float>& reals,
                                                   Range environments) {
    if (all_finite(reals.data(), reals.size())) return;
    for (Index j = 0; j < reals.cols(); ++j) {
        for (Index i = 0; i < reals.rows(); ++i) {
            require(std::isfinite(reals(i, j)),
                    "{}: environment {} was to get action[{}] = {}; lower the learning rate, or check the policy's "
                    "weights",
                    who, environments.begin + j, i, reals(i, j));
        }
    }
}

}  // namespace detail

/// Throws `Error` unless every action, one column for each of the environments, belongs to the space: choices are from
/// 0 to n - 1 and legal by their mask (choices x n, or no rows where all are legal), real numbers are finite. Bounds of
/// a Box are not checked: environments get real numbers clipped to them. The text begins with `who`.
template <ActionSpace Space>
void check_actions(const char* who, const Space& space, const ConstActionView& actions, const ActionMask& legal,
                   Range environments) {
    for (Index j = 0; j < environments.size(); ++j) {
        Index first = 0;  // row of the mask
        for (Index k = 0; k < actions.integers.rows(); ++k) {
            const int choice = actions.integers(k, j);
            const Index n = count_of_choices(space, k);
            require(choice >= 0 && choice < n,
                    "{}: environment {} was to get choice {} where there are 0 to {}; whoever chooses must stay among "
                    "them",
                    who, environments.begin + j, choice, n - 1);
            require(legal.rows() == 0 || legal(first + choice, j) != 0,
                    "{}: environment {} was to get choice {}, which its mask says is not legal; whoever chooses must "
                    "follow the mask",
                    who, environments.begin + j, choice);
            first += n;
        }
    }
    if (actions.reals.size() > 0) detail::check_finite_actions(who, actions.reals, environments);
}

}  // namespace GRADIVA_NAMESPACE
