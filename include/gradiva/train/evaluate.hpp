#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include <fmt/core.h>

#include "gradiva/env/check_action.hpp"
#include "gradiva/env/check_observation.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/policy/check_fit.hpp"
#include "gradiva/policy/check_head.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/rollout/column_passes.hpp"

namespace GRADIVA_NAMESPACE {

/// How `evaluate` plays.
struct EvaluateOptions {
    Index episodes = 100;                    ///< at least 1
    bool greedy = true;                      ///< the most probable action; false: a sampled one
    std::uint64_t seed = 0;                  ///< names streams that training does not use
    Index environments = 16;                 ///< stepped side by side, at least 1
    Index most_steps_per_episode = 100'000;  ///< an episode that goes on longer is an error
};

/// The worth of a policy: statistics of undiscounted returns.
struct Evaluation {
    double mean_return = 0;
    double std_return = 0;      ///< standard deviation between episodes, with N - 1
    double standard_error = 0;  ///< of the mean: std_return / sqrt(episodes)
    double mean_length = 0;     ///< steps
    Index episodes = 0;
};

namespace detail {

/// N copies of an environment under one policy, each until it has played its quota of episodes.
template <Env E, Policy P>
class EvaluationRun {
public:
    EvaluationRun(const P& actor, Vectorized<E>& envs, const EvaluateOptions& options)
        : actor_(actor), envs_(envs), options_(options), action_space_(envs.action_space()),
          observation_(observation_size_of(envs), envs.size()), final_observation_(observation_size_of(envs), 1),
          mask_(mask_size_of(envs), envs.size()), final_mask_(mask_size_of(envs), 1),
          actions_(actor.action_shape(), envs.size()), sent_(actor.action_shape(), envs.size()), quota_(envs.size()),
          reward_sum_(envs.size(), 0.0), length_(envs.size(), 0) {
        for (Index n = 0; n < envs.size(); ++n) {
            rngs_.push_back(Rng(options.seed, Purpose::evaluation_action, static_cast<std::uint64_t>(n)));
            quota_[n] = piece(options.episodes, envs.size(), n).size();
            active_.push_back(n);
        }
    }

    Evaluation run() {
        envs_.reset({0, envs_.size()}, observation_.matrix());
        check_observation("evaluate", as_const(observation_.matrix()), {0, envs_.size()}, "reset");
        ask_mask({0, envs_.size()}, "reset");
        while (!active_.empty()) step();
        return {.mean_return = returns_.mean,
                .std_return = returns_.sample_deviation(),
                .standard_error = returns_.sample_deviation() / std::sqrt(static_cast<double>(options_.episodes)),
                .mean_length = lengths_.mean,
                .episodes = options_.episodes};
    }

private:
    void step() {
        const ConstActionView sent = choose();
        for (Index k = 0; k < active_.size(); ++k) step_one(active_[k], sent);
        active_.resize(std::remove_if(active_.begin(), active_.end(), [&](Index n) { return quota_[n] == 0; }) -
                       active_.begin());
    }

    /// The next actions of all environments, as these take them.
    ConstActionView choose() {
        const Range all{0, envs_.size()};
        const ActionMask legal = std::as_const(mask_).matrix();
        actor_.forward(input_(std::as_const(observation_).matrix()), legal, tape_);
        check_head<typename P::Scalar>("evaluate", tape_.head, legal, all);
        if (options_.greedy) {
            actor_.mode(tape_, actions_.all());
        } else {
            actor_.sample(tape_, rngs_.span(), actions_.all());
        }
        const ConstActionView sent = sent_actions(actor_, std::as_const(actions_).all(), sent_);
        check_actions("evaluate", action_space_, sent, legal, all);
        return sent;
    }

    void ask_mask(Range range, const char* where) {
        if constexpr (HasActionMask<E>) {
            envs_.action_mask(range, mask_.columns(range));
            check_mask("evaluate", action_space_, std::as_const(mask_).columns(range), range, where);
        }
    }

    void step_one(Index n, const ConstActionView& sent) {
        double reward = 0;
        std::uint8_t terminated = 0;
        std::uint8_t truncated = 0;
        StepView out{observation_.columns({n, n + 1}),
                     final_observation_.matrix(),
                     {&reward, 1},
                     {&terminated, 1},
                     {&truncated, 1},
                     final_mask_.matrix()};
        envs_.step({n, n + 1}, column_of(sent, n), out);
        check_observation("evaluate", as_const(observation_.columns({n, n + 1})), {n, n + 1}, "step");
        ask_mask({n, n + 1}, "step");
        require(std::isfinite(reward), "evaluate: environment {} gave a reward of {}; return a finite number", n,
                reward);
        reward_sum_[n] += reward;
        ++length_[n];
        if (terminated == 0 && truncated == 0) {
            require(length_[n] < options_.most_steps_per_episode,
                    "evaluate: environment {} has not ended its episode after {} steps; wrap it in a TimeLimit, or "
                    "allow more steps",
                    n, length_[n]);
            return;
        }
        returns_.add(reward_sum_[n]);
        lengths_.add(static_cast<double>(length_[n]));
        reward_sum_[n] = 0;
        length_[n] = 0;
        --quota_[n];
    }

    const P& actor_;
    Vectorized<E>& envs_;
    EvaluateOptions options_;
    decltype(std::declval<const E&>().action_space()) action_space_;
    MatrixBuffer<float> observation_;
    MatrixBuffer<float> final_observation_;
    MatrixBuffer<std::uint8_t> mask_;
    MatrixBuffer<std::uint8_t> final_mask_;
    NetworkInput<typename P::Scalar> input_;
    ActionBatch actions_;
    ActionBatch sent_;
    typename P::Tape tape_;
    Buffer<Rng> rngs_;
    Buffer<Index> active_;
    Buffer<Index> quota_;
    Buffer<double> reward_sum_;
    Buffer<Index> length_;
    kernels::Moments returns_;
    kernels::Moments lengths_;
};

/// One sentence for what cannot be evaluated, as a compile-time error.
template <class P, class Source>
consteval bool explain_evaluate() {
    if constexpr (explain_policy<P>()) {
        static_assert(
            !VectorEnv<Source>,
            "gradiva: evaluate(actor, env) plays in environments of its own: give it one environment, such as "
            "the prototype of Vectorized(env, {.count = 8}), or a factory of them");
    }
    return !VectorEnv<Source>;
}

}  // namespace detail

/// Plays `episodes` episodes with the policy in environments of their own: copies of a prototype, or what a factory
/// `(Index) -> Env` makes. Each environment plays a fixed quota of episodes; taking those that end first would favour
/// short ones.
template <Policy P, class Source>
Evaluation evaluate(const P& actor, const Source& source, const EvaluateOptions& options = {}) {
    static_assert(detail::explain_evaluate<P, Source>());
    require(options.episodes >= 1, "evaluate: episodes is {}; give at least 1", options.episodes);
    require(options.environments >= 1, "evaluate: environments is {}; give at least 1", options.environments);
    Vectorized envs(source, {.count = std::min(options.environments, options.episodes),
                             .seed = options.seed,
                             .purpose = Purpose::evaluation_environment});
    check_fit("evaluate", actor, envs);
    return detail::EvaluationRun(actor, envs, options).run();
}

/// Only says that the episodes have a name.
template <Policy P, class Source, Positional Episodes>
Evaluation evaluate(const P&, const Source&, Episodes) {
    static_assert(!Positional<Episodes>,
                  "gradiva: evaluate takes its options by name: evaluate(actor, env, {.episodes = 100})");
    return {};
}

/// Only says why a type cannot be evaluated: what is nearly a policy, or a policy in the second place.
template <class P, class Source>
requires(!Policy<P> && (Policy<Source> || requires { typename P::Tape; })) Evaluation
    evaluate(const P&, const Source&, const EvaluateOptions& = {}) {
    static_assert(!Policy<Source>, "gradiva: evaluate(actor, env) takes the actor first");
    if constexpr (!Policy<Source>) static_assert(explain_policy<P>());
    return {};
}

}  // namespace GRADIVA_NAMESPACE

/// Prints `mean_return=500.00 std_return=0.00 episodes=100`.
template <>
struct fmt::formatter<gradiva::Evaluation> {
    constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

    template <class Context>
    auto format(const gradiva::Evaluation& e, Context& context) const {
        // Not by `format_to`, which compiles the whole of fmt's formatting anew.
        const std::string text =
            fmt::format("mean_return={:.2f} std_return={:.2f} episodes={}", e.mean_return, e.std_return, e.episodes);
        return std::copy(text.begin(), text.end(), context.out());
    }
};
