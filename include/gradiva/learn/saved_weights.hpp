#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/env/check_observation.hpp"
#include "gradiva/optim/clip_norm.hpp"

namespace GRADIVA_NAMESPACE {

/// A copy of weights, to restore them after a failed update or a rejected trial step.
template <class Scalar>
class SavedWeights {
public:
    void save(std::span<const Scalar> weights) {
        saved_.resize(static_cast<Index>(weights.size()));
        std::copy(weights.begin(), weights.end(), saved_.begin());
    }

    void restore(std::span<Scalar> weights) const {
        GRADIVA_ASSERT(static_cast<Index>(weights.size()) == saved_.size());
        std::copy(saved_.begin(), saved_.end(), weights.begin());
    }

    /// Returns `body()`; when it throws, restores the weights.
    template <class Body>
    decltype(auto) restore_on_failure(std::span<Scalar> weights, const Body& body) {
        save(weights);
        return undo_unless_done(body, [&] { restore(weights); });
    }

private:
    Buffer<Scalar> saved_;
};

/// Throws `Error` unless all weights are finite; `owner`, such as "actor", completes "update: the ...'s weights are not
/// finite".
template <class Scalar>
void require_finite_weights(std::span<const Scalar> weights, const char* owner) {
    require(std::isfinite(norm_of(weights)) || all_finite(weights.data(), static_cast<Index>(weights.size())),
            "update: the {}'s weights are not finite; lower the learning rate", owner);
}

}  // namespace GRADIVA_NAMESPACE
