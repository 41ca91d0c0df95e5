#pragma once

#include <string_view>

#include "gradiva/core/state.hpp"
#include "gradiva/core/visit_part.hpp"
#include "gradiva/nn/observation_moments.hpp"

namespace GRADIVA_NAMESPACE {

/// Visits a module: by its `visit_state`, or where it has none, its sizes, parameters and normaliser.
template <class M>
void visit_module(State& state, std::string_view name, M& module) {
    visit_part(state, name, module);
    if constexpr (!HasVisitState<M>) {
        static_assert(
            !MergesObservations<M>,
            "gradiva: a Module with merge_observations has void visit_state(State&), too, which shows its parameters "
            "and what it learned of observations");
        state.within(name, [&] {
            state.fixed("inputs", static_cast<Index>(module.inputs()));
            state.fixed("outputs", static_cast<Index>(module.outputs()));
            state("parameters", module.parameters());
            if constexpr (HasNormalizer<M>) {
                if (module.normalizer() != nullptr) state("normalizer", *module.normalizer());
            }
        });
    }
}

}  // namespace GRADIVA_NAMESPACE
