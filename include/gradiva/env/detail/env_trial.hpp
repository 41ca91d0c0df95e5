#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/detail/hash.hpp"
#include "gradiva/env/detail/metrics_trial.hpp"
#include "gradiva/env/detail/picture_trial.hpp"
#include "gradiva/env/detail/random_actions.hpp"
#include "gradiva/env/detail/tried_choices.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Runs one environment under random actions and throws `Error` on broken rules that show in a single run. Each call
/// returns a hash of all that the environment gave, in place of a trace, which would not fit in memory for images.
template <class E>
class EnvTrial {
public:
    explicit EnvTrial(E env)
        : env_(std::move(env)), observation_space_(env_.observation_space()), action_space_(env_.action_space()),
          draws_(action_space_, Rng()), tried_(action_space_) {
        check_observation_space("check_env", observation_space_);
        check_action_space("check_env", action_space_);
        for (auto& frame : frames_) frame.assign(to_size(observation_space_.size + 2 * margin), guard);
        actions_.resize(action_shape_of(action_space_), 1);
        mask_.resize(HasActionMask<E> ? choices_of(action_space_) : 0, 1);
    }

    /// Begins a run with streams of these names, in whatever state the environment is.
    std::uint64_t start(std::uint64_t seed, std::uint64_t action_seed) {
        first_rng_ = rng_ = Rng(seed, Purpose::environment);
        draws_ = {action_space_, Rng(action_seed, Purpose::action)};
        steps_ = episodes_ = begun_ = 0;
        starts_differ_ = false;
        Hash hash;
        reset(hash);
        first_start_ = start_;
        return hash.value();
    }

    /// Draws the environment after each call, once it is switched on.
    PictureTrial& pictures() { return pictures_; }

    /// Goes on from where another trial is, whose environment this one's is a copy of.
    void follow(const EnvTrial& other) {
        rng_ = other.rng_;
        draws_ = other.draws_;
        frames_ = other.frames_;
        now_ = other.now_;
        outcome_ = other.outcome_;
        steps_ = other.steps_;
        Hash mask;
        take_mask(mask);
    }

    /// Asks for metrics so many times more at each episode's end.
    void ask_metrics_again(int times) { metric_calls_ = 1 + times; }

    /// One step, and a reset where it ends an episode.
    std::uint64_t step() {
        ++steps_;
        draws_.draw(actions_.all(), std::as_const(mask_).matrix(), 0);
        at_reset_ = false;
        prepare_frame();
        attempt([&] {
            outcome_ = env_.step(action_at(action_space_, std::as_const(actions_).all(), 0), rng_, observation());
        });
        Hash hash;
        take_observation(hash);
        const auto [reward, terminated, truncated] = outcome_;
        if (!terminated) take_mask(hash);
        if (!std::isfinite(static_cast<float>(reward))) {
            fail("check_env: the reward of {} is {}; return a number that is finite as a float{}", place(), reward,
                 hint());
        }
        if (terminated && truncated) {
            fail(
                "check_env: {} is both terminated and truncated; truncated is for an episode that is cut off from "
                "outside although it could go on",
                place());
        }
        hash.add(reward);
        hash.add(terminated ? 1 : truncated ? 2 : 0);
        tried_.add_success(action_space_, std::as_const(actions_).all());
        if (terminated || truncated) {
            ++episodes_;
            longest_ = std::max(longest_, steps_ - begun_);
            begun_ = steps_;
            try_metrics(
                std::as_const(env_), metric_calls_, [&](const auto& call) { attempt(call); }, [&] { return place(); },
                hash);
            reset(hash);
            starts_differ_ = starts_differ_ || start_ != first_start_;
        }
        return hash.value();
    }

    Index steps() const { return steps_; }
    /// Episodes of the run that ended.
    Index episodes() const { return episodes_; }
    /// Steps of the longest that ended, in all runs.
    Index longest_episode() const { return longest_; }
    /// Whether episodes of the run began differently.
    bool starts_differ() const { return starts_differ_; }
    /// Whether the run has drawn from its Rng.
    bool has_drawn() const {
        Rng first = first_rng_, now = rng_;
        for (int i = 0; i < 4; ++i) {
            if (first() != now()) return true;
        }
        return false;
    }
    const Box& observation_space() const { return observation_space_; }
    const auto& action_space() const { return action_space_; }
    E& env() { return env_; }
    /// What the last step returned, and what is observed and legal after it and the reset that follows it, if any.
    const Outcome& outcome() const { return outcome_; }
    std::span<const float> observed() const {
        return std::span(frames_[now_]).subspan(to_size(margin), to_size(observation_space_.size));
    }
    std::span<const std::uint8_t> legal() const { return mask_.column(0); }

private:
    // Guard elements before and after the observation, which an environment must not write to.
    static constexpr Index margin = 8;
    static constexpr float guard = -1.2345e30F;

    /// The call of the run that was made last, for messages.
    std::string place() const {
        if (at_reset_) return steps_ == 0 ? "reset" : fmt::format("reset (after step {})", steps_);
        return fmt::format("step {} (action {})", steps_, describe_action(std::as_const(actions_).all(), 0));
    }

    std::span<float> observation() {
        return std::span(frames_[now_]).subspan(to_size(margin), to_size(observation_space_.size));
    }

    /// Switches to the other frame: an environment must not write to the observation of an earlier call.
    void prepare_frame() {
        std::fill(frames_[now_].begin(), frames_[now_].end(), guard);
        now_ = 1 - now_;
        std::fill(frames_[now_].begin(), frames_[now_].end(), guard);
        std::fill(observation().begin(), observation().end(), std::numeric_limits<float>::quiet_NaN());
    }

    void reset(Hash& hash) {
        at_reset_ = true;
        prepare_frame();
        attempt([&] { env_.reset(rng_, observation()); });
        Hash start;
        take_observation(start);
        take_mask(start);
        start_ = start.value();
        hash.add(start_);
    }

    /// Runs a call of the environment and says where it was if it throws.
    template <class Body>
    void attempt(const Body& body) {
        as_error(body,
                 [&](const char* what) { return fmt::format("check_env: {} threw: {}{}", place(), what, hint()); });
    }

    void take_observation(Hash& hash) {
        check_spaces();
        check_frames();
        for (Index i = 0; i < observation_space_.size; ++i) {
            const float x = observation()[to_size(i)];
            if (!std::isfinite(x)) {
                fail("check_env: observation[{}] after {} is {}, or was not written; write a finite number{}", i,
                     place(), x, hint());
            }
            const float low = observation_space_.low_of(i), high = observation_space_.high_of(i);
            if (x < low || x > high) {
                fail(
                    "check_env: observation[{}] after {} is {}, outside [{}, {}]; correct it or the bounds of the "
                    "observation space",
                    i, place(), x, low, high);
            }
            hash.add(x);
        }
        pictures_.draw(env_, [this] { return place(); });
    }

    void check_frames() const {
        const auto is_left_alone = [](float x) { return x == guard; };
        const auto &frame = frames_[now_], &old = frames_[1 - now_];
        if (!std::all_of(frame.begin(), frame.begin() + margin, is_left_alone) ||
            !std::all_of(frame.end() - margin, frame.end(), is_left_alone)) {
            fail(
                "check_env: {} writes outside the {} elements of its observation; make the observation space as large "
                "as what is written",
                place(), observation_space_.size);
        }
        if (!std::all_of(old.begin(), old.end(), is_left_alone)) {
            fail("check_env: {} writes to the observation of an earlier call; write to the one that the call is given",
                 place());
        }
    }

    void check_spaces() const {
        const auto check = [this](const char* which, const auto& now, const auto& first) {
            if (now == first) return;
            fail("check_env: after {} the {} space is {}, and was {} at first, or has other bounds; keep to one space",
                 place(), which, describe(now), describe(first));
        };
        check("observation", env_.observation_space(), observation_space_);
        check("action", env_.action_space(), action_space_);
    }

    void take_mask(Hash& hash) {
        if constexpr (HasActionMask<E>) {
            ask_mask(mask_);
            check_mask("check_env", action_space_, std::as_const(mask_).matrix(), {0, 1}, place().c_str());
            again_.resize(mask_.rows(), 1);
            for (int i = 0; i < 2; ++i) {
                ask_mask(again_);
                for (Index k = 0; k < mask_.rows(); ++k) {
                    if (mask_(k, 0) == again_(k, 0)) continue;
                    fail(
                        "check_env: two calls of action_mask after {} differ at choice {}; let it depend on nothing "
                        "but the state",
                        place(), k);
                }
            }
            for (const std::uint8_t legal : mask_.column(0)) hash.add(legal);
        }
    }

    void ask_mask(MatrixBuffer<std::uint8_t>& legal) {
        std::fill_n(legal.data(), legal.rows(), std::uint8_t{1});
        attempt([&] { env_.action_mask(legal.column(0)); });
    }

    /// What else to say of a step that failed.
    std::string hint() const {
        return at_reset_ ? std::string() : tried_.hint(action_space_, std::as_const(actions_).all());
    }

    using Space = decltype(std::declval<const E&>().action_space());

    E env_;
    Box observation_space_;
    Space action_space_;
    Rng rng_, first_rng_;
    RandomActions<Space> draws_;
    std::array<std::vector<float>, 2> frames_;
    std::size_t now_ = 0;  // which frame is in use
    ActionBatch actions_;
    MatrixBuffer<std::uint8_t> mask_, again_;
    PictureTrial pictures_;
    Outcome outcome_;
    TriedChoices<Space> tried_;
    Index steps_ = 0, episodes_ = 0;
    Index begun_ = 0, longest_ = 0;  // the step before the present episode; steps of the longest that ended
    bool at_reset_ = true, starts_differ_ = false;
    std::uint64_t start_ = 0, first_start_ = 0;
    int metric_calls_ = 2;
};

}  // namespace GRADIVA_NAMESPACE::detail
