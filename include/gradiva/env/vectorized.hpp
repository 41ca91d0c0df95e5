#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/positional.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/env.hpp"
#include "gradiva/env/env_factory.hpp"
#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE {

/// How many environments `Vectorized` makes, and what they draw from.
struct VectorizedOptions {
    Index count = 1;                         ///< environments, at least 1
    std::uint64_t seed = 0;                  ///< names all random streams, those of the actor included
    Purpose purpose = Purpose::environment;  ///< which streams the environments draw from
};

namespace detail {

/// A member that can be copied only where `copied` says so.
template <bool copied>
struct CopiedIf {};
template <>
struct CopiedIf<false> {
    CopiedIf() = default;
    CopiedIf(CopiedIf&&) = default;
    CopiedIf& operator=(CopiedIf&&) = default;
};

}  // namespace detail

/// N copies of one environment, the i-th with the random stream (seed, purpose, i). Models `VectorEnv`. Environments
/// get actions of a Box clipped to its bounds; rollouts keep them as they were sampled.
template <class E>
class Vectorized : public MetricNamesFrom<E> {
    static_assert(detail::explain_prototype<E>());

public:
    using Environment = E;

    /// Copies the prototype. Throws `Error` on a count below 1 and on spaces that hold nothing.
    explicit Vectorized(const E& prototype, VectorizedOptions options = {})
        : Vectorized(options, [&prototype](Index) { return prototype; }) {}

    /// Calls `make(i)` for each environment; all must have the same spaces.
    template <EnvFactory F>
    explicit Vectorized(F make, VectorizedOptions options = {}) : Vectorized(options, std::move(make)) {}

    /// Only says that the count has a name.
    template <class Source, Positional Count, Positional... More>
    Vectorized(const Source&, Count, More...) {
        static_assert(!Positional<Count>,
                      "gradiva: Vectorized takes its options by name: Vectorized envs(env, {.count = 8, .seed = 1})");
    }

    Index size() const { return static_cast<Index>(places_.size()); }
    std::uint64_t seed() const { return seed_; }
    Index shards() const { return size(); }
    Box observation_space() const { return observation_space_; }
    auto action_space() const { return action_space_; }
    const E& operator[](Index i) const { return places_[static_cast<std::size_t>(i)].env; }

    static constexpr bool fails_one_by_one = true;
    Index& holders() { return holders_; }

    void reset(Range range, MatrixRef<float> observation) {
        serve_all(range, observation, [&](Index j) { reset_one(range.begin + j, observation, j); });
    }

    void step(Range range, const ConstActionView& actions, StepView& out) {
        serve_all(range, out.observation, [&](Index j) { step_one(range.begin + j, actions, j, out); });
    }

    void action_mask(Range range, MatrixMap<std::uint8_t> legal) const requires HasActionMask<E> {
        for (Index j = 0; j < range.size(); ++j) mask_one(range.begin + j, legal, j);
    }

    /// The random streams and the environments; where episodes begin anew, and of environments whose state cannot be
    /// saved, the streams alone.
    void visit_state(State& state) {
        state.fixed("count", size());
        state.fixed("seed", seed_);
        state.fixed("observation_space", observation_space_);
        state.fixed("action_space", action_space_);
        const auto each = [&](const char* name, const auto& visit) {
            state.each(name, size(), [&](Index i) { visit(places_[static_cast<std::size_t>(i)]); });
        };
        each("streams", [&](Place& place) { place.rng.visit_state(state); });
        if constexpr (HasSavedState<E>) {
            if (!state.restarts_episodes()) each("env", [&](Place& place) { visit_env_state(state, place.env); });
        } else {
            require(state.restarts_episodes() || state.describes(),
                    "Vectorized: these environments show no state; give them void visit_state(State&), or save with "
                    "restart_episodes");
        }
    }

private:
    /// Aligned to cache lines, to avoid false sharing between threads that step neighbouring environments.
    struct alignas(buffer_alignment) Place {
        E env;
        Rng rng;
    };

    using ActionSpaceOf = decltype(std::declval<const E&>().action_space());

    template <class F>
    Vectorized(const VectorizedOptions& options, F make) : seed_(options.seed) {
        require(options.count >= 1, "Vectorized: count is {}; give at least 1 environment", options.count);
        as_error([&] { places_.reserve(static_cast<std::size_t>(options.count)); },
                 [&](const char*) {
                     return fmt::format("Vectorized: there is no memory for {} environments; give fewer",
                                        options.count);
                 });
        for (Index i = 0; i < options.count; ++i) {
            places_.push_back({make(i), Rng(options.seed, options.purpose, static_cast<std::uint64_t>(i))});
        }
        observation_space_ = (*this)[0].observation_space();
        action_space_ = (*this)[0].action_space();
        check_observation_space("Vectorized", observation_space_);
        check_action_space("Vectorized", action_space_);
        sent_actions_ = {action_space_, options.count};
        for (Index i = 1; i < size(); ++i) check_same_spaces(i);
    }

    void check_same_spaces(Index i) const {
        const E& env = (*this)[i];
        require(env.observation_space().size == observation_space_.size,
                "Vectorized: environment {} observes {} numbers, environment 0 {}; give all the same spaces", i,
                env.observation_space().size, observation_space_.size);
        require(env.observation_space().shape == observation_space_.shape,
                "Vectorized: environment {} has the observation space {}, environment 0 {}; give all the "
                "same spaces",
                i, describe(env.observation_space()), describe(observation_space_));
        require(env.action_space() == action_space_,
                "Vectorized: environment {} has the action space {}, environment 0 {}; give all the same spaces and "
                "bounds",
                i, describe(env.action_space()), describe(action_space_));
    }

    /// Column j of the observations of a range, filled with NaN: what the environment fails to write is found by that.
    static std::span<float> blank_column(MatrixRef<float>& observation, Index j) {
        const std::span<float> blank = column(observation, j);
        std::fill(blank.begin(), blank.end(), std::numeric_limits<float>::quiet_NaN());
        return blank;
    }

    static std::span<float> column(MatrixRef<float>& m, Index j) {
        return {m.data() + j * m.outerStride(), static_cast<std::size_t>(m.rows())};
    }

    /// Calls `serve(j)` for every environment of a range, also after one of them has thrown, whose observation is NaN
    /// then; rethrows the first exception.
    template <class Serve>
    static void serve_all(Range range, MatrixRef<float>& observation, const Serve& serve) {
        CaughtException failure;
        for (Index j = 0; j < range.size(); ++j) {
            if (!failure.attempt([&] { serve(j); })) blank_column(observation, j);
        }
        failure.rethrow();
    }

    void step_one(Index i, const ConstActionView& actions, Index j, StepView& out) {
        auto& [env, rng] = places_[static_cast<std::size_t>(i)];
        const auto k = static_cast<std::size_t>(j);
        const Outcome outcome = env.step(sent_actions_(actions, j, i), rng, blank_column(out.observation, j));
        out.reward[k] = outcome.reward;
        out.terminated[k] = outcome.terminated ? 1 : 0;
        out.truncated[k] = outcome.truncated && !outcome.terminated ? 1 : 0;
        if (outcome.terminated || outcome.truncated) {
            const std::span<float> last = column(out.observation, j);
            std::copy(last.begin(), last.end(), column(out.final_observation, j).begin());
            if constexpr (HasActionMask<E>) {
                if (out.truncated[k] != 0) mask_one(i, out.final_mask, j);
            }
            if constexpr (metric_count<E> != 0) {
                if (out.metrics.rows() > 0) env.metrics({&out.metrics(0, j), to_size(metric_count<E>)});
            }
            reset_one(i, out.observation, j);
        }
    }

    void mask_one(Index i, MatrixMap<std::uint8_t>& legal, Index j) const {
        const std::span<std::uint8_t> own(legal.data() + j * legal.rows(), static_cast<std::size_t>(legal.rows()));
        std::fill(own.begin(), own.end(), std::uint8_t{1});
        (*this)[i].action_mask(own);
    }

    void reset_one(Index i, MatrixRef<float>& observation, Index j) {
        auto& [env, rng] = places_[static_cast<std::size_t>(i)];
        env.reset(rng, blank_column(observation, j));
    }

    std::uint64_t seed_;
    std::vector<Place> places_;
    Box observation_space_;
    ActionSpaceOf action_space_{};
    SentActions<ActionSpaceOf> sent_actions_;
    Index holders_ = 0;
    [[no_unique_address]] detail::CopiedIf<std::is_copy_constructible_v<E>> copied_;
};

template <EnvFactory F>
Vectorized(F, VectorizedOptions) -> Vectorized<std::remove_cvref_t<std::invoke_result_t<F&, Index>>>;
template <EnvFactory F>
Vectorized(F) -> Vectorized<std::remove_cvref_t<std::invoke_result_t<F&, Index>>>;
template <class Source, Positional Count, Positional... More>
Vectorized(Source, Count, More...) -> Vectorized<typename EnvMadeBy<Source>::Type>;

}  // namespace GRADIVA_NAMESPACE
