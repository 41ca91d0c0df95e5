#pragma once

#include <cmath>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva {

/// Throws `Error` unless every number that the environments `range` observed (D x range) is finite; `who` asks, and
/// `where` says when it was observed.
inline void check_observation(const char* who, const ConstMatrixMap<float>& observation, Range range,
                              const char* where) {
    if ((observation.array() * 0.0F).sum() == 0.0F) return;  // infinity and NaN times zero are NaN
    for (Index j = 0; j < observation.cols(); ++j) {
        for (Index i = 0; i < observation.rows(); ++i) {
            require(std::isfinite(observation(i, j)),
                    "{}: environment {} gave observation[{}] = {} in {}, or did not write it; write finite numbers",
                    who, range.begin + j, i, observation(i, j), where);
        }
    }
}

}  // namespace gradiva
