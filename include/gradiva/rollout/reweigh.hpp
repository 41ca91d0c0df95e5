#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "gradiva/core/threads.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace gradiva {

/// How far a policy is from the one that acted, on a rollout's states: between behaviours, never between parameters.
struct OffPolicyReport {
    double effective_sample_size = 0;  ///< (sum rho)^2 / sum rho^2, out of the number of samples
    double kl = 0;                     ///< KL(mu, pi), estimated by mean(rho - 1 - log rho)
};

/// Compares a policy with the behaviour that filled a rollout: fills `log_ratio` with log rho = log pi(a | s) -
/// log_prob. Throws `Error` when a behaviour's log-prob is not finite. Source: Espeholt et al., "IMPALA", 2018,
/// section 4.
template <Policy P>
class Reweigher {
public:
    using Scalar = typename P::Scalar;

    Reweigher(const P& policy, Threads& threads) : policy_(policy), threads_(threads) {}

    OffPolicyReport operator()(Rollout<Scalar>& rollout) {
        check_log_probs(rollout);
        const Index columns = rollout.horizon * rollout.environments;
        const Index passes = pieces_of(columns, width);
        const Index shards = std::min(passes, 4 * threads_.count());
        if (static_cast<Index>(shards_.size()) < shards) shards_.resize(static_cast<std::size_t>(shards));
        threads_.run(shards, [&](Index s) {
            Shard& shard = shards_[static_cast<std::size_t>(s)];
            const Range mine = piece(passes, shards, s);
            for (Index pass = mine.begin; pass < mine.end; ++pass) {
                compare(rollout, {pass * width, std::min((pass + 1) * width, columns)}, shard);
            }
        });
        return report(rollout);
    }

private:
    static constexpr Index width = 256;

    struct Shard {
        typename P::Tape tape;
        MatrixBuffer<Scalar> input;
    };

    void compare(Rollout<Scalar>& rollout, Range range, Shard& shard) {
        shard.input.resize(rollout.observation_size, range.size());
        shard.input.matrix() = rollout.observation.columns(range).template cast<Scalar>();
        policy_.forward(shard.input.matrix(), shard.tape);
        VectorMap<Scalar> ratio(rollout.log_ratio.data() + range.begin, range.size());
        policy_.log_prob(shard.tape, rollout.action.columns(range), ratio);
        ratio -= VectorMap<Scalar>(rollout.log_prob.data() + range.begin, range.size());
    }

    static void check_log_probs(const Rollout<Scalar>& rollout) {
        for (Index n = 0; n < rollout.environments; ++n) {
            for (Index t = 0; t < rollout.length[n]; ++t) {
                require(std::isfinite(rollout.log_prob(n, t)),
                        "reweigh: the behaviour's log-prob of environment {} at step {} is {}; record the finite "
                        "log-probability with which each action was chosen",
                        n, t, rollout.log_prob(n, t));
            }
        }
    }

    static OffPolicyReport report(const Rollout<Scalar>& rollout) {
        double sum = 0, squares = 0, kl = 0;
        for (Index t = 0; t < rollout.horizon; ++t) {
            for (Index n = 0; n < rollout.environments; ++n) {
                if (t >= rollout.length[n]) continue;
                const auto log_rho = static_cast<double>(rollout.log_ratio(n, t));
                const double rho = std::exp(log_rho);
                sum += rho;
                squares += rho * rho;
                kl += rho - 1 - log_rho;
            }
        }
        return {.effective_sample_size = squares > 0 ? sum * sum / squares : 0,
                .kl = kl / static_cast<double>(rollout.sample_count())};
    }

    const P& policy_;
    Threads& threads_;
    std::vector<Shard> shards_;
};

}  // namespace gradiva
