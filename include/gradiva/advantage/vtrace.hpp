#pragma once

#include "gradiva/advantage/advantage.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/advantage_scan.hpp"

namespace GRADIVA_NAMESPACE {

/// V-trace: truncated importance sampling for data of a behaviour policy mu, with pi / mu from the rollout's
/// `log_ratio`:
///   rho_t = min(rho_bar, pi/mu),  c_t = lambda min(c_bar, pi/mu),
///   v_t = V_t + sum_k gamma^k (product of c) rho (r + gamma V' - V),   value_target = v,
///   A_t = rho_t (r_t + gamma v_{t+1} - V_t), where v_{t+1} is V'_t if an episode or the rollout ends at t; V' as in
///   `Gae`.
/// Source: Espeholt et al., "IMPALA: Scalable Distributed Deep-RL with Importance Weighted Actor-Learner
/// Architectures", 2018, section 4. The advantages contain the ratio: they fit `PolicyGradient` only. A ratio that
/// overflows counts as infinite, so that rho is rho_bar; an error of 0 weighted by an infinite rho is 0.
struct VTrace {
    static constexpr bool holds_ratio = true;

    double gamma = 0.99;  ///< discount, from 0 to 1
    double lambda = 1;    ///< trace decay, from 0 to 1
    double rho_bar = 1;   ///< upper bound of rho; infinite: the values are those of pi, near 0: of mu; above 0
    double c_bar = 1;     ///< upper bound of the trace weights; lower: less variance, slower learning; above 0

    void check(bool with_critic) const {
        detail::check_fraction("VTrace", "gamma", gamma);
        detail::check_fraction("VTrace", "lambda", lambda);
        require(rho_bar > 0 && c_bar > 0, "VTrace: rho_bar is {} and c_bar {}; give numbers above 0", rho_bar, c_bar);
        require(with_critic, "VTrace: there is no critic; give the trainer one");
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma);
        state.fixed("lambda", lambda);
        state.fixed("rho_bar", rho_bar);
        state.fixed("c_bar", c_bar);
    }

    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        const auto discount = static_cast<Scalar>(gamma);
        const Index last = rollout.horizon - 1;
        const auto log_ratio = rollout.log_ratio.matrix();
        const auto value = rollout.value.columns({0, rollout.horizon});
        const auto next_value = rollout.next_value.matrix().array();
        const auto continues = rollout.continues.matrix().array();
        auto advantage = rollout.advantage.matrix().array();
        auto target = rollout.value_target.matrix().array();
        const auto weigh = [&](double most, ConstMatrixRef<Scalar> x, MatrixRef<Scalar> out) {
            kernels::weigh_by_truncated_ratios<Scalar>(log_ratio, static_cast<Scalar>(most), x, out);
        };

        // v - V by a backward scan over weighted errors; `advantage` serves as scratch buffer for the trace weights.
        kernels::temporal_difference<Scalar>(discount, rollout.reward.matrix(), value, rollout.next_value.matrix(),
                                             rollout.value_target.matrix());
        weigh(rho_bar, rollout.value_target.matrix(), rollout.value_target.matrix());
        weigh(c_bar, rollout.continues.matrix(), rollout.advantage.matrix());
        kernels::weighted_scan<Scalar>(static_cast<Scalar>(gamma * lambda), rollout.advantage.matrix(),
                                       rollout.value_target.matrix());
        target += value.array();

        advantage = next_value;
        const auto next = next_value.leftCols(last);
        advantage.leftCols(last) = (continues.leftCols(last) == 0).select(next, target.rightCols(last));
        advantage = rollout.reward.matrix().array() + discount * advantage - value.array();
        weigh(rho_bar, rollout.advantage.matrix(), rollout.advantage.matrix());
    }
};

}  // namespace GRADIVA_NAMESPACE
