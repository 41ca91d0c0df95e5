#pragma once

#include <cmath>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/check_observation.hpp"

namespace GRADIVA_NAMESPACE {

/// Throws `Error` unless a policy's head (head_size x n) is finite, but for the rows of choices that the mask says are
/// not legal (choices x n, the head's first rows; or none). Column j belongs to environment `environments.begin + j`;
/// `who` asks.
template <class Scalar>
void check_head(const char* who, const ConstMatrixMap<Scalar>& head, const ActionMask& legal, Range environments) {
    if (detail::all_finite(head.data(), head.size())) return;
    for (Index j = 0; j < head.cols(); ++j) {
        for (Index i = 0; i < head.rows(); ++i) {
            const bool masked = i < legal.rows() && legal(i, j) == 0;
            require(masked || std::isfinite(head(i, j)),
                    "{}: row {} of the policy's head is {} for environment {}; its weights have diverged: lower the "
                    "learning rate, or check them",
                    who, i, head(i, j), environments.begin + j);
        }
    }
}

}  // namespace GRADIVA_NAMESPACE
