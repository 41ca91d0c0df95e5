#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/core/failure.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/env/differentiable_env.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/rollout.hpp"

// Where the environment is a model s' = f(s, a), r(s, a) that can be differentiated, the return of reparameterised
// actions a_t = mean(s_t) + sigma noise_t is a function of the weights, and its gradient follows by the chain rule:
//   L = -(1 / N) sum over environments of sum_{t < T} gamma^t r(s_t, a_t),
//   lambda_T = 0,   dL/da_t = (df/da)^T lambda_{t+1} + dr/da dL/dr_t,
//   lambda_t = (df/ds)^T lambda_{t+1} + dr/ds dL/dr_t + (da_t/ds_t)^T dL/da_t,   dL/dtheta += (da_t/dtheta)^T dL/da_t.
// Sources: Werbos, "Backpropagation through time: what it does and how to do it", 1990; Heess et al., "Learning
// Continuous Control Policies by Stochastic Value Gradients", 2015, where this is SVG(infinity).

namespace GRADIVA_NAMESPACE {

/// A distribution whose samples are functions of its parameters and of noise; see `DiagonalGaussian`.
template <class D>
concept Reparameterised = Distribution<D> &&
    requires(const D& d, const typename D::Tape& tape, std::span<Rng> rng, MatrixRef<typename D::Scalar> out,
             ConstMatrixRef<typename D::Scalar> given, std::span<typename D::Scalar> flat) {
    d.draw_noise(rng, out);
    d.reparameterise(tape, given, out);
    d.reparameterised_backward(tape, given, given, out, flat);
};

/// A policy of a network that gives the derivative by its inputs, and a distribution of that kind.
template <class A>
concept ReparameterisedPolicy = Policy<A> && requires(const A& actor) {
    requires ModuleWithInputGradient<std::remove_cvref_t<decltype(actor.network())>>;
    requires Reparameterised<std::remove_cvref_t<decltype(actor.distribution())>>;
};

struct AnalyticGradientOptions {
    Index horizon = 32;                          ///< T: steps that are differentiated through, at least 1
    Index episode = 0;                           ///< steps until all environments start anew; 0: the horizon
    double gamma = 0.99;                         ///< discount, in [0, 1], counted from the start of each horizon
    bool sample = true;                          ///< act by samples; false: by the mean, and sigma is not learned
    std::string_view name = "AnalyticGradient";  ///< who speaks in error messages

    /// Throws `Error` on a value out of range.
    void check() const {
        require(horizon >= 1, "{}: horizon is {}; give at least 1 step", name, horizon);
        require(episode >= 0, "{}: episode is {}; give at least 1 step, or 0 for the horizon", name, episode);
        require(gamma >= 0 && gamma <= 1, "{}: gamma is {}; give a number in [0, 1]", name, gamma);
    }
};

/// The loss of a policy in differentiable environments, and its gradient, `horizon` steps at a time. The environments
/// go on from one call to the next, all in step; the gradient does not reach back beyond the call. Environments are
/// split into fixed shards, and the shards' gradients are added in order: threads change no bit. Borrows actor and
/// threads.
template <DifferentiableEnv E, ReparameterisedPolicy A>
class AnalyticGradient {
public:
    using Scalar = typename A::Scalar;

    struct Report {
        double loss = 0;
        double entropy = 0;  ///< of the policy, mean over the samples
        Index steps = 0;     ///< of all environments together
    };

    /// Start n is drawn from the stream (seed, Purpose::environment, n), noise from (seed, Purpose::action, n). Throws
    /// `Error` when the actor does not fit the environments.
    AnalyticGradient(std::vector<E> envs, const A& actor, const AnalyticGradientOptions& options, Threads& threads,
                     std::uint64_t seed)
        : envs_(std::move(envs)), actor_(actor), options_(options), threads_(threads) {
        options.check();
        require(!envs_.empty(), "{}: there are 0 environments; give at least 1", options.name);
        space_ = envs_.front().action_space();
        const Index observed = envs_.front().observation_space().size;
        require(actor.observation_size() == observed && actor.action_shape().integers == 0 &&
                    actor.action_shape().reals == space_.size,
                "{}: the actor takes {} numbers and gives {}, the environments show {} and take {}; build the actor "
                "from these environments",
                options.name, actor.observation_size(), actor.action_shape().reals, observed, space_.size);
        if constexpr (requires { actor.network().normalizer(); }) {
            require(actor.network().normalizer() == nullptr,
                    "{}: the actor normalises observations by moments that only rollouts move; build it without "
                    "normalize_observations",
                    options.name);
        }
        const Index n = static_cast<Index>(envs_.size());
        for (Index i = 0; i < n; ++i) {
            env_rngs_.emplace_back(seed, Purpose::environment, static_cast<std::uint64_t>(i));
            action_rngs_.emplace_back(seed, Purpose::action, static_cast<std::uint64_t>(i));
        }
        running_.assign(n, FinishedEpisode{});
        finished_.reserve(n);
        const Index shards = std::min<Index>(most_shards, pieces_of(n, environments_per_shard));
        for (Index s = 0; s < shards; ++s) shards_.push_back(make_shard(piece(n, shards, s)));
    }

    /// Goes on by the horizon, or to the end of the episode; writes dL/dweights. Throws `Error` when the model leaves
    /// finite numbers; all environments then start anew.
    Report operator()(std::span<Scalar> gradient) {
        GRADIVA_ASSERT(gradient.size() == actor_.weights().size());
        finished_.clear();
        const Index steps = std::min(options_.horizon, episode_length() - age_);
        const auto run_shard = [&](Index s) {
            Shard& shard = shards_[static_cast<std::size_t>(s)];
            if (age_ == 0) start(shard);
            forward(shard, steps);
            backward(shard, steps);
        };
        detail::undo_unless_done([&] { threads_.run(static_cast<Index>(shards_.size()), run_shard); },
                                 [&] {
                                     age_ = 0;
                                     std::fill(running_.begin(), running_.end(), FinishedEpisode{});
                                 });
        end_step(steps);
        return sum(steps, gradient);
    }

    /// The episodes that ended in the last call.
    const Buffer<FinishedEpisode>& finished() const { return finished_; }

private:
    // A few columns keep the network's kernels busy; enough parts keep many threads busy.
    static constexpr Index environments_per_shard = 16;
    static constexpr Index most_shards = 16;

    /// Some environments, n of them, through time: column t n + j belongs to environment `range.begin + j` at time t.
    struct alignas(buffer_alignment) Shard {
        Range range;
        MatrixBuffer<double> state;        // S x (T + 1) n
        MatrixBuffer<Scalar> observation;  // D x T n
        MatrixBuffer<Scalar> noise;        // m x T n
        MatrixBuffer<Scalar> action;       // m x T n, as sampled
        std::vector<typename A::Tape> tape;
        MatrixBuffer<Scalar> d_head, d_action, d_observation;  // of one time step
        MatrixBuffer<double> d_state, d_next;                  // lambda_t, lambda_{t+1}
        Buffer<double> sent, d_sent, seen;                     // of one environment
        Buffer<float> first_seen;
        Buffer<Scalar> entropy, gradient;
        double loss = 0, entropy_sum = 0;
    };

    Shard make_shard(Range range) const {
        const Index n = range.size();
        const Index t = options_.horizon;
        const Index states = envs_.front().state_size();
        const Index observed = actor_.observation_size();
        Shard s;
        s.range = range;
        s.state.resize(states, (t + 1) * n);
        s.observation.resize(observed, t * n);
        for (auto* part : {&s.noise, &s.action}) part->resize(space_.size, t * n);
        s.tape.resize(static_cast<std::size_t>(t));
        s.d_head.resize(actor_.head_size(), n);
        s.d_action.resize(space_.size, n);
        s.d_observation.resize(observed, n);
        for (auto* part : {&s.d_state, &s.d_next}) part->resize(states, n);
        for (auto* part : {&s.sent, &s.d_sent}) part->resize(space_.size);
        s.seen.resize(observed);
        s.first_seen.resize(observed);
        s.entropy.resize(n);
        s.gradient.resize(static_cast<Index>(actor_.weights().size()));
        return s;
    }

    Index episode_length() const { return options_.episode > 0 ? options_.episode : options_.horizon; }

    void start(Shard& shard) {
        for (Index j = 0; j < shard.range.size(); ++j) {
            const auto n = static_cast<std::size_t>(shard.range.begin + j);
            envs_[n].reset(env_rngs_[n], shard.first_seen.span());
            envs_[n].save(shard.state.column(j));
        }
    }

    void forward(Shard& shard, Index steps) {
        const Index n = shard.range.size();
        shard.loss = shard.entropy_sum = 0;
        double discount = 1;
        for (Index t = 0; t < steps; ++t, discount *= options_.gamma) {
            const Range now{t * n, (t + 1) * n};
            for (Index j = 0; j < n; ++j) {
                look(shard, t, j);
            }
            typename A::Tape& tape = shard.tape[static_cast<std::size_t>(t)];
            actor_.forward(shard.observation.columns(now), tape);
            actor_.entropy(tape, shard.entropy.vector());
            shard.entropy_sum += shard.entropy.vector().template cast<double>().sum();
            act(shard, tape, now);
            for (Index j = 0; j < n; ++j) shard.loss -= discount * advance(shard, t, j);
        }
    }

    void look(Shard& shard, Index t, Index j) {
        const Index now = t * shard.range.size() + j;
        const std::span<Scalar> observation = shard.observation.column(now);
        env(shard, j).observe(as_in(shard.state.column(now)), shard.seen.span());
        write(shard.seen, observation);
        for (std::size_t i = 0; i < observation.size(); ++i) {
            require(std::isfinite(observation[i]),
                    "environment {} gave observation[{}] = {} at step {} of the horizon; shorten the horizon, or lower "
                    "the learning rate",
                    shard.range.begin + j, i, observation[i], t);
        }
    }

    void act(Shard& shard, const typename A::Tape& tape, Range now) {
        MatrixMap<Scalar> noise = shard.noise.columns(now);
        if (options_.sample) {
            const auto begin = static_cast<std::size_t>(shard.range.begin);
            actor_.distribution().draw_noise(
                std::span(action_rngs_).subspan(begin, static_cast<std::size_t>(now.size())), noise);
        } else {
            noise.setZero();
        }
        actor_.distribution().reparameterise(tape.distribution, noise, shard.action.columns(now));
    }

    /// One step of one environment; returns the reward.
    double advance(Shard& shard, Index t, Index j) {
        const Index now = t * shard.range.size() + j;
        const std::span<double> next = shard.state.column(now + shard.range.size());
        send(shard, now);
        const double reward = env(shard, j).transition(as_in(shard.state.column(now)), as_in(shard.sent.span()), next);
        const Index n = shard.range.begin + j;
        require(
            std::isfinite(reward),
            "environment {} gave a reward of {} at step {} of the horizon; shorten the horizon, or lower the learning "
            "rate",
            n, reward, t);
        running_[n].reward_sum += reward;
        return reward;
    }

    void backward(Shard& shard, Index steps) {
        const Index n = shard.range.size();
        const auto own = static_cast<Index>(actor_.own_parameters().size());
        const std::span<Scalar> gradient = shard.gradient.span();
        const std::span<Scalar> d_own = part(gradient, shard.gradient.size() - own, own);
        std::fill(shard.gradient.begin(), shard.gradient.end(), Scalar(0));
        shard.d_next.matrix().setZero();
        for (Index t = steps; t-- > 0;) {
            const Range now{t * n, (t + 1) * n};
            const double d_reward =
                -std::pow(options_.gamma, static_cast<double>(t)) / static_cast<double>(envs_.size());
            shard.d_state.matrix().setZero();
            for (Index j = 0; j < n; ++j) retreat(shard, now.begin + j, j, d_reward);
            typename A::Tape& tape = shard.tape[static_cast<std::size_t>(t)];
            actor_.distribution().reparameterised_backward(tape.distribution, shard.noise.columns(now),
                                                           shard.d_action.matrix(), shard.d_head.matrix(), d_own);
            actor_.network().backward(tape.network, shard.d_head.matrix(), gradient, shard.d_observation.matrix());
            for (Index j = 0; j < n; ++j) {
                write(shard.d_observation.column(j), shard.seen.span());
                env(shard, j).observe_backward(as_in(shard.state.column(now.begin + j)), as_in(shard.seen.span()),
                                               shard.d_state.column(j));
            }
            std::swap(shard.d_state, shard.d_next);
        }
    }

    /// dL/da of one environment, and what its transition adds to lambda.
    void retreat(Shard& shard, Index now, Index j, double d_reward) {
        send(shard, now);
        std::fill(shard.d_sent.begin(), shard.d_sent.end(), 0.0);
        env(shard, j).transition_backward(as_in(shard.state.column(now)), as_in(shard.sent.span()),
                                          as_in(shard.d_next.column(j)), d_reward, shard.d_state.column(j),
                                          shard.d_sent.span());
        for (Index i = 0; i < space_.size; ++i) {
            const bool clipped = shard.sent[i] != static_cast<double>(shard.action(i, now));
            shard.d_action(i, j) = clipped ? Scalar(0) : static_cast<Scalar>(shard.d_sent[i]);
        }
    }

    /// What the environment gets of a sampled action: as everywhere, it is clipped to the bounds. NaN stays NaN.
    void send(Shard& shard, Index now) const {
        for (Index i = 0; i < space_.size; ++i) {
            const auto low = static_cast<double>(space_.low_of(i));
            const auto high = static_cast<double>(space_.high_of(i));
            const auto sampled = static_cast<double>(shard.action(i, now));
            shard.sent[i] = sampled < low ? low : sampled > high ? high : sampled;
        }
    }

    /// What the environments have reached becomes what they start from.
    void end_step(Index steps) {
        age_ += steps;
        for (Shard& shard : shards_) {
            const Index n = shard.range.size();
            shard.state.columns({0, n}) = shard.state.columns({steps * n, (steps + 1) * n});
        }
        if (age_ < episode_length()) return;
        for (Index n = 0; n < running_.size(); ++n) {
            finished_.push_back({.environment = n, .reward_sum = running_[n].reward_sum, .length = age_});
            running_[n] = {};
        }
        age_ = 0;
    }

    Report sum(Index steps, std::span<Scalar> gradient) const {
        const auto n = static_cast<double>(envs_.size());
        Report report{.steps = steps * static_cast<Index>(envs_.size())};
        std::fill(gradient.begin(), gradient.end(), Scalar(0));
        for (const Shard& shard : shards_) {
            as_vector(gradient) += shard.gradient.vector();
            report.loss += shard.loss / n;
            report.entropy += shard.entropy_sum / static_cast<double>(report.steps);
        }
        return report;
    }

    const E& env(const Shard& shard, Index j) const { return envs_[static_cast<std::size_t>(shard.range.begin + j)]; }

    static std::span<const double> as_in(std::span<double> values) { return values; }

    /// Copies numbers of one type to another.
    template <class From, class To>
    static void write(const From& from, std::span<To> to) {
        std::transform(from.begin(), from.end(), to.begin(), [](auto x) { return static_cast<To>(x); });
    }

    std::vector<E> envs_;
    const A& actor_;
    AnalyticGradientOptions options_;
    Threads& threads_;
    Box space_;
    std::vector<Rng> env_rngs_;
    std::vector<Rng> action_rngs_;
    Index age_ = 0;  // steps since all environments started
    Buffer<FinishedEpisode> running_;
    Buffer<FinishedEpisode> finished_;
    std::vector<Shard> shards_;
};

}  // namespace GRADIVA_NAMESPACE
