#pragma once

#include <algorithm>
#include <cmath>
#include <utility>

#include "gradiva/core/failure.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// Reward normalisation by the running standard deviation of the return: clamp(r / sqrt(Var(R) + 1e-8), -10, 10), where
/// R_t = gamma R_{t-1} + r_t is the discounted sum of an episode's rewards up to t, and Var(R) its variance over all
/// samples observed so far. Rollouts and reports keep the raw rewards, except within `with_scaled`. Before the first
/// `observe` the rewards are not scaled, only clamped. Source: Engstrom et al., "Implementation Matters in Deep Policy
/// Gradients", 2020, section 3.
template <class Scalar>
class RewardNormalizer {
public:
    static constexpr double limit = 10;
    static constexpr double least_variance = 1e-8;

    /// `gamma`, from 0 to 1, is the discount of R.
    RewardNormalizer(Index environments, double gamma) : gamma_(gamma), running_(environments, 0.0) {}

    /// The factor of rewards: 1 / sqrt(Var(R) + 1e-8), or 1 before the first `observe`.
    double scale() const {
        return moments_.count > 0 ? 1 / std::sqrt(moments_.population_variance() + least_variance) : 1;
    }

    /// Adds the samples of a rollout to Var(R), environment by environment. R continues from an environment's previous
    /// rollout, unless `starts_anew` is set, as it is after an exception, or the rollout has whole episodes.
    void observe(const Rollout<Scalar>& rollout) {
        for (Index n = 0; n < rollout.environments; ++n) {
            kernels::Moments own;
            double& sum = running_[n];
            if (rollout.starts_anew || rollout.whole_episodes) sum = 0;
            for (Index t = 0; t < rollout.horizon; ++t) {
                if (!rollout.holds(t, n)) continue;
                sum = gamma_ * sum + static_cast<double>(rollout.reward(n, t));
                own.add(sum);
                if (rollout.terminated(n, t) != 0 || rollout.truncated(n, t) != 0) sum = 0;
            }
            moments_ += own;
        }
    }

    /// Lets R of an environment start anew with its next sample: it then belongs to another episode than its last one,
    /// which did not end in a rollout.
    void restart(Index environment) { running_[environment] = 0; }

    /// Calls `body()` while the rollout's rewards are normalised.
    template <class Body>
    void with_scaled(Rollout<Scalar>& rollout, const Body& body) {
        const double factor = scale();
        scaled_.resize(rollout.reward.rows(), rollout.reward.cols());
        for (Index i = 0; i < scaled_.rows() * scaled_.cols(); ++i) {
            const double reward = factor * static_cast<double>(rollout.reward.data()[i]);
            scaled_.data()[i] = static_cast<Scalar>(std::clamp(reward, -limit, limit));
        }
        const auto exchange = [&] { std::swap(rollout.reward, scaled_); };
        exchange();
        undo_unless_done(body, exchange);
        exchange();
    }

    void visit_state(State& state) {
        state.fixed("gamma", gamma_);
        state("moments", moments_);
        if (!state.restarts_episodes()) state("running", running_.span());
    }

private:
    double gamma_;
    Buffer<double> running_;
    kernels::Moments moments_;
    MatrixBuffer<Scalar> scaled_;
};

}  // namespace GRADIVA_NAMESPACE
