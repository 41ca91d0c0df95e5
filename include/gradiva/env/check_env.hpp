#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/env.hpp"

namespace gradiva {

struct CheckEnvOptions {
    Index steps = 10'000;    ///< random actions that are tried; an episode must end within them
    std::uint64_t seed = 0;  ///< of the environment's and the actions' randomness
};

namespace detail {

/// Runs an environment under random actions and holds it to its contract; see `check_env`.
template <class E>
class EnvChecker {
public:
    EnvChecker(E env, const CheckEnvOptions& options)
        : env_(std::move(env)), observation_space_(env_.observation_space()), action_space_(env_.action_space()),
          env_rng_(options.seed, Purpose::environment), action_rng_(options.seed, Purpose::action) {
        require(options.steps >= 1, "check_env: steps is {}; give at least 1", options.steps);
        check_box("check_env", "observation", observation_space_);
        check_action_space("check_env", action_space_);
        frame_.assign(static_cast<std::size_t>(observation_space_.size + 2 * margin), 0);
        actions_.resize(action_shape_of(action_space_), 1);
    }

    /// Everything that was observed and rewarded, in order.
    std::vector<float> run(Index steps) {
        reset();
        for (Index t = 1; t <= steps; ++t) {
            draw_action();
            prepare_frame();
            const Outcome outcome =
                env_.step(action_at(action_space_, std::as_const(actions_).all(), 0), env_rng_, observation());
            check_frame("step", t);
            if (!outcome.terminated) ask_mask("step");
            require(std::isfinite(outcome.reward), "check_env: the reward of step {} is {}; return a finite number", t,
                    outcome.reward);
            require(!(outcome.terminated && outcome.truncated),
                    "check_env: step {} is both terminated and truncated; truncated is for an episode that is cut off "
                    "from outside although it could go on",
                    t);
            trace_.push_back(static_cast<float>(outcome.reward));
            trace_.push_back(outcome.terminated ? 1.0F : outcome.truncated ? 2.0F : 0.0F);
            if (outcome.terminated || outcome.truncated) {
                ++episodes_;
                reset();
            }
        }
        require(episodes_ > 0,
                "check_env: no episode ended within {} steps; wrap the environment in a TimeLimit, or "
                "allow more steps",
                steps);
        return std::move(trace_);
    }

private:
    // Elements before and after the observation that an environment must leave alone.
    static constexpr Index margin = 8;
    static constexpr float guard = -1.2345e30F;

    std::span<float> observation() {
        return std::span(frame_).subspan(static_cast<std::size_t>(margin),
                                         static_cast<std::size_t>(observation_space_.size));
    }

    void prepare_frame() {
        std::fill(frame_.begin(), frame_.end(), guard);
        std::fill(observation().begin(), observation().end(), std::numeric_limits<float>::quiet_NaN());
    }

    void check_frame(const char* where, Index step) {
        for (Index i = 0; i < margin; ++i) {
            const float before = frame_[static_cast<std::size_t>(i)];
            const float after = frame_[static_cast<std::size_t>(margin + observation_space_.size + i)];
            require(before == guard && after == guard,
                    "check_env: {} (step {}) writes outside the {} elements of its observation; make the observation "
                    "space as large as what is written",
                    where, step, observation_space_.size);
        }
        for (Index i = 0; i < observation_space_.size; ++i) {
            const float x = observation()[static_cast<std::size_t>(i)];
            require(std::isfinite(x),
                    "check_env: observation[{}] after {} (step {}) is {}, or was not written; write a "
                    "finite number",
                    i, where, step, x);
            require(
                x >= observation_space_.low_of(i) && x <= observation_space_.high_of(i),
                "check_env: observation[{}] after {} (step {}) is {}, outside [{}, {}]; correct it or the bounds of "
                "the observation space",
                i, where, step, x, observation_space_.low_of(i), observation_space_.high_of(i));
            trace_.push_back(x);
        }
    }

    void reset() {
        prepare_frame();
        env_.reset(env_rng_, observation());
        check_frame("reset", 0);
        ask_mask("reset");
    }

    void ask_mask(const char* where) {
        if constexpr (HasActionMask<E>) {
            mask_.resize(choices_of(action_space_), 1);
            mask_.matrix().setOnes();
            env_.action_mask(mask_.column(0));
            check_mask("check_env", action_space_, std::as_const(mask_).matrix(), {0, 1}, where);
            for (const std::uint8_t legal : mask_.column(0)) trace_.push_back(legal != 0 ? 1.0F : 0.0F);
        }
    }

    void draw_action() { draw_action(action_space_); }

    void draw_action(const Discrete& space) { draw_choice(0, 0, space.n); }
    void draw_action(const Box& space) {
        for (Index i = 0; i < space.size; ++i) {
            MatrixMap<float>(actions_.all().reals)(i, 0) = draw_within(space.low_of(i), space.high_of(i));
        }
    }
    void draw_action(const MultiDiscrete& space) {
        Index first = 0;
        for (std::size_t k = 0; k < space.n.size(); first += space.n[k++]) {
            draw_choice(static_cast<Index>(k), first, space.n[k]);
        }
    }
    void draw_action(const MultiBinary& space) {
        for (Index i = 0; i < space.size; ++i) draw_choice(i, 0, 2);
    }
    void draw_action(const HybridSpace& space) {
        draw_action(space.choice);
        draw_action(space.box);
    }

    /// One of n choices that is legal; theirs are the rows of the mask from `first` on.
    void draw_choice(Index row, Index first, Index n) {
        Index choice = action_rng_.below(n);
        while (HasActionMask<E> && mask_(first + choice, 0) == 0) choice = action_rng_.below(n);
        MatrixMap<int>(actions_.all().integers)(row, 0) = static_cast<int>(choice);
    }

    /// Where a bound is missing, within `reach` of the other one, or of 0.
    float draw_within(float low, float high) {
        constexpr float reach = 10;
        const float from = std::isfinite(low) ? low : std::isfinite(high) ? high - reach : -reach;
        const float to = std::isfinite(high) ? high : from + (std::isfinite(low) ? reach : 2 * reach);
        return std::clamp(static_cast<float>(action_rng_.uniform(from, to)), from, to);
    }

    E env_;
    Box observation_space_;
    decltype(std::declval<const E&>().action_space()) action_space_;
    Rng env_rng_;
    Rng action_rng_;
    std::vector<float> frame_;
    std::vector<float> trace_;
    ActionBatch actions_;
    MatrixBuffer<std::uint8_t> mask_;
    Index episodes_ = 0;
};

}  // namespace detail

/// Tries an environment with random actions and throws `Error` on the first rule that it breaks: spaces that hold
/// nothing; an observation that is not finite, not within its bounds, not fully written or written beyond its size; a
/// reward that is not finite; a mask without a legal action; a step both terminated and truncated; no end of an
/// episode; randomness from elsewhere than the `Rng`, which shows as two copies that differ under one seed.
template <class E>
void check_env(const E& env, CheckEnvOptions options = {}) {
    static_assert(detail::explain_env<E>());
    const std::vector<float> first = detail::EnvChecker<E>(env, options).run(options.steps);
    const std::vector<float> second = detail::EnvChecker<E>(env, options).run(options.steps);
    const bool same =
        first.size() == second.size() && std::memcmp(first.data(), second.data(), first.size() * sizeof(float)) == 0;
    require(same,
            "check_env: two copies differ under seed {}; draw all randomness from the Rng that reset and step "
            "are given, and let reset forget the episode before",
            options.seed);
}

}  // namespace gradiva
