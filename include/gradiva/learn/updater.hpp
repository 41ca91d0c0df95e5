#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/core/type_name.hpp"
#include "gradiva/core/visit_part.hpp"
#include "gradiva/learn/detail/actor_critic_descent.hpp"
#include "gradiva/learn/losses.hpp"
#include "gradiva/learn/trainer_parts.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/learn/update_report.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"

namespace GRADIVA_NAMESPACE {

/// The update of actor and critic: minibatch gradient descent on a rollout with the loss
///   L = surrogate - c_H mean(H) + beta mean(KL(pi_old || pi)) + c_V 0.5 mean((V - value_target)^2),
/// the last term clipped where `value_clip` is set (see losses.hpp). Borrows actor, critic and threads. No bit depends
/// on the number of threads.
///
/// The call operator runs `begin`, `step` until it returns false, and `finish`; a caller can run these itself, to
/// spread an update over time. Each throws `Error` when a gradient or a weight is not finite; weights and optimisers
/// are then restored to their state before `begin`.
template <ExplainedPolicy A, ExplainedCriticOrNone C, ExplainedSurrogate S, ExplainedOptimizer<typename A::Scalar> O>
class Updater {
    static_assert(!has_critic<C> || std::same_as<typename A::Scalar, typename C::Scalar>,
                  "gradiva: Critic and Actor need the same scalar type");

public:
    using Scalar = typename A::Scalar;

    /// Minibatches are shuffled by the stream (seed, Purpose::minibatch, 0). Throws `Error` on options out of range.
    Updater(A& actor, C& critic, S surrogate, const O& optimizer, UpdateOptions options, Threads& threads,
            std::uint64_t seed)
        : actor_(actor), critic_(critic), surrogate_(std::move(surrogate)), options_(options),
          descent_(
              detail::actor_critic_descent(actor, critic, optimizer, options, threads, Rng(seed, Purpose::minibatch))) {
        surrogate_.check();
        if constexpr (penalises_kl) beta_ = surrogate_.kl_coefficient();
    }

    const S& surrogate() const { return surrogate_; }

    /// The weight beta of the mean KL in the loss of the next update; 0 where the surrogate has none.
    double kl_coefficient() const { return beta_; }

    /// A whole update. `progress`: see `begin`.
    UpdateReport operator()(const Rollout<Scalar>& rollout, double progress = 0) {
        begin(rollout, progress);
        while (step()) continue;
        return finish();
    }

    /// Starts an update. `progress`, from 0 to 1, is the position in the schedules. The rollout must not change until
    /// `finish`.
    void begin(const Rollout<Scalar>& rollout, double progress = 0) {
        if constexpr (penalises_kl || adapts) {
            require(rollout.head_size == actor_.head_size(),
                    "{}: the rollout has heads of {} numbers, the actor of {}; a KL divergence needs the heads of the "
                    "policy that acted",
                    options_.name, rollout.head_size, actor_.head_size());
        }
        progress_ = progress;
        if constexpr (HasAt<S>) present_surrogate_ = surrogate_.at(progress);
        descent_.begin(rollout, progress);
    }

    /// One gradient step, on one minibatch. Returns whether another one follows.
    bool step() {
        const auto of_actor = [this](auto& shard, const Pass& pass) { this->add_actor_loss(shard, pass); };
        if constexpr (has_critic<C> && !learns_in_actor<C>) {
            return descent_.step(of_actor, [this](auto& shard, const Pass& pass) {
                const CriticCoefficients coefficients = gather_for_critic(shard, pass);
                shard.sums.value +=
                    critic_loss(critic_, coefficients, shard.batch, shard.scratch, shard.gradient.span());
            });
        } else {
            return descent_.step(of_actor);
        }
    }

    /// Ends the update; to be called once, after `step` has returned false.
    UpdateReport finish() {
        return descent_.finish([this](const auto& epoch) {
            const double beta = beta_;  // `adapt` changes it
            const LossSums& sums = epoch.sums;
            return UpdateReport{
                .surrogate_loss = epoch.mean(sums.surrogate),
                .value_loss = has_critic<C> ? epoch.mean(sums.value) : UpdateReport::none,
                .entropy = epoch.mean(sums.entropy),
                .approximate_kl = epoch.mean(sums.kl),
                .mean_kl = adapt(),
                .kl_coefficient = penalises_kl ? beta : UpdateReport::none,
                .clip_fraction = clips<S> ? epoch.mean(static_cast<double>(sums.clipped)) : UpdateReport::none,
                .gradient_norm = epoch.mean_norm(),
                .learning_rate = descent_.learning_rate()};
        });
    }

    /// Between updates.
    void visit_state(State& state) {
        descent_.visit_state(state);
        static_assert(explain_visit_state<S>());
        state.described("surrogate/type", type_name<S>());
        if constexpr (InheritsVisitState<S>) {
            require(state.describes(), "{}: the surrogate inherits a visit_state that does not know its members",
                    options_.name);
        } else if constexpr (HasVisitState<S>) {
            state.fixed("surrogate", surrogate_);
        } else if constexpr (HasAt<S>) {
            state.within("surrogate", [&] { state.note_varying_schedule(); });  // it may have a schedule
        }
        if constexpr (penalises_kl || adapts) state("kl_coefficient", beta_);
    }
    static consteval bool explain_saved() { return explain_saved_part<S>() && decltype(descent_)::explain_saved(); }

private:
    using Pass = MinibatchPass<Scalar>;

    static constexpr bool penalises_kl = HasKlCoefficient<S>;
    static constexpr bool adapts = HasAfterUpdate<S>;

    template <class Shard>
    void add_actor_loss(Shard& shard, const Pass& pass) const {
        gather(shard, pass);
        const double mean = 1 / static_cast<double>(pass.minibatch);
        const ActorCoefficients coefficients{.surrogate = surrogate_coefficient(pass),
                                             .entropy = options_.entropy(progress_) * mean,
                                             .kl = beta_ * mean};
        LossSums sums =
            actor_loss(actor_, present_surrogate_, coefficients, shard.batch, shard.scratch, shard.gradient.span(),
                       pass.report, [&](auto& tape) { add_shared_critic_loss(shard, pass, tape); });
        sums.surrogate *= static_cast<double>(pass.minibatch);  // undoes the coefficient: a sum over samples
        shard.sums += sums;
    }

    /// For a shared trunk: adds the critic's loss on the values of the actor's forward pass; the actor's backward pass
    /// then includes its gradient.
    template <class Shard, class Tape>
    void add_shared_critic_loss(Shard& shard, const Pass& pass, Tape& tape) const {
        if constexpr (learns_in_actor<C>) {
            const CriticCoefficients coefficients = gather_for_critic(shard, pass);
            shard.sums.value += shared_critic_loss(critic_, coefficients, shard.batch, tape);
        }
    }

    /// Copies the critic's data of the samples to the shard, except what the actor's loss has copied already. Returns
    /// the coefficients of the critic's loss.
    template <class Shard>
    CriticCoefficients gather_for_critic(Shard& shard, const Pass& pass) const {
        if constexpr (learns_in_actor<C>) {
            shard.batch.gather_targets(pass.samples);
        } else {
            shard.batch.gather_for_critic(pass.samples);
        }
        const CriticCoefficients coefficients{.value = options_.value_coefficient / static_cast<double>(pass.minibatch),
                                              .clip = options_.value_clip(progress_)};
        if (coefficients.clip > 0) shard.batch.gather_old_values(pass.samples);
        return coefficients;
    }

    /// Copies the actor's data of the samples to the shard, with the distributions of pi_old where they are needed.
    template <class Shard>
    void gather(Shard& shard, const Pass& pass) const {
        shard.batch.gather_for_actor(pass.samples);
        if constexpr (penalises_kl || adapts) {
            shard.batch.gather_old_heads(pass.samples);
            actor_.recall(shard.batch.old_head.matrix(), pass.samples.rollout.own_parameters.span(), shard.scratch.old);
        }
    }

    /// 1 / samples of the minibatch; per episode, 1 / episodes scaled by rollout samples / minibatch samples.
    double surrogate_coefficient(const Pass& pass) const {
        const auto samples = static_cast<double>(pass.minibatch);
        if constexpr (HasPerEpisode<S>) {
            if (surrogate_.per_episode) {
                const double episodes = std::max(1.0, static_cast<double>(pass.samples.rollout.finished.size()));
                return static_cast<double>(pass.samples.order.sample_count()) / samples / episodes;
            }
        }
        return 1 / samples;
    }

    /// Where the surrogate adapts beta: computes the exact mean KL(pi_old || pi) over the rollout, sets the next beta,
    /// and returns the mean KL; NaN else.
    double adapt() {
        if constexpr (adapts) {
            const auto whole = descent_.over_rollout([this](auto& shard, const Pass& pass) {
                gather(shard, pass);
                shard.sums.kl += sum_of_kl(actor_, shard.batch, shard.scratch);
            });
            const double kl = whole.mean(whole.sums.kl);
            require(std::isfinite(kl), "update: the mean KL after the update is {}; lower the learning rate", kl);
            beta_ = surrogate_.after_update(beta_, kl);
            return kl;
        } else {
            return UpdateReport::none;
        }
    }

    A& actor_;
    C& critic_;
    S surrogate_;
    S present_surrogate_ = surrogate_;  // of this update, with its schedules evaluated
    UpdateOptions options_;
    double progress_ = 0;
    double beta_ = 0;
    decltype(detail::actor_critic_descent(std::declval<A&>(), std::declval<C&>(), std::declval<const O&>(),
                                          std::declval<const UpdateOptions&>(), std::declval<Threads&>(),
                                          std::declval<Rng>())) descent_;
};

}  // namespace GRADIVA_NAMESPACE
