#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/detail/env_trial.hpp"
#include "gradiva/env/detail/state_trial.hpp"
#include "gradiva/env/detail/vector_env_trial.hpp"
#include "gradiva/env/env_factory.hpp"
#include "gradiva/env/saved_env.hpp"
#include "gradiva/env/vectorized.hpp"

namespace GRADIVA_NAMESPACE {

/// How `check_env` tries an environment.
struct CheckEnvOptions {
    Index steps = 10'000;    ///< actions that are tried, at least 1; an episode must end within them
    std::uint64_t seed = 0;  ///< of the environment's and the actions' randomness
    /// Whether an episode must not depend on those before it. False for an environment that keeps state across episodes
    /// on purpose, such as the stage of a curriculum.
    bool independent_episodes = true;
};

namespace detail {

/// Compares runs of an environment that have to be the same, or have to differ; see `check_env`. `make(i)` gives the
/// i-th environment, or a copy of the only one.
template <class Make>
class EnvComparison {
public:
    EnvComparison(Make make, const CheckEnvOptions& options) : make_(std::move(make)), options_(options) {
        require(options.steps >= 1, "check_env: steps is {}; give at least 1", options.steps);
    }

    void run() {
        Trial first(make_(0));
        record(first);
        require(first.episodes() > 0,
                "check_env: no episode ended within {} steps; wrap the environment in a TimeLimit, or allow more steps",
                options_.steps);
        step_in_turn();
        if constexpr (metric_count<Environment> != 0) ask_metrics_more_often();
        try_another_seed();
        if constexpr (HasRender<Environment>) draw();
        if constexpr (HasSavedState<Environment> && !std::is_empty_v<Environment>) {
            const auto fresh = [this]() -> Environment { return make_(0); };
            try_state(fresh, first.longest_episode(), options_.steps, options_.seed);
        }
        if (!options_.independent_episodes) return;
        run_again(first);
        interrupt(first.longest_episode());
    }

private:
    using Environment = std::remove_cvref_t<std::invoke_result_t<Make&, Index>>;
    using Trial = EnvTrial<Environment>;

    // Enough to tell whether runs differ, where both did all that can be done in them.
    static constexpr Index few_steps = 1000;

    /// What the first environment gives under the seed, in every step.
    void record(Trial& trial) {
        hashes_.push_back(trial.start(options_.seed, options_.seed));
        for (Index t = 0; t < options_.steps; ++t) hashes_.push_back(trial.step());
        recorded_ = {.has_drawn = trial.has_drawn(), .starts_differ = trial.starts_differ()};
    }

    /// Another copy gives the same, while a third is stepped between its steps with another seed and other actions.
    void step_in_turn() {
        Trial same(make_(0)), other(make_(1));
        check_spaces(same, other);
        Index differ = first_difference(same, options_.steps, [&](Index t) {
            if (t == 0) {
                other.start(options_.seed + 1, options_.seed + 1);
            } else {
                other.step();
            }
        });
        if (differ < 0) return;
        Trial alone(make_(0));
        const bool disturbed = first_difference(alone, differ, [](Index) {}) < 0;
        require(!disturbed,
                "check_env: two copies that are stepped in turn disturb each other, first in step {}; let copies share "
                "nothing, such as by a pointer or a static variable",
                differ);
        fail(
            "check_env: two copies differ under seed {}, first in step {}; draw all randomness from the Rng that reset "
            "and step are given, and let nothing else decide, such as the time or a static variable",
            options_.seed, differ);
    }

    /// Asking for metrics changes nothing.
    void ask_metrics_more_often() const {
        Trial trial(make_(0));
        trial.ask_metrics_again(3);
        const Index differ = first_difference(trial, options_.steps, [](Index) {});
        require(differ < 0,
                "check_env: an environment whose metrics are asked for more often gives other numbers, first in step "
                "{}; let metrics change nothing",
                differ);
    }

    void check_spaces(const Trial& one, const Trial& other) const {
        require(one.observation_space() == other.observation_space() && one.action_space() == other.action_space(),
                "check_env: environments 0 and 1 of the factory have the observation spaces {} and {} and the action "
                "spaces {} and {}; give all the same spaces and bounds",
                describe(one.observation_space()), describe(other.observation_space()), describe(one.action_space()),
                describe(other.action_space()));
    }

    /// What is random in a run has to come from its Rng: differ by the seed, and be drawn where it differs.
    void try_another_seed() const {
        Trial trial(make_(0));
        const Index steps = std::min(options_.steps, few_steps);
        const bool same = first_difference(
                              trial, steps, [](Index) {}, options_.seed + 1) < 0;
        require(same || recorded_.has_drawn,
                "check_env: seeds {} and {} give different numbers, although nothing was drawn from the Rng; draw from "
                "the Rng that reset and step are given, not from a copy of it",
                options_.seed, options_.seed + 1);
        require(!same || !recorded_.starts_differ || !options_.independent_episodes,
                "check_env: episodes begin differently, and in the same way under seeds {} and {}; draw all randomness "
                "from the Rng that reset and step are given, not from a generator of the environment's own, which all "
                "copies would share the numbers of, and let reset forget the episode before",
                options_.seed, options_.seed + 1);
    }

    /// An environment that is drawn gives the same.
    void draw() const {
        Trial drawn(make_(0));
        drawn.pictures().switch_on();
        const Index differ = first_difference(drawn, std::min(options_.steps, few_steps), [](Index) {});
        require(differ < 0,
                "check_env: an environment that is drawn after each step goes on in another way than one that is not, "
                "first in step {}; let render change nothing",
                differ);
    }

    /// The first environment gives the same once more, though it comes from the middle of a run.
    void run_again(Trial& used) const {
        const Index differ = first_difference(used, std::min(options_.steps, few_steps), [](Index) {});
        require(differ < 0,
                "check_env: an environment that was used gives other numbers under seed {} than a fresh one, first in "
                "step {}; {}",
                options_.seed, differ, forget);
    }

    /// The same after a reset in the middle of an episode, early or late in it.
    void interrupt(Index longest_episode) const {
        Trial trial(make_(0));
        for (Index steps :
             {Index{1}, Index{2}, Index{3}, Index{5}, Index{8}, Index{13}, longest_episode / 2, longest_episode - 1}) {
            steps = std::clamp<Index>(steps, 0, options_.steps);
            trial.start(options_.seed, options_.seed);
            for (Index t = 0; t < steps; ++t) trial.step();
            const Index differ = first_difference(trial, std::min<Index>(options_.steps, 50), [](Index) {});
            require(differ < 0,
                    "check_env: after {} steps and a reset in the middle of an episode, an environment gives other "
                    "numbers under seed {} than a fresh one, first in step {}; {}",
                    steps, options_.seed, differ, forget);
        }
    }

    /// Starts a run and returns the first step at which it is not as recorded; -1 where there is none. `before(t)` is
    /// called before each step and, with 0, before the first.
    template <class Before>
    Index first_difference(Trial& trial, Index steps, const Before& before) const {
        return first_difference(trial, steps, before, options_.seed);
    }
    template <class Before>
    Index first_difference(Trial& trial, Index steps, const Before& before, std::uint64_t seed) const {
        before(0);
        if (trial.start(seed, options_.seed) != hashes_[0]) return 0;
        for (Index t = 1; t <= steps; ++t) {
            before(t);
            if (trial.step() != hashes_[static_cast<std::size_t>(t)]) return t;
        }
        return -1;
    }

    static constexpr const char* forget =
        "draw all randomness from the Rng that reset and step are given, not from a generator of the environment's "
        "own, "
        "and let reset forget all that was before, or set independent_episodes to false";

    struct Recorded {
        bool has_drawn = false, starts_differ = false;
    };

    Make make_;
    CheckEnvOptions options_;
    std::vector<std::uint64_t> hashes_;
    Recorded recorded_;
};

}  // namespace detail

/// Tries environments with random actions, legal ones and those at the bounds of a Box among them, and throws `Error`
/// on the first rule of `Env` that they break, saying where. `source` is
/// - an environment, of which copies are tried;
/// - a factory `(Index) -> Env`, for those that cannot be copied or that differ: it makes 0 several times, and 1;
/// - a `VectorEnv`: copies of it, or, where it cannot be copied, it itself, which then has been stepped.
///
/// Of each step: an observation that is not finite, not within its bounds, not fully written or written beyond its
/// size; a reward that is not finite as a float; a mask without a legal action, or another one when asked again; a
/// metric that is not finite or not written, others when asked again, or metrics that change what follows; a step both
/// terminated and truncated; spaces that change; an exception, with the action that led to it. Of the whole: no episode
/// that ends.
///
/// Of several copies, step by step: two under one seed that differ, alone or because one was stepped in between of the
/// other; one that was used, or reset in mid-episode, and differs from a fresh one; another seed that differs, or does
/// not, without a number drawn from the `Rng`. Of a `VectorEnv`: one stepped as a whole and one in parts that differ.
/// With a `render`: an exception of it, such as the canvas throws on a number that is not finite; two calls that draw
/// differently; an environment that goes on in another way because it was drawn.
/// Where the state can be saved (`HasSavedState`): a fresh one that is restored after some steps and goes on in another
/// way.
template <class Source>
void check_env(Source&& source, const CheckEnvOptions& options = {}) {
    using S = std::remove_cvref_t<Source>;
    if constexpr (VectorEnv<S>) {
        static_assert(explain_vector_env<S>());
        require(options.steps >= 1, "check_env: steps is {}; give at least 1", options.steps);
        if constexpr (std::copy_constructible<S>) {
            S whole(std::as_const(source)), split(std::as_const(source));
            detail::compare_vector_envs(whole, split, options.steps, options.seed);
            if constexpr (HasSavedVectorState<S> && !std::is_empty_v<S>) {
                S saved(std::as_const(source)), restored(std::as_const(source));
                detail::try_vector_state(saved, restored, options.steps, options.seed);
            }
        } else {
            detail::try_vector_env(source, options.steps, options.seed);
        }
    } else if constexpr (EnvFactory<S>) {
        if constexpr (detail::explain_env<std::remove_cvref_t<std::invoke_result_t<S&, Index>>>()) {
            detail::EnvComparison([&source](Index i) { return source(i); }, options).run();
        }
    } else if constexpr (detail::explain_prototype<S>()) {
        static_assert(std::copy_constructible<S>,
                      "gradiva: check_env tries copies of the environment; one that cannot be copied is given as a "
                      "factory, check_env([](Index) { return MyEnv(); })");
        if constexpr (std::copy_constructible<S>) {
            detail::EnvComparison([&source](Index) { return S(std::as_const(source)); }, options).run();
        }
    }
}

/// Only says that the steps have a name.
template <class Source, Positional Steps>
void check_env(Source&&, Steps) {
    static_assert(!Positional<Steps>, "gradiva: check_env takes its options by name: check_env(env, {.steps = 1000})");
}

}  // namespace GRADIVA_NAMESPACE
