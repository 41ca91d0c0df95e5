#pragma once

#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/kernels/ratio_divergence.hpp"
#include "gradiva/learn/value_loss.hpp"
#include "gradiva/nn/packed_weights.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/sample_batch.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"

// The loss of a minibatch of n samples,
//   L = surrogate - c_H mean(H) + beta mean(KL(pi_old || pi)) + c_V 0.5 mean((V - value_target)^2),
// its first three terms being the actor's (`actor_loss`), the last one the critic's (`critic_loss`). Both are called
// for some of the samples at a time, with coefficients of the sums over samples, such as c_H / n.

namespace GRADIVA_NAMESPACE {

/// The coefficients of the sums in `actor_loss`.
struct ActorCoefficients {
    double surrogate = 1;  ///< 1 / n where the surrogate is a mean
    double entropy = 0;    ///< c_H / n
    double kl = 0;         ///< beta / n, where the surrogate has a KL penalty
};

/// The coefficient of the sum in `critic_loss`, and its clipping.
struct CriticCoefficients {
    double value = 1;  ///< c_V / n
    double clip = 0;   ///< clip range of V - V_old, see `value_loss`; 0: no clipping
};

/// The terms of a loss, and statistics of the policy, as sums over samples.
struct LossSums {
    double surrogate = 0, value = 0, entropy = 0;
    double kl = 0;      ///< of rho - 1 - log rho, whose mean is an estimate of KL(pi_old || pi)
    Index clipped = 0;  ///< number of clipped samples, where the surrogate clips

    LossSums& operator+=(const LossSums& other) {
        surrogate += other.surrogate;
        value += other.value;
        entropy += other.entropy;
        kl += other.kl;
        clipped += other.clipped;
        return *this;
    }
};

/// The scratch storage of `actor_loss`, reused from call to call so that nothing is allocated.
template <Policy A>
struct ActorScratch {
    ActorScratch() { use_once(tape); }

    typename A::Tape tape;
    typename A::DistributionTape old;  ///< pi_old on the batch: an input where there is a KL penalty
    Buffer<typename A::Scalar> log_prob, d_log_prob, per_sample;
};

/// The scratch storage of `critic_loss`.
template <class C>
struct CriticScratch {
    CriticScratch() { use_once(tape); }

    typename C::Tape tape;
    Buffer<typename C::Scalar> d_value;
};

namespace detail {

template <class Scalar>
double sum_of(const Buffer<Scalar>& values) {
    return simd::sum_in_lanes<double>(values.size(), [&](Index i) { return static_cast<double>(values[i]); });
}

}  // namespace detail

/// Adds to `gradient` the gradient by the actor's weights of
///   c.surrogate sum(l(rho, A)) - c.entropy sum(H) + c.kl sum(KL(pi_old || pi)),
/// with sums over the batch and l the loss of the surrogate. With `report` it returns, as `surrogate`, the first and
/// the last term with their coefficients, and the other sums without coefficients; else zeros. `after_forward(tape)` is
/// called between the forward and the backward pass.
template <Policy A, class S, class AfterForward>
LossSums actor_loss(const A& actor, const S& surrogate, const ActorCoefficients& c,
                    const SampleBatch<typename A::Scalar>& batch, ActorScratch<A>& scratch,
                    std::span<typename A::Scalar> gradient, bool report, const AfterForward& after_forward) {
    using Scalar = typename A::Scalar;
    constexpr bool penalises_kl = HasKlCoefficient<S>;
    const ConstActionView actions = batch.action.all();
    auto& [tape, old, log_prob, d_log_prob, per_sample] = scratch;
    for (auto* part : {&log_prob, &d_log_prob, &per_sample}) part->resize(batch.old_log_prob.size());

    batch.forward(actor, tape);
    after_forward(tape);
    actor.log_prob(tape, actions, log_prob.vector());
    const SurrogateSum sum = surrogate_sum<Scalar>(surrogate, log_prob.vector(), batch.old_log_prob.vector(),
                                                   batch.advantage.vector(), d_log_prob.vector());
    d_log_prob.vector() *= static_cast<Scalar>(c.surrogate);
    actor.backward(tape, actions, d_log_prob.vector(), static_cast<Scalar>(-c.entropy), penalises_kl ? &old : nullptr,
                   static_cast<Scalar>(c.kl), gradient);
    if (!report) return {};

    LossSums sums{.surrogate = c.surrogate * sum.loss, .clipped = sum.clipped};
    if constexpr (penalises_kl) {
        actor.kl_from(old, tape, per_sample.vector());
        sums.surrogate += c.kl * detail::sum_of(per_sample);
    }
    actor.entropy(tape, per_sample.vector());
    sums.entropy = detail::sum_of(per_sample);
    for (Index i = 0; i < per_sample.size(); ++i) per_sample[i] = log_prob[i] - batch.old_log_prob[i];
    sums.kl = kernels::sum_of_ratio_divergence<Scalar>(per_sample.vector());
    return sums;
}

/// The same, without `after_forward`.
template <Policy A, class S>
LossSums actor_loss(const A& actor, const S& surrogate, const ActorCoefficients& c,
                    const SampleBatch<typename A::Scalar>& batch, ActorScratch<A>& scratch,
                    std::span<typename A::Scalar> gradient, bool report) {
    return actor_loss(actor, surrogate, c, batch, scratch, gradient, report, [](auto&) {});
}

/// The sum over the batch of KL(pi_old || pi), where pi_old is `scratch.old`.
template <Policy A>
double sum_of_kl(const A& actor, const SampleBatch<typename A::Scalar>& batch, ActorScratch<A>& scratch) {
    scratch.per_sample.resize(batch.old_log_prob.size());
    batch.forward(actor, scratch.tape);
    actor.kl_from(scratch.old, scratch.tape, scratch.per_sample.vector());
    return detail::sum_of(scratch.per_sample);
}

/// Adds to `gradient` the gradient by the critic's weights of c.value sum(0.5 (V - value_target)^2) over the batch,
/// clipped where `c.clip` is above 0 (see `value_loss`). Returns the sum without the coefficient.
template <class C>
double critic_loss(const C& critic, const CriticCoefficients& c, const SampleBatch<typename C::Scalar>& batch,
                   CriticScratch<C>& scratch, std::span<typename C::Scalar> gradient) {
    using Scalar = typename C::Scalar;
    auto& [tape, d_value] = scratch;
    d_value.resize(batch.value_target.size());
    const ConstVectorMap<Scalar> value = batch.values(critic, tape);
    const double loss =
        value_loss<Scalar>(value, batch.old_value.vector(), batch.value_target.vector(), c.clip, d_value.vector());
    d_value.vector() *= static_cast<Scalar>(c.value);
    critic.backward(tape, d_value.vector(), gradient);
    return loss;
}

/// The same for a critic that shares the actor's network: uses the values of the actor's last forward pass with this
/// tape, and stores the derivatives for its next backward pass.
template <class C>
double shared_critic_loss(const C& critic, const CriticCoefficients& c, const SampleBatch<typename C::Scalar>& batch,
                          typename C::Tape& tape) {
    using Scalar = typename C::Scalar;
    VectorMap<Scalar> d_value = critic.d_value(tape);
    const double loss =
        value_loss<Scalar>(critic.value(tape), batch.old_value.vector(), batch.value_target.vector(), c.clip, d_value);
    d_value *= static_cast<Scalar>(c.value);
    return loss;
}

}  // namespace GRADIVA_NAMESPACE
