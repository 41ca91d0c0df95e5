#pragma once

#include <algorithm>
#include <cmath>

#include "gradiva/core/state.hpp"
#include "gradiva/surrogate/surrogate.hpp"

namespace GRADIVA_NAMESPACE {

/// The surrogate with an adaptive KL penalty: L = -mean(rho A) + beta mean KL(pi_old || pi), rho = exp(log_prob -
/// old_log_prob). After an update with mean KL d over the rollout, beta doubles where d > kl_high and halves where d <
/// kl_low. Source: Schulman et al., 2017 (see `Clip`), section 4. Models `Surrogate`.
struct KlPenalty {
    double target = 0.01;  ///< target of the mean KL of an update, in nats; above 0
    double kl_high = 0;    ///< beta doubles above it; 0: 1.5 times the target
    double kl_low = 0;     ///< beta halves below it; 0: the target divided by 1.5
    double beta = 1;       ///< the initial weight of the penalty; beta is always from 1e-4 to 1e4

    static constexpr double smallest_beta = 1e-4;
    static constexpr double largest_beta = 1e4;

    // The bounds with their defaults.

    double high() const { return kl_high > 0 ? kl_high : 1.5 * target; }
    double low() const { return kl_low > 0 ? kl_low : target / 1.5; }

    void check() const {
        require(std::isfinite(target) && target > 0, "KlPenalty: target is {}; give a number above 0", target);
        require(kl_high >= 0 && kl_low >= 0 && low() <= high(),
                "KlPenalty: kl_low is {} and kl_high {}; give 0 <= kl_low <= kl_high", kl_low, kl_high);
        require(beta >= smallest_beta && beta <= largest_beta, "KlPenalty: beta is {}; give a number from {} to {}",
                beta, smallest_beta, largest_beta);
    }

    void visit_state(State& state) {
        state.fixed("target", target);
        state.fixed("kl_high", kl_high);
        state.fixed("kl_low", kl_low);
        state.fixed("beta", beta);
    }

    double kl_coefficient() const { return beta; }

    double after_update(double present_beta, double mean_kl) const {
        if (mean_kl > high()) return std::min(2 * present_beta, largest_beta);
        if (mean_kl < low()) return std::max(present_beta / 2, smallest_beta);
        return present_beta;
    }

    template <class V>
    auto ratio_loss(const V& rho, const V& advantage) const {
        return SampleLoss{V(-product(rho, advantage)), V(-advantage)};
    }
};

}  // namespace GRADIVA_NAMESPACE
