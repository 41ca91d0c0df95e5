#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <utility>

#include "gradiva/core/failure.hpp"
#include "gradiva/core/fixed_places.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/kernels/ratio_divergence.hpp"
#include "gradiva/learn/kept.hpp"
#include "gradiva/learn/saved_weights.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/learn/update_order.hpp"
#include "gradiva/learn/update_shard.hpp"
#include "gradiva/learn/value_loss.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"

namespace GRADIVA_NAMESPACE {

/// Improves actor and critic by gradient descent on minibatches of a rollout:
///   L = surrogate - c_H mean(H) + c_V 0.5 mean((V - value_target)^2), the last term clipped where wanted
///   (`value_loss`).
/// A minibatch is split into fixed shards; each adds to gradients of its own, in its own order, and the shards'
/// gradients are added in a fixed order, so that threads change no bit. Actor and critic are apart from each other
/// where they share no weights: on two threads each stays in the cache of one core. Borrows actor, critic and threads.
///
/// Throws `Error` when a gradient or a weight is not finite; weights and optimisers are then as they were before the
/// update.
template <detail::ExplainedPolicy A, detail::ExplainedCriticOrNone C, detail::ExplainedSurrogate S,
          detail::ExplainedOptimizer<typename A::Scalar> O>
class Updater {
public:
    using Scalar = typename A::Scalar;

    Updater(A& actor, C& critic, S surrogate, O optimizer, UpdateOptions options, Threads& threads, std::uint64_t seed)
        : actor_(actor), critic_(critic), surrogate_(std::move(surrogate)), actor_optimizer_(optimizer),
          critic_optimizer_(std::move(optimizer)), options_(options), threads_(threads),
          order_(options, Rng(seed, Purpose::minibatch)) {
        options_.check();
        surrogate_.check();
        if constexpr (penalises_kl) beta_ = surrogate_.kl_coefficient();
    }

    const S& surrogate() const { return surrogate_; }

    /// The weight beta of the mean KL in the loss of the next update; 0 where the surrogate has none.
    double kl_coefficient() const { return beta_; }

    /// `progress`, from 0 to 1, is where the schedules stand.
    UpdateReport operator()(const Rollout<Scalar>& rollout, double progress = 0) {
        if constexpr (penalises_kl || adapts) {
            require(rollout.head_size == actor_.head_size(),
                    "{}: the rollout has heads of {} numbers, the actor of {}; a KL divergence needs the heads of the "
                    "policy that acted",
                    options_.name, rollout.head_size, actor_.head_size());
        }
        if constexpr (detail::HasAt<S>) present_surrogate_ = surrogate_.at(progress);
        learning_rate_ = options_.learning_rate(progress);
        entropy_coefficient_ = options_.entropy(progress);
        value_clip_ = options_.value_clip(progress);
        order_.begin(rollout);
        return detail::undo_unless_done([&] { return descend_or_put_back(rollout); }, [&] { order_.put_back(); });
    }

private:
    using Sums = detail::UpdateSums;
    using Epoch = detail::UpdateEpoch;
    using Shard = detail::UpdateShard<A, C>;

    // Networks that learn apart from each other: the actor, which may hold the critic, and the critic.
    static constexpr Index the_actor = 0;
    static constexpr Index the_critic = 1;
    static constexpr Index networks = has_critic<C> && !learns_in_actor<C> ? 2 : 1;

    struct alignas(buffer_alignment) NetworkState {
        Buffer<Scalar> gradient;
        double norm = 0;
        std::atomic<Index> unfinished_shards = 0;
    };

    UpdateReport descend_or_put_back(const Rollout<Scalar>& rollout) {
        return keep_or_put_back(
            [&] {
                return saved_actor_.or_put_back(actor_.weights(), [&] {
                    return saved_critic_.or_put_back(critic_weights(), [&] { return descend(rollout); });
                });
            },
            actor_optimizer_, critic_optimizer_);
    }

    UpdateReport descend(const Rollout<Scalar>& rollout) {
        Epoch epoch;
        for (Index network = 0; network < networks; ++network) pack(network);
        for (auto& of_network : shards_) {
            for (Shard& shard : of_network) shard.gradient.clear();  // what an exception may have left
        }
        for (Index e = 0; e < options_.epochs && !epoch.stopped; ++e) {
            const bool last = e + 1 == options_.epochs;
            epoch = {};
            for (Index i = 0; i < order_.count() && !epoch.stopped; ++i) {
                order_.advance();
                gradient_step(rollout, last, epoch);
            }
        }
        require_finite_weights<Scalar>(actor_.weights(), "actor's");
        require_finite_weights<Scalar>(critic_weights(), "critic's");
        const auto samples = static_cast<double>(epoch.samples);
        const auto steps = static_cast<double>(epoch.steps);
        const double beta = penalises_kl ? beta_ : UpdateReport::none;
        return {.surrogate_loss = epoch.sums.surrogate / samples,
                .value_loss = has_critic<C> ? epoch.sums.value / samples : UpdateReport::none,
                .entropy = epoch.sums.entropy / samples,
                .approximate_kl = epoch.sums.kl / samples,
                .mean_kl = adapt(rollout),
                .kl_coefficient = beta,
                .clip_fraction = clips ? static_cast<double>(epoch.sums.clipped) / samples : UpdateReport::none,
                .gradient_norm = epoch.norms / steps,
                .learning_rate = learning_rate_};
    }

    /// One step of the optimisers, or none where the policy has gone too far. Meanwhile the next minibatch is made
    /// ready.
    void gradient_step(const Rollout<Scalar>& rollout, bool last_epoch, Epoch& epoch) {
        const Range minibatch = order_.minibatch();
        const bool report = last_epoch || options_.target_kl > 0, is_last = last_epoch && order_.ends_epoch();
        const Index shards = use_shards(minibatch.size());
        for (NetworkState& state : states_) state.unfinished_shards = shards;
        const Index tasks = networks * shards;
        const auto run_task = [&](Index task) {
            if (task == tasks) {
                if (!is_last) order_.prepare_next(rollout);
                return;
            }
            const Index network = task / shards, s = task % shards;
            Shard& shard = begin_shard(network, s);
            shard.gradient.resize(static_cast<Index>(weights_of(network).size()));
            for_each_pass(Range{0, minibatch.size()}, shards, s,
                          [&](Range pass) { learn(network, rollout, minibatch, pass, report, shard); });
            if (--state_of(network).unfinished_shards == 0) finish_gradient(network, shards);
        };
        if (tasks > 1) {
            threads_.run(tasks + 1, run_task);
        } else {  // not worth a thread
            run_task(0);
            run_task(1);
        }
        Sums sums;
        for (Index network = 0; network < networks; ++network) {
            for (Index s = 0; s < shards; ++s) sums += shard_of(network, s).sums;
        }
        sums.surrogate *= static_cast<double>(minibatch.size());  // from a mean over the minibatch to a sum
        epoch.sums += sums;
        epoch.samples += minibatch.size();
        ++epoch.steps;
        epoch.stopped =
            options_.target_kl > 0 && sums.kl / static_cast<double>(minibatch.size()) > 1.5 * options_.target_kl;
        const double norm = gradient_norm();
        epoch.norms += norm;
        if (!epoch.stopped) apply_gradient(norm);
    }

    /// Adds a pass over some samples to the gradient of a network.
    void learn(Index network, const Rollout<Scalar>& rollout, Range minibatch, Range pass, bool report, Shard& shard) {
        const Range positions{minibatch.begin + pass.begin, minibatch.begin + pass.end};
        for (auto* part : {&shard.log_prob, &shard.d_log_prob, &shard.d_value, &shard.per_sample}) {
            part->resize(pass.size());
        }
        if (network == the_actor) {
            recall(rollout, positions, shard);
            actor_pass(rollout, minibatch.size(), pass, report, shard);
        }
        if constexpr (learns_in_actor<C>) {
            shard.batch.gather_targets(rollout, order_.samples(), positions);
            critic_pass(rollout, minibatch.size(), positions, report, shard);
        } else if constexpr (has_critic<C>) {
            if (network == the_actor) return;
            shard.batch.gather_for_critic(rollout, order_.samples(), positions);
            critic_pass(rollout, minibatch.size(), positions, report, shard);
        }
    }

    /// Copies what the policy learns from into the shard, with the distribution that acted where it is needed.
    void recall(const Rollout<Scalar>& rollout, Range positions, Shard& shard) {
        shard.batch.gather_for_actor(rollout, order_.samples(), positions);
        if constexpr (penalises_kl || adapts) {
            shard.batch.gather_old_heads(rollout, order_.samples(), positions);
            actor_.recall(shard.batch.old_head.matrix(), rollout.own_parameters.span(), shard.old);
        }
    }

    /// Done by whoever ends the network's last shard, while others still work on the other network.
    void finish_gradient(Index network, Index shards) {
        NetworkState& state = state_of(network);
        state.gradient.resize(static_cast<Index>(weights_of(network).size()));
        state.norm = add_up(
            shards, [&](Index s) { return shard_of(network, s).gradient.span(); }, state.gradient.span());
        if (network == the_actor && project_gradient(actor_, state.gradient.span())) {
            state.norm = norm_of<Scalar>(state.gradient.span());
        }
        if (steps_at_once() && std::isfinite(state.norm)) step(network);
    }

    /// Whether a network may be stepped whatever the gradient of the other, and the divergence of the whole minibatch.
    bool steps_at_once() const { return !(options_.max_gradient_norm > 0) && !(options_.target_kl > 0); }

    /// Of the joint gradient. Throws `Error` where it is not finite.
    double gradient_norm() {
        double norm = 0;
        for (Index network = 0; network < networks; ++network) {
            require(std::isfinite(state_of(network).norm),
                    "update: the {} gradient is not finite; lower the learning rate, or check rewards and observations "
                    "for extreme values",
                    network == the_actor ? "actor's" : "critic's");
            norm = joint_norm(norm, state_of(network).norm);
        }
        require(std::isfinite(norm), "update: the norm of the whole gradient is {}; lower the learning rate", norm);
        return norm;
    }

    /// Steps the networks that are not stepped at once, each on a thread of its own where they are large. `norm` is
    /// that of the joint gradient.
    void apply_gradient(double norm) {
        if (steps_at_once()) return;
        for_each_network([&](Index network) {
            clip(state_of(network).gradient.span(), norm, options_.max_gradient_norm);
            step(network);
        });
    }

    template <class Body>
    void for_each_network(const Body& body) {
        if (networks > 1 && critic_weights().size() >= worth_a_thread) return threads_.run(networks, body);
        for (Index network = 0; network < networks; ++network) body(network);
    }

    NetworkState& state_of(Index network) { return states_[static_cast<std::size_t>(network)]; }

    Shard& shard_of(Index network, Index s) { return shards_[static_cast<std::size_t>(network)][s]; }

    void step(Index network) {
        const std::span<const Scalar> descent = state_of(network).gradient.span();
        (network == the_actor ? actor_optimizer_ : critic_optimizer_)
            ->step(weights_of(network), descent, learning_rate_);
        pack(network);
    }

    /// Prepares a network's weights for all passes until its next step.
    void pack(Index network) {
        if (network == the_actor) {
            pack_weights(actor_, packed_actor_);
        } else {
            pack_weights(critic_, packed_critic_);
        }
    }

    void actor_pass(const Rollout<Scalar>& rollout, Index minibatch, Range pass, bool report, Shard& shard) {
        const ConstActionView actions = std::as_const(shard.batch.action).all();
        auto d_log_prob = shard.d_log_prob.vector();
        shard.batch.forward(actor_, shard.actor);
        actor_.log_prob(shard.actor, actions, shard.log_prob.vector());
        const SurrogateSum sum =
            surrogate_sum<Scalar>(present_surrogate_, shard.log_prob.vector(), shard.batch.old_log_prob.vector(),
                                  order_.advantage(pass), d_log_prob);
        const double weight = sample_weight(rollout, minibatch);
        const double mean = 1 / static_cast<double>(minibatch);
        d_log_prob *= static_cast<Scalar>(weight);
        double kl_weight = 0;
        if constexpr (penalises_kl) kl_weight = beta_ * mean;
        actor_.backward(shard.actor, actions, d_log_prob, static_cast<Scalar>(-entropy_coefficient_ * mean),
                        penalises_kl ? &shard.old : nullptr, static_cast<Scalar>(kl_weight), shard.gradient.span());
        if (!report) return;
        actor_.entropy(shard.actor, shard.per_sample.vector());
        shard.sums.entropy += sum_of(shard.per_sample);
        for (Index i = 0; i < pass.size(); ++i) {
            shard.per_sample[i] = shard.log_prob[i] - shard.batch.old_log_prob[i];
        }
        shard.sums.kl += kernels::sum_of_ratio_divergence<Scalar>(shard.per_sample.vector());
        shard.sums.clipped += sum.clipped;
        shard.sums.surrogate += sum.loss * weight;
        if constexpr (penalises_kl) {
            actor_.kl_from(shard.old, shard.actor, shard.per_sample.vector());
            shard.sums.surrogate += kl_weight * sum_of(shard.per_sample);
        }
    }

    void critic_pass(const Rollout<Scalar>& rollout, Index minibatch, Range positions, bool report, Shard& shard) {
        if (value_clip_ > 0) shard.batch.gather_old_values(rollout, order_.samples(), positions);
        const auto value = critic_.forward(shard.batch.observation.matrix(), shard.critic);
        const double loss = value_loss<Scalar>(value, shard.batch.old_value.vector(), shard.batch.value_target.vector(),
                                               value_clip_, shard.d_value.vector());
        if (report) shard.sums.value += loss;
        shard.d_value.vector() *= static_cast<Scalar>(options_.value_coefficient / static_cast<double>(minibatch));
        critic_.backward(shard.critic, shard.d_value.vector(), shard.gradient.span());
    }

    /// What the sum over a minibatch is multiplied with: 1 / samples; per episode, 1 / episodes, where a part of the
    /// rollout stands for the whole.
    double sample_weight(const Rollout<Scalar>& rollout, Index minibatch) const {
        const auto samples = static_cast<double>(minibatch);
        if constexpr (detail::HasPerEpisode<S>) {
            if (surrogate_.per_episode) {
                const double episodes = std::max(1.0, static_cast<double>(rollout.finished.size()));
                return static_cast<double>(order_.samples().sample_count()) / samples / episodes;
            }
        }
        return 1 / samples;
    }

    /// The exact mean KL(pi_old || pi) over the rollout, which gives the next beta, where the surrogate asks for it.
    double adapt(const Rollout<Scalar>& rollout) {
        if constexpr (adapts) {
            const Index samples = order_.samples().sample_count();
            const Index shards = use_shards(samples);
            threads_.run(shards, [&](Index s) {
                Shard& shard = begin_shard(the_actor, s);
                for_each_pass(Range{0, samples}, shards, s, [&](Range pass) {
                    recall(rollout, pass, shard);
                    shard.per_sample.resize(pass.size());
                    shard.batch.forward(actor_, shard.actor);
                    actor_.kl_from(shard.old, shard.actor, shard.per_sample.vector());
                    shard.sums.mean_kl += sum_of(shard.per_sample);
                });
            });
            double sum = 0;
            for (Index s = 0; s < shards; ++s) sum += shard_of(the_actor, s).sums.mean_kl;
            const double kl = sum / static_cast<double>(samples);
            require(std::isfinite(kl), "update: the mean KL after the update is {}; lower the learning rate", kl);
            beta_ = surrogate_.after_update(beta_, kl);
            return kl;
        } else {
            return UpdateReport::none;
        }
    }

    /// Readies as many shards as a batch of `samples` is split into, which depends on that number only.
    Index use_shards(Index samples) {
        const Index shards = shard_count(samples);
        for (auto& of_network : shards_) of_network.grow_to(shards);
        return shards;
    }

    /// By the thread that works on the shard, in whose cache it is.
    Shard& begin_shard(Index network, Index s) {
        Shard& shard = shard_of(network, s);
        shard.sums = {};
        if (network == the_actor) use_packed(shard.actor, packed_actor_);
        if (network == networks - 1) use_packed(shard.critic, packed_critic_);
        return shard;
    }

    // A network with fewer weights is stepped sooner than a thread is told to do it.
    static constexpr std::size_t worth_a_thread = 2048;

    static double sum_of(const Buffer<Scalar>& values) {
        return simd::sum_in_lanes<double>(values.size(), [&](Index i) { return static_cast<double>(values[i]); });
    }

    std::span<Scalar> weights_of(Index network) { return network == the_actor ? actor_.weights() : critic_weights(); }

    std::span<Scalar> critic_weights() {
        if constexpr (has_critic<C>) {
            static_assert(std::same_as<Scalar, typename C::Scalar>,
                          "gradiva: Critic and Actor need the same scalar type");
            return critic_.weights();
        } else {
            return {};
        }
    }

    static constexpr bool penalises_kl = detail::HasKlCoefficient<S>;
    static constexpr bool adapts = detail::HasAfterUpdate<S>;
    static constexpr bool clips = detail::clips<S>;

    A& actor_;
    C& critic_;
    S surrogate_;
    S present_surrogate_ = surrogate_;  // of this update: schedules have a value
    double beta_ = 0;
    Kept<O> actor_optimizer_;
    Kept<O> critic_optimizer_;
    UpdateOptions options_;
    Threads& threads_;
    detail::UpdateOrder<Scalar> order_;
    double learning_rate_ = 0;
    double entropy_coefficient_ = 0;
    double value_clip_ = 0;
    std::array<FixedPlaces<Shard>, static_cast<std::size_t>(networks)> shards_;
    std::array<NetworkState, static_cast<std::size_t>(networks)> states_;
    PackedWeightsOf<A> packed_actor_;
    PackedWeightsOf<C> packed_critic_;
    SavedWeights<Scalar> saved_actor_;
    SavedWeights<Scalar> saved_critic_;
};

}  // namespace GRADIVA_NAMESPACE
