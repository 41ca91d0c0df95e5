// Actor, critic and a filled rollout for tests of `Updater`.
#pragma once

#include <algorithm>
#include <vector>

#include "gradiva/env/vectorized.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/environments.hpp"
#include "learn/plain_losses.hpp"
#include "learn/recording_optimizer.hpp"

namespace gradiva_test {

/// How often an update asks a surrogate for the loss of so many samples in double: once for each register.
constexpr int registers_of(Index samples) {
    return static_cast<int>(gradiva::pieces_of(samples, gradiva::simd::vector_bytes / 8));
}

/// Networks 3-6-5-3 and 3-6-5-1, or with other hidden layers, with random weights, and a rollout collected with the
/// actor's. `spread` then moves the stored heads away from the actor's, and the stored log-probs with them. Advantages,
/// value targets and old values are random.
template <class ScalarT = double>
struct UpdateRig {
    using Scalar = ScalarT;
    using ActorType = gradiva::Actor<gradiva::MlpNetwork<Scalar>, gradiva::Categorical<Scalar>>;
    using CriticType = gradiva::Critic<gradiva::MlpNetwork<Scalar>>;

    explicit UpdateRig(Index steps, Index count = 5, bool whole_episodes = false, double spread = 0.4,
                       const std::vector<Index>& hidden_layers = {6, 5})
        : hidden(hidden_layers), envs(Wanderer{}, {.count = count, .seed = 3}) {
        Rng rng(17);
        const double scale = 0.6 * std::sqrt(6 / static_cast<double>(hidden[0]));
        for (Scalar& w : actor.weights()) w = static_cast<Scalar>(scale * rng.normal());
        for (Scalar& w : critic.weights()) w = static_cast<Scalar>(scale * rng.normal());
        gradiva::Collector collect(envs, actor, threads);
        if (whole_episodes) {
            collect.episodes(rollout, steps);
        } else {
            collect.steps(rollout, steps);
        }
        for (Index t = 0; t < rollout.horizon; ++t) {
            for (Index n = 0; n < count; ++n) {
                const Index column = t * count + n;
                for (Scalar& z : rollout.head.column(column)) z += static_cast<Scalar>(spread * rng.normal());
                const auto log_old = plain_log_softmax(plain_column(rollout.head, column));
                const auto action = static_cast<std::size_t>(rollout.action.all().integers(0, column));
                rollout.log_prob(n, t) = static_cast<Scalar>(log_old[action]);
                rollout.advantage(n, t) = static_cast<Scalar>(rng.normal() + 0.3);
                rollout.value_target(n, t) = static_cast<Scalar>(rng.normal());
            }
        }
        for (Scalar* v = rollout.value.data(); v != rollout.value.data() + rollout.horizon * count; ++v) {
            *v = static_cast<Scalar>(0.3 * rng.normal());
        }
    }

    /// One update with the optimiser.
    template <class S, class O>
    gradiva::UpdateReport update(S surrogate, O optimizer, gradiva::UpdateOptions options) {
        return updater(surrogate, optimizer, options)(rollout);
    }

    template <class S, class O>
    auto updater(S surrogate, O optimizer, gradiva::UpdateOptions options) {
        return gradiva::Updater<ActorType, CriticType, S, O>(actor, critic, surrogate, optimizer, options, threads, 1);
    }

    std::vector<PlainSample> samples() const {
        const std::vector<double> a(actor.weights().begin(), actor.weights().end());
        const std::vector<double> c(critic.weights().begin(), critic.weights().end());
        std::vector<std::size_t> widths = {3};
        for (const Index width : hidden) widths.push_back(static_cast<std::size_t>(width));
        widths.push_back(3);
        return plain_samples(rollout, a, c, widths);
    }

    std::vector<Index> hidden;
    gradiva::Vectorized<Wanderer> envs;
    gradiva::Threads threads;
    ActorType actor{envs, {.hidden = hidden}, gradiva::Categorical<Scalar>(3)};
    CriticType critic{envs, {.hidden = hidden}};
    gradiva::Rollout<Scalar> rollout{envs, actor};
};

/// Makes of one rig's rollout that of its environments in this order, for another rig of the same kind.
template <class Scalar>
void arrange(const gradiva::Rollout<Scalar>& from, const std::vector<Index>& order, gradiva::Rollout<Scalar>& to) {
    to.resize(from.horizon);
    to.own_parameters = from.own_parameters;
    to.finished.clear();
    for (Index n = 0; n < to.environments; ++n) {
        const Index m = order[static_cast<std::size_t>(n)];
        to.length[n] = from.length[m];
        for (const gradiva::FinishedEpisode& episode : from.finished) {
            if (episode.environment == m) to.finished.push_back(episode);
        }
        for (Index t = 0; t < from.horizon; ++t) {
            const Index column = t * to.environments + n, from_column = t * from.environments + m;
            std::copy_n(from.observation.column(from_column).begin(), 3, to.observation.column(column).begin());
            std::copy_n(from.head.column(from_column).begin(), 3, to.head.column(column).begin());
            to.action.all().integers(0, column) = from.action.all().integers(0, from_column);
            to.log_prob(n, t) = from.log_prob(m, t);
            to.value(n, t) = from.value(m, t);
            to.advantage(n, t) = from.advantage(m, t);
            to.value_target(n, t) = from.value_target(m, t);
        }
    }
}

}  // namespace gradiva_test
