#pragma once

#include <concepts>
#include <cstdint>
#include <numeric>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE {

/// Rows of a mask of the space, one per choice: n of Discrete and of HybridSpace's choice, the sum of n of
/// MultiDiscrete; 0 for spaces without masks.
inline Index choices_of(const Discrete& space) { return space.n; }
inline Index choices_of(const HybridSpace& space) { return space.choice.n; }
inline Index choices_of(const MultiDiscrete& space) {
    return std::accumulate(space.n.begin(), space.n.end(), Index{0});
}
inline Index choices_of(const auto&) { return 0; }

/// Rows of the masks of environments; 0 where they have none.
template <class V>
Index mask_size_of(const V& envs) {
    static_assert(explain_vector_env<V>());
    if constexpr (HasVectorActionMask<V>) {
        return choices_of(envs.action_space());
    } else {
        return 0;
    }
}

namespace detail {

/// Marks elements of masks and flags that are still to be written.
inline constexpr std::uint8_t unwritten_mask = 255;

/// Throws `Error` unless rows `part` of the mask hold 0 and 1 only, and at least one 1 in each column.
inline void check_choice_mask(const char* who, const ActionMask& legal, Range part, Range environments,
                              const char* where) {
    for (Index j = 0; j < legal.cols(); ++j) {
        unsigned any = 0;
        for (Index i = part.begin; i < part.end; ++i) any |= legal(i, j);
        for (Index i = part.begin; any > 1 && i < part.end; ++i) {
            require(
                legal(i, j) <= 1,
                "{}: environment {} gave a mask of {} for choice {} in {}, or did not write it; write 1 where it is "
                "legal and 0 where it is not",
                who, environments.begin + j, unsigned{legal(i, j)}, i, where);
        }
        require(any != 0,
                "{}: environment {} gave a mask without a legal action in {} (choices {} to {}); leave at least one "
                "legal, or end the episode before",
                who, environments.begin + j, where, part.begin, part.end - 1);
    }
}

}  // namespace detail

/// Throws `Error` unless masks (choices x n, or no rows) hold 0 and 1 only, and every column has a legal action for
/// each choice of the space. Column j belongs to environment `environments.begin + j`; the text begins with `who`, and
/// `where` says after which call.
template <class Space>
void check_mask(const char* who, const Space& space, const ActionMask& legal, Range environments, const char* where) {
    if (legal.rows() == 0) return;
    if constexpr (std::same_as<Space, MultiDiscrete>) {
        for (Index j = 0; j < legal.cols(); ++j) {  // so that the first environment that is wrong is named
            const ActionMask column(legal.data() + j * legal.rows(), legal.rows(), 1);
            const Range one{environments.begin + j, environments.begin + j + 1};
            Index begin = 0;
            for (const Index n : space.n) {
                detail::check_choice_mask(who, column, {begin, begin + n}, one, where);
                begin += n;
            }
        }
    } else {
        detail::check_choice_mask(who, legal, {0, legal.rows()}, environments, where);
    }
}

}  // namespace GRADIVA_NAMESPACE
