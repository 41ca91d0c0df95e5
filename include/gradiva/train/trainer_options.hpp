#pragma once

#include <algorithm>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/check_thread_count.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/policy/critic.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `Trainer`.
struct TrainerOptions {
    std::string_view name = {};      ///< of the trainer, in reports and error messages
    Index horizon = 0;               ///< steps of each environment per iteration; 0 with `episodes`
    Index episodes = 0;              ///< instead of a horizon: whole episodes of each environment per iteration
    Index store = 1;                 ///< number of stored rollouts, the newest included
    Index minibatch = all_samples;   ///< at most environments x horizon; with episodes any, as their lengths vary
    Index sequence = 0;              ///< L: steps from which networks with memory learn; 0: whole columns
    bool normalize_rewards = false;  ///< see `RewardNormalizer`
    Index threads = 1;               ///< number of threads, from 1 to `Threads::most`

    /// All on which results depend.
    void visit_state(State& state) {
        state("horizon", horizon);
        state("episodes", episodes);
        state("store", store);
        state("minibatch", minibatch);
        state("sequence", sequence);
        state("normalize_rewards", normalize_rewards);
    }
};

/// The `TrainerOptions` of an algorithm: copies each field that the algorithm's options have too, by its name.
template <class Options>
TrainerOptions trainer_options(std::string_view name, const Options& options) {
    TrainerOptions trainer{.name = name};
    if constexpr (requires { options.horizon; }) trainer.horizon = options.horizon;
    if constexpr (requires { options.episodes; }) trainer.episodes = options.episodes;
    if constexpr (requires { options.store; }) trainer.store = options.store;
    if constexpr (requires { options.minibatch; }) trainer.minibatch = options.minibatch;
    if constexpr (requires { options.sequence; }) trainer.sequence = options.sequence;
    if constexpr (requires { Options::default_sequence; }) {
        if (trainer.sequence == 0) trainer.sequence = std::min(Options::default_sequence, trainer.horizon);
    }
    if constexpr (requires { options.normalize_rewards; }) trainer.normalize_rewards = options.normalize_rewards;
    if constexpr (requires { options.threads; }) trainer.threads = options.threads;
    return trainer;
}

namespace detail {

/// Upper bound of the number of samples: beyond any memory, and low enough that sizes in bytes do not overflow.
inline constexpr Index most_samples = Index{1} << 40;

}  // namespace detail

/// Returns the trainer's name. Throws an `Error` that begins with it on values out of range, and when the critic does
/// not fit the environments.
template <class V, class C, class Adv>
std::string_view check_trainer(const TrainerOptions& options, const V& envs, const C& critic, const Adv& advantage) {
    const auto& [name, horizon, episodes, store, minibatch, sequence, normalize_rewards, threads] = options;
    const Index n = envs.size();
    require(n >= 1, "{}: there are {} environments; give at least 1", name, n);
    require(episodes >= 0, "{}: episodes is {}; give at least 1 of each environment, or 0 and a horizon", name,
            episodes);
    require(episodes == 0 || horizon == 0,
            "{}: horizon is {} and episodes is {}; give one of them, and 0 for the other", name, horizon, episodes);
    require(episodes >= 1 || horizon >= 1, "{}: horizon is {}; give at least 1 step", name, horizon);
    require(horizon <= detail::most_samples / n, "{}: horizon is {}; give at most {} steps of each of {} environments",
            name, horizon, detail::most_samples / n, n);
    require(episodes <= detail::most_samples / n, "{}: episodes is {}; give at most {} of each of {} environments",
            name, episodes, detail::most_samples / n, n);
    require(sequence >= 0 && (sequence <= horizon || horizon == 0),
            "{}: sequence is {}; give a number of steps from 1 to the horizon, {}, or 0 for the default", name,
            sequence, horizon);
    require(store >= 1, "{}: store is {}; keep at least 1 rollout", name, store);
    if (episodes >= 1) {
        require(minibatch >= 1, "{}: minibatch is {}; give at least 1 sample", name, minibatch);
    } else {
        require(minibatch == all_samples || (minibatch >= 1 && minibatch <= n * horizon),
                "{}: minibatch is {}; give a number of samples from 1 to environments x horizon ({} x {} = {})", name,
                minibatch, n, horizon, n * horizon);
    }
    check_thread_count(name, threads);
    advantage.check(has_critic<C>);
    if constexpr (has_critic<C>) {
        require(critic.observation_size() == observation_size_of(envs),
                "{}: the critic takes observations of {} numbers, the environments give {}; build the critic from "
                "these environments",
                name, critic.observation_size(), observation_size_of(envs));
    }
    return name;
}

}  // namespace GRADIVA_NAMESPACE
