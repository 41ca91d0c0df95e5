#pragma once

#include <cmath>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `TrustRegion`: the trust region, the conjugate gradient method and the line search.
struct TrustRegionOptions {
    double delta = 0.01;                    ///< largest mean KL(pi_old || pi) of an update, in nats; above 0
    double damping = 0.1;                   ///< added to the Fisher matrix's diagonal; above 0
    Index conjugate_iterations = 15;        ///< largest number of conjugate gradient iterations, at least 1
    Index backtracks = 10;                  ///< largest number of trial steps of the line search, at least 1
    double backtrack_factor = 0.8;          ///< ratio of the lengths of consecutive trial steps, in (0, 1)
    bool normalize_advantage = true;        ///< over the rollout, to mean 0 and standard deviation 1
    Index sequence = 0;                     ///< steps of sequences of a policy with memory; 0: whole columns
    std::string_view name = "TrustRegion";  ///< prefix of error messages

    /// Throws `Error` on a value out of range.
    void check() const {
        require(std::isfinite(delta) && delta > 0, "{}: delta is {}; give a number above 0", name, delta);
        require(std::isfinite(damping) && damping > 0, "{}: damping is {}; give a number above 0", name, damping);
        require(conjugate_iterations >= 1, "{}: conjugate_iterations is {}; give at least 1", name,
                conjugate_iterations);
        require(backtracks >= 1, "{}: backtracks is {}; give at least 1", name, backtracks);
        require(backtrack_factor > 0 && backtrack_factor < 1,
                "{}: backtrack_factor is {}; give a number between 0 and 1", name, backtrack_factor);
    }

    void visit_state(State& state) {
        state("delta", delta);
        state("damping", damping);
        state("conjugate_iterations", conjugate_iterations);
        state("backtracks", backtracks);
        state("backtrack_factor", backtrack_factor);
        state("normalize_advantage", normalize_advantage);
        state("sequence", sequence);
    }
};

}  // namespace GRADIVA_NAMESPACE
