#pragma once

#include <cmath>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/env/check_observation.hpp"

namespace GRADIVA_NAMESPACE {

/// Throws an `Error` that begins with `who` unless all elements of a policy's head (head_size x n) are finite, except
/// rows of masked choices; the mask is choices x n, for the first rows of the head, or has no rows. Column j belongs to
/// environment `environments.begin + j`.
template <class Scalar>
void check_head(const char* who, const ConstMatrixMap<Scalar>& head, const ActionMask& legal, Range environments) {
    if (all_finite(head.data(), head.size())) return;
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
