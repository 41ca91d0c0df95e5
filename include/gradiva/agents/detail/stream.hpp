#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/agents/detail/column.hpp"
#include "gradiva/agents/detail/given_action.hpp"
#include "gradiva/agents/detail/open_step.hpp"
#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/spaces_only.hpp"
#include "gradiva/policy/checked_behaviour.hpp"
#include "gradiva/rollout/carried_states.hpp"
#include "gradiva/rollout/column_passes.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What all streams of a `Learner` share.
template <ActionSpace Space, Policy A>
struct StreamContext {
    SpacesOnly<Space> spaces;  ///< with the number of columns, and the seed
    Index mask_size;           ///< 0: actions need no masks
    A policy;                  ///< that acts
    bool recording = true;     ///< whether a rollout is open
    bool ended = false;        ///< the learner's lifetime
};

/// The stream of one agent's experience: chooses its actions, and writes what becomes of them into a column of the
/// rollout that is being collected, if it has one. Borrows context and column. A stream is used by one agent after the
/// other; its actions are drawn from (seed, Purpose::action, index).
///
/// A step is open from its action to the next observation, or to the episode's end. Of a call that throws `Error`
/// nothing remains but, where an action was drawn, the position in the stream of random numbers.
template <ActionSpace Space, Policy A>
class alignas(buffer_alignment) Stream {
public:
    using Scalar = typename A::Scalar;
    using Context = StreamContext<Space, A>;
    using Action = typename ActionOfSpace<Space>::Type;

    /// Without a column (null) it acts, and is not recorded.
    Stream(const Context& context, Index index, Column<Scalar>* column)
        : context_(context), index_(index), open_step_(index, column), action_space_(context.spaces.action_space()),
          rng_(context.spaces.seed(), Purpose::action, static_cast<std::uint64_t>(index)),
          checked_("Learner", context.policy, action_space_, 1), sent_(action_space_, 1),
          states_(state_size_of(context.policy), {0, 1}), observation_(observation_size_of(context.spaces), 1),
          mask_(context.mask_size, 1), chosen_(context.policy.action_shape(), 1), log_prob_(1) {}

    Index index() const { return index_; }
    Index step() const { return step_; }
    bool held() const { return held_; }
    bool is_open() const { return open_step_.is_open(); }
    /// Whether the open step is a sample of the rollout that is being collected.
    bool has_open_sample() const { return open_step_.is_sample(); }
    const StreamCounts& counts() const { return open_step_.counts(); }
    /// Whether this policy chooses its actions.
    bool acts_by(const A& policy) const { return &context_.policy == &policy; }
    /// Whether an action that is chosen now is one of a sample.
    bool records() const { return context_.recording && open_step_.has_room(); }

    /// An agent joins.
    void join() {
        held_ = true;
        step_ = 0;
        begin_episode();
    }

    /// The agent leaves; its episode stays without an end. Throws nothing.
    void leave() {
        open_step_.leave();
        held_ = observed_ = has_mask_ = false;
    }

    void observe(std::span<const float> observation) {
        within([&] {
            require_observation(observation);
            open_step_.observe(observation);
            std::copy(observation.begin(), observation.end(), observation_.data());
            observed_ = true;
        });
    }

    void mask(std::span<const std::uint8_t> legal) {
        within([&] {
            require(mask_.rows() > 0, "there is an action mask of {} numbers; set LearnerOptions::masked",
                    legal.size());
            require(static_cast<Index>(legal.size()) == mask_.rows(),
                    "the mask has {} numbers and there are {} choices; give 1 for each legal choice and 0 for each "
                    "other",
                    legal.size(), mask_.rows());
            const ActionMask view(legal.data(), mask_.rows(), 1);
            check_mask("mask", action_space_, view, {index_, index_ + 1}, "mask");
            std::copy(legal.begin(), legal.end(), mask_.data());
            has_mask_ = true;
            open_step_.mask(observation(), legal);
        });
    }

    void reward(double reward) {
        within([&] { open_step_.reward(reward); });
    }

    void terminated() {
        within([&] {
            open_step_.require_open("terminated");
            open_step_.terminate();
            begin_episode();
        });
    }

    void truncated(std::span<const float> last_observation) {
        within([&] {
            open_step_.require_open("truncated");
            require_observation(last_observation);
            const std::span<const std::uint8_t> legal = std::as_const(mask_).column(0);
            open_step_.truncate(last_observation, has_mask_ ? legal : std::span<const std::uint8_t>());
            begin_episode();
        });
    }

    /// Samples an action.
    Action act() {
        return within([&] { return choose(); });
    }

    /// Records an action that someone else chose.
    void take(const Action& action) {
        within([&] {
            const ActionMask legal = ready_to_act();
            copy_action(action_space_, action, chosen_.all());
            if constexpr (requires { context_.policy.from_environment(chosen_.all(), chosen_.all()); }) {
                // Checked before its conversion, too, which may make a finite number of one that is not.
                check_actions("take", action_space_, std::as_const(chosen_).all(), legal, {index_, index_ + 1});
                context_.policy.from_environment(std::as_const(chosen_).all(), chosen_.all());
            }
            const ConstMatrixMap<Scalar> input = input_(std::as_const(observation_).matrix());
            if constexpr (HasMemory<A>) {
                checked_.forward(input, legal, states_.one_step({0, 1}));
            } else {
                checked_.forward(input, legal);
            }
            checked_.check(checked_.head(), legal, std::as_const(chosen_).all(), {index_, index_ + 1});
            checked_.log_prob(std::as_const(chosen_).all(), log_prob_.vector());
            require(std::isfinite(log_prob_[0]),
                    "the policy gives the action that was taken a log-prob of {}; give one that it can choose",
                    log_prob_[0]);
            accept_own();
        });
    }

    // For whoever acts for several streams at once.

    /// The legal choices of the present observation. Throws `Error` unless there is an observation, with a mask where
    /// actions need one.
    ActionMask legal() {
        return within([&] { return ready_to_act(); });
    }
    std::span<const float> observation() const { return observation_.column(0); }
    Rng& rng() { return rng_; }
    ConstMatrixMap<Scalar> state() const { return states_.of(Range{0, 1}); }
    Index place_in_batch = 0;  ///< written and read by whoever acts
    /// Opens a step by an action, as it is stored, that was chosen by this head with this log-prob; `after` is the
    /// policy's state after it, S x 1.
    void accept(const ConstActionView& action, const ConstMatrixMap<Scalar>& head, Scalar log_prob,
                [[maybe_unused]] const ConstMatrixMap<Scalar>& after) {
        open_step_.open(records(), observation(), std::as_const(mask_).column(0), action, head, log_prob, state());
        if constexpr (HasMemory<A>) states_.take({0, 1}, after);
        observed_ = has_mask_ = false;
        ++step_;
    }

    /// The rollout closes: a step that is open is none of its samples.
    void close() { open_step_.close(); }

    /// Returns `body()`; an `Error` in it begins with the stream and its step.
    template <class Body>
    decltype(auto) within(const Body& body) const {
        return with_prefix(body, [this] { return fmt::format("Learner: stream {}, step {}", index_, step_); });
    }

private:
    void require_observation(std::span<const float> observation) const {
        require(static_cast<Index>(observation.size()) == observation_.rows(),
                "the observation has {} numbers, its space has {}", observation.size(), observation_.rows());
        if (all_finite(observation.data(), observation_.rows())) return;
        for (std::size_t i = 0; i < observation.size(); ++i) {
            require(std::isfinite(observation[i]), "observation[{}] is {}; give finite numbers", i, observation[i]);
        }
    }

    ActionMask ready_to_act() {
        require(observed_, "there is no observation to act on; call act(observation), or observe(observation) before");
        if (mask_.rows() == 0) return all_legal(1);
        require(has_mask_, "there is no action mask; call mask(legal) before each action, all 1 where all are legal");
        return std::as_const(mask_).matrix();
    }

    Action choose() {
        const ActionMask legal = ready_to_act();
        const ConstMatrixMap<Scalar> input = input_(std::as_const(observation_).matrix());
        const auto act = [&] {
            if constexpr (HasMemory<A>) {
                return checked_.act(input, legal, states_.one_step({0, 1}), {&rng_, 1}, chosen_.all());
            } else {
                return checked_.act(input, legal, {&rng_, 1}, chosen_.all());
            }
        };
        const Action action = sent_(act(), 0, 0);
        checked_.log_prob(std::as_const(chosen_).all(), log_prob_.vector());
        checked_.check_log_prob(log_prob_.vector(), {index_, index_ + 1});
        accept_own();
        return action;
    }

    void accept_own() {
        const ActionView chosen = chosen_.all();
        if constexpr (HasMemory<A>) {
            accept(chosen, checked_.head(), log_prob_[0], checked_.state_after());
        } else {
            accept(chosen, checked_.head(), log_prob_[0], {nullptr, 0, 1});
        }
    }

    void begin_episode() {
        open_step_.begin_episode();
        states_.clear({0, 1});
        observed_ = has_mask_ = false;
    }

    const Context& context_;
    Index index_;
    OpenStep<Scalar> open_step_;
    Space action_space_;
    Rng rng_;
    CheckedBehaviour<A, Space> checked_;
    SentActions<Space> sent_;
    CarriedStates<Scalar> states_;
    NetworkInput<Scalar> input_;
    MatrixBuffer<float> observation_;  // D x 1
    MatrixBuffer<std::uint8_t> mask_;  // of the next action
    ActionBatch chosen_;
    Buffer<Scalar> log_prob_;  // of the chosen action
    bool held_ = false;        // by an agent
    bool observed_ = false;    // whether `observation_` waits for an action
    bool has_mask_ = false;    // whether `mask_` does
    Index step_ = 0;           // actions of the agent
};

}  // namespace GRADIVA_NAMESPACE::detail
