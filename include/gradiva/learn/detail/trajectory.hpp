#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/learn/detail/models.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The forward simulation of n consecutive environments over a horizon, and the backward pass (adjoint method) through
/// it; see analytic_gradient.hpp for the equations. Column t n + j of a matrix belongs to environment `range.begin + j`
/// at time t.
template <class E, class A>
class alignas(buffer_alignment) Trajectory {
public:
    using Scalar = typename A::Scalar;

    /// Allocates for the environments `range` of `models`, which it borrows.
    void resize(Models<E, A>& models, Range range) {
        models_ = &models;
        range_ = range;
        const Index n = range.size(), t = models.horizon;
        const Index states = models.envs.front().state_size();
        const Index observed = models.actor.observation_size();
        state_.resize(states, (t + 1) * n);
        observation_.resize(observed, t * n);
        for (auto* part : {&noise_, &action_}) part->resize(models.space.size, t * n);
        tape_.resize(static_cast<std::size_t>(t));
        d_head_.resize(models.actor.head_size(), n);
        d_action_.resize(models.space.size, n);
        d_observation_.resize(observed, n);
        for (auto* part : {&d_state_, &d_next_}) part->resize(states, n);
        for (auto* part : {&clipped_action_, &d_clipped_action_}) part->resize(models.space.size);
        model_observation_.resize(observed);
        if constexpr (Models<E, A>::steps_envs) sent_action_.resize(models.space.size);
        env_observation_.resize(observed);
        entropy_.resize(n);
    }

    /// Resets all environments; their states become those of time 0.
    void reset() {
        for (Index j = 0; j < range_.size(); ++j) {
            const auto n = static_cast<std::size_t>(range_.begin + j);
            models_->envs[n].reset(models_->env_rngs[n], env_observation_.span());
            models_->envs[n].save(state_.column(j));
        }
    }

    /// Simulates `steps` steps, stores what `backward` needs, and sets `loss` and `entropy_sum`. Throws `Error` when an
    /// observation or a reward is not finite.
    void forward(Index steps) {
        const Index n = range_.size();
        loss = entropy_sum = 0;
        double discount = 1;
        for (Index t = 0; t < steps; ++t, discount *= models_->gamma) {
            const Range now{t * n, (t + 1) * n};
            for (Index j = 0; j < n; ++j) observe(t, j);
            typename A::Tape& tape = tape_[static_cast<std::size_t>(t)];
            models_->actor.forward(observation_.columns(now), tape);
            models_->actor.entropy(tape, entropy_.vector());
            entropy_sum += entropy_.vector().template cast<double>().sum();
            act(tape, now);
            for (Index j = 0; j < n; ++j) loss -= discount * transition(t, j);
        }
    }

    /// The backward pass through the `steps` steps of the last `forward`; writes `gradient`.
    void backward(Index steps) {
        const Index n = range_.size();
        const auto own = static_cast<Index>(models_->actor.own_parameters().size());
        gradient.assign(static_cast<Index>(models_->actor.weights().size()), Scalar(0));
        const std::span<Scalar> d_own = part(gradient.span(), gradient.size() - own, own);
        d_next_.matrix().setZero();
        for (Index t = steps; t-- > 0;) {
            const Range now{t * n, (t + 1) * n};
            const double d_reward =
                -std::pow(models_->gamma, static_cast<double>(t)) / static_cast<double>(models_->envs.size());
            d_state_.matrix().setZero();
            for (Index j = 0; j < n; ++j) transition_backward(now.begin + j, j, d_reward);
            typename A::Tape& tape = tape_[static_cast<std::size_t>(t)];
            models_->actor.distribution().reparameterised_backward(tape.distribution, noise_.columns(now),
                                                                   d_action_.matrix(), d_head_.matrix(), d_own);
            models_->actor.network().backward(tape.network, d_head_.matrix(), gradient.span(), d_observation_.matrix());
            for (Index j = 0; j < n; ++j) {
                convert(d_observation_.column(j), model_observation_.span());
                env(j).observe_backward(as_const(state_.column(now.begin + j)), as_const(model_observation_.span()),
                                        d_state_.column(j));
            }
            std::swap(d_state_, d_next_);
        }
    }

    /// The states after `steps` steps become those of time 0.
    void continue_from(Index steps) {
        const Index n = range_.size();
        state_.columns({0, n}) = state_.columns({steps * n, (steps + 1) * n});
    }

    /// The states of time 0, environment by environment.
    void visit_state(State& state) {
        for (Index j = 0; j < range_.size(); ++j) state("values", state_.column(j));
    }

    double loss = 0, entropy_sum = 0;
    Buffer<Scalar> gradient;  ///< these environments' summand of dL/dweights

private:
    void observe(Index t, Index j) {
        const Index now = t * range_.size() + j;
        const std::span<Scalar> observation = observation_.column(now);
        env(j).observe(as_const(state_.column(now)), model_observation_.span());
        convert(model_observation_, observation);
        for (std::size_t i = 0; i < observation.size(); ++i) {
            require(std::isfinite(observation[i]),
                    "environment {} gave observation[{}] = {} at step {} of the horizon; shorten the horizon, or lower "
                    "the learning rate",
                    range_.begin + j, i, observation[i], t);
        }
    }

    void act(const typename A::Tape& tape, Range now) {
        MatrixMap<Scalar> noise = noise_.columns(now);
        if (models_->sample) {
            const auto begin = static_cast<std::size_t>(range_.begin);
            models_->actor.distribution().draw_noise(
                std::span(models_->action_rngs).subspan(begin, static_cast<std::size_t>(now.size())), noise);
        } else {
            noise.setZero();
        }
        models_->actor.distribution().reparameterise(tape.distribution, noise, action_.columns(now));
    }

    /// One step of one environment; returns the reward.
    double transition(Index t, Index j) {
        const Index now = t * range_.size() + j;
        const std::span<double> next = state_.column(now + range_.size());
        clip_action(now);
        const double reward = env(j).transition(as_const(state_.column(now)), as_const(clipped_action_.span()), next);
        const Index n = range_.begin + j;
        require(
            std::isfinite(reward),
            "environment {} gave a reward of {} at step {} of the horizon; shorten the horizon, or lower the learning "
            "rate",
            n, reward, t);
        models_->running[n].reward_sum += reward;
        if constexpr (Models<E, A>::steps_envs) {
            convert(clipped_action_, sent_action_.span());
            models_->envs[to_size(n)].step(std::as_const(sent_action_).span(), models_->env_rngs[to_size(n)],
                                           env_observation_.span());
        }
        return reward;
    }

    /// The adjoint of one step of one environment: writes dL/da, and adds to lambda_t what comes from the transition.
    void transition_backward(Index now, Index j, double d_reward) {
        clip_action(now);
        std::fill(d_clipped_action_.begin(), d_clipped_action_.end(), 0.0);
        env(j).transition_backward(as_const(state_.column(now)), as_const(clipped_action_.span()),
                                   as_const(d_next_.column(j)), d_reward, d_state_.column(j), d_clipped_action_.span());
        for (Index i = 0; i < models_->space.size; ++i) {
            const bool clipped = clipped_action_[i] != static_cast<double>(action_(i, now));
            d_action_(i, j) = clipped ? Scalar(0) : static_cast<Scalar>(d_clipped_action_[i]);
        }
    }

    /// Writes the sampled action, clipped to the bounds of the action space, to `clipped_action_`. NaN stays NaN.
    void clip_action(Index now) {
        for (Index i = 0; i < models_->space.size; ++i) {
            const auto low = static_cast<double>(models_->space.low_of(i));
            const auto high = static_cast<double>(models_->space.high_of(i));
            const auto sampled = static_cast<double>(action_(i, now));
            clipped_action_[i] = sampled < low ? low : sampled > high ? high : sampled;
        }
    }

    const E& env(Index j) const { return models_->envs[static_cast<std::size_t>(range_.begin + j)]; }

    static std::span<const double> as_const(std::span<double> values) { return values; }

    /// Copies values, converted to another scalar type.
    template <class From, class To>
    static void convert(const From& from, std::span<To> to) {
        std::transform(from.begin(), from.end(), to.begin(), [](auto x) { return static_cast<To>(x); });
    }

    Models<E, A>* models_ = nullptr;
    Range range_;
    MatrixBuffer<double> state_;        // S x (T + 1) n
    MatrixBuffer<Scalar> observation_;  // D x T n
    MatrixBuffer<Scalar> noise_;        // m x T n
    MatrixBuffer<Scalar> action_;       // m x T n, as sampled
    std::vector<typename A::Tape> tape_;
    MatrixBuffer<Scalar> d_head_, d_action_, d_observation_;                // of one time step
    MatrixBuffer<double> d_state_, d_next_;                                 // lambda_t, lambda_{t+1}
    Buffer<double> clipped_action_, d_clipped_action_, model_observation_;  // scratch buffers of one environment
    Buffer<float> sent_action_;                                             // where environments are stepped
    Buffer<float> env_observation_;                                         // written by environments, not read
    Buffer<Scalar> entropy_;                                                // of one time step
};

}  // namespace GRADIVA_NAMESPACE::detail
