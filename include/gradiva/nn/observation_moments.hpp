#pragma once

#include "gradiva/core/namespace.hpp"

#include <concepts>
#include <span>

#include "gradiva/kernels/moments.hpp"

// Moments of observations, for modules, policies and value functions that normalise what they read.

namespace GRADIVA_NAMESPACE {

template <class Scalar>
class Normalizer;

/// Whether a module normalises its inputs, with what `normalizer()` returns.
template <class M>
concept HasNormalizer = requires(M& module) {
    { module.normalizer() } -> std::convertible_to<Normalizer<typename M::Scalar>*>;
};

/// Whether a type has a member of the name `merge_observations` or `normalizes`.
template <class M>
concept MentionsObservations = requires {
    &M::merge_observations;
}
|| requires { &M::normalizes; };

/// Whether a module, an actor or a critic takes the moments of observations by `merge_observations`.
template <class M>
concept MergesObservations = requires(M& module, const M& fixed, std::span<const kernels::Moments> rows) {
    { fixed.normalizes() } -> std::same_as<bool>;
    { module.merge_observations(rows) } -> std::same_as<void>;
};

/// Whether a module, an actor or a critic normalises what it reads of observations.
template <class M>
bool normalizes(const M& module) {
    if constexpr (MergesObservations<M>) {
        return module.normalizes();
    } else if constexpr (HasNormalizer<M>) {
        return const_cast<M&>(module).normalizer() != nullptr;
    } else {
        return false;
    }
}

/// Adds further observations to the moments by which it normalises them: `rows[i]` are those of row i. No effect on one
/// that does not normalise.
template <class M>
void merge_observations(M& module, std::span<const kernels::Moments> rows) {
    if constexpr (MergesObservations<M>) {
        module.merge_observations(rows);
    } else if constexpr (HasNormalizer<M>) {
        if (module.normalizer() != nullptr) module.normalizer()->merge(rows);
    }
}

}  // namespace GRADIVA_NAMESPACE
