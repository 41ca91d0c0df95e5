#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "gradiva/env/checked_envs.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/policy/check_fit.hpp"
#include "gradiva/policy/checked_behaviour.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/rollout/carried_states.hpp"
#include "gradiva/rollout/column_passes.hpp"
#include "gradiva/train/metric_means.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `evaluate`.
struct EvaluateOptions {
    Index episodes = 100;                    ///< at least 1
    bool greedy = true;                      ///< the most probable action; false: a sampled one
    std::uint64_t seed = 0;                  ///< of random streams that training does not use
    Index environments = 16;                 ///< stepped side by side, at least 1
    Index most_steps_per_episode = 100'000;  ///< an episode that has not ended by then is an error
};

/// Statistics of a policy's undiscounted returns.
struct Evaluation {
    double mean_return = 0;     ///< over episodes
    double std_return = 0;      ///< standard deviation between episodes, with N - 1
    double standard_error = 0;  ///< of the mean: std_return / sqrt(episodes)
    double mean_length = 0;     ///< steps
    Index episodes = 0;
    MetricMeans metrics = {};  ///< of the environment, over the same episodes: evaluation.metrics["name"]
};

/// Calls `use(name, number)` for each number of an evaluation; `name` is a `std::string_view`, `number` an `Index` or a
/// `double`; metrics follow as `metric/NAME`. Logs get their numbers here.
template <class Use>
void for_each_number(const Evaluation& evaluation, const Use& use) {
    use(std::string_view("mean_return"), evaluation.mean_return);
    use(std::string_view("std_return"), evaluation.std_return);
    use(std::string_view("standard_error"), evaluation.standard_error);
    use(std::string_view("mean_length"), evaluation.mean_length);
    use(std::string_view("episodes"), evaluation.episodes);
    for_each_metric(evaluation.metrics, use);
}

namespace detail {

/// N copies of an environment under one policy, each until it has ended its quota of episodes.
template <Env E, Policy P>
class EvaluationRun {
public:
    EvaluationRun(const P& actor, Vectorized<E>& envs, const EvaluateOptions& options)
        : all_{0, envs.size()}, options_(options), checked_actor_("evaluate", actor, envs.action_space(), envs.size()),
          checked_envs_("evaluate", envs, all_), states_(state_size_of(actor), all_),
          observation_(observation_size_of(envs), envs.size()), mask_(mask_size_of(envs), envs.size()),
          actions_(actor.action_shape(), envs.size()), reward_(envs.size()), terminated_(envs.size()),
          truncated_(envs.size()), quota_(envs.size()) {
        for (Index n = 0; n < envs.size(); ++n) {
            quota_[n] = piece(options.episodes, envs.size(), n).size();
            if (!options.greedy) {
                rngs_.push_back(Rng(options.seed, Purpose::evaluation_action, static_cast<std::uint64_t>(n)));
            }
        }
    }

    Evaluation run() {
        checked_envs_.reset(all_, observation_.matrix(), mask_.matrix());
        while (returns_.count < options_.episodes) step();
        return {.mean_return = returns_.mean,
                .std_return = returns_.sample_deviation(),
                .standard_error = returns_.sample_deviation() / std::sqrt(static_cast<double>(options_.episodes)),
                .mean_length = lengths_.mean,
                .episodes = options_.episodes,
                .metrics = metric_means()};
    }

private:
    /// Acts in all environments, and steps those that have episodes left.
    void step() {
        const ConstActionView actions = act();
        const auto has_episodes_left = [&](Index n) { return quota_[n] > 0; };
        for_each_run(all_, has_episodes_left, [&](Range run) {
            const StepTarget<typename P::Scalar> target{observation_.columns(run), mask_.columns(run), reward_.data(),
                                                        terminated_.data(), truncated_.data()};
            checked_envs_.step(run, columns_of(actions, run), target);
            const auto ended = [&](Index j, const FinishedEpisode& episode, auto, auto,
                                   std::span<const double> metrics) {
                returns_.add(episode.reward_sum);
                lengths_.add(static_cast<double>(episode.length));
                for (std::size_t k = 0; k < metrics.size(); ++k) metrics_[k].add(metrics[k]);
                --quota_[run.begin + j];
                states_.clear({run.begin + j, run.begin + j + 1});
            };
            checked_envs_.for_each_ended(run, target, ended);
            for (Index n = run.begin; n < run.end; ++n) {
                require(checked_envs_.episode(n).length < options_.most_steps_per_episode,
                        "evaluate: environment {} has not ended its episode after {} steps; wrap it in a TimeLimit, or "
                        "allow more steps",
                        n, checked_envs_.episode(n).length);
            }
        });
    }

    ConstActionView act() {
        const ConstMatrixMap<typename P::Scalar> observation = input_(std::as_const(observation_).matrix());
        const ConstMatrixMap<std::uint8_t> mask = std::as_const(mask_).matrix();
        if constexpr (HasMemory<P>) {
            const ConstActionView actions =
                checked_actor_.act(observation, mask, states_.one_step(all_), rngs_.span(), actions_.all());
            states_.take(all_, checked_actor_.state_after());
            return actions;
        } else {
            return checked_actor_.act(observation, mask, rngs_.span(), actions_.all());
        }
    }

    MetricMeans metric_means() const {
        MetricMeans means(metric_names_of<E>());
        for (std::size_t k = 0; k < metrics_.size(); ++k) means.values()[k] = metrics_[k].mean;
        return means;
    }

    Range all_;
    EvaluateOptions options_;
    CheckedBehaviour<P, decltype(std::declval<const E&>().action_space())> checked_actor_;
    CheckedEnvs<Vectorized<E>, typename P::Scalar> checked_envs_;
    CarriedStates<typename P::Scalar> states_;
    MatrixBuffer<float> observation_;
    MatrixBuffer<std::uint8_t> mask_;
    NetworkInput<typename P::Scalar> input_;
    ActionBatch actions_;
    Buffer<typename P::Scalar> reward_;
    Buffer<std::uint8_t> terminated_, truncated_;
    Buffer<Rng> rngs_;     // none where the most probable actions are taken
    Buffer<Index> quota_;  // episodes left of each environment
    kernels::Moments returns_;
    kernels::Moments lengths_;
    std::array<kernels::Moments, to_size(metric_count<E>)> metrics_{};
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

/// Runs `episodes` episodes of the policy in environments of their own: copies of a prototype, or what a factory
/// `(Index) -> Env` makes. Each environment runs a fixed quota of episodes; taking those that end first would favour
/// short ones. Throws `Error` on options out of range, a policy that does not fit, and what `Collector` checks but
/// log-probs.
template <Policy P, class Source>
Evaluation evaluate(const P& actor, const Source& source, const EvaluateOptions& options = {}) {
    static_assert(detail::explain_evaluate<P, Source>());
    require(options.episodes >= 1, "evaluate: episodes is {}; give at least 1", options.episodes);
    require(options.environments >= 1, "evaluate: environments is {}; give at least 1", options.environments);
    require(options.most_steps_per_episode >= 1, "evaluate: most_steps_per_episode is {}; give at least 1",
            options.most_steps_per_episode);
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

/// Prints `mean_return=500.00 std_return=0.00 episodes=100`, and ` NAME=value` for each metric.
template <>
struct fmt::formatter<gradiva::Evaluation> {
    constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

    template <class Context>
    auto format(const gradiva::Evaluation& e, Context& context) const {
        // Not by `format_to`, which compiles the whole of fmt's formatting anew.
        std::string text =
            fmt::format("mean_return={:.2f} std_return={:.2f} episodes={}", e.mean_return, e.std_return, e.episodes);
        for (const std::string_view name : e.metrics.names()) text += fmt::format(" {}={:.6g}", name, e.metrics[name]);
        return std::copy(text.begin(), text.end(), context.out());
    }
};
