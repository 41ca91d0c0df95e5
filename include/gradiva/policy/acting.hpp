#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/env/action_access.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/env.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/policy/check_fit.hpp"
#include "gradiva/policy/checked_behaviour.hpp"
#include "gradiva/policy/episode.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of one action.
struct ActOptions {
    std::span<const std::uint8_t> legal = {};  ///< an action mask, as `action_mask` writes it; empty: none, where none is needed
    Rng* rng = nullptr;                        ///< draws the action; null: the most probable one
};

namespace detail {

/// The type of the policy in `Acting(actor, environment)`; a compile-time error if it is not a `Policy`.
template <class A>
struct ServingPolicy {
    static_assert(
        Policy<A>,
        "gradiva: Acting(actor, environment) needs a Policy such as Actor first, then whose spaces it serves");
    using Type = A;
};

/// The type of the action space in `Acting(actor, environment)`; a compile-time error if it is not an environment.
template <class E>
struct ServedSpace {
    static_assert(Env<E> || VectorEnv<E>,
                  "gradiva: Acting(actor, environment) needs an Env or a VectorEnv second, whose spaces it serves");
    using Type = std::remove_cvref_t<decltype(std::declval<const E&>().action_space())>;
};

}  // namespace detail

/// Inference, one observation at a time, in a loop of the caller's, such as a game's or a robot's: maps an observation
/// to the action that `step` takes.
///
///     Acting acting(actor, environment);              // or the vectorised environments of the training
///     const int action = acting.act(observation);     // the most probable one
///     const int other = acting.act(observation, rng); // a sampled one
///
/// An actor whose network has a memory acts in an episode, which carries the state from one action to the next; others
/// take one too, and need none:
///
///     auto episode = acting.begin();                          // at the beginning of an episode
///     const int action = acting.act(observation, episode);    // and as above: act(observation, episode, legal, rng)
///     episode.restart();                                      // another one begins
///
/// `act` returns an `int` for Discrete, a `std::span<const int>` for MultiDiscrete and MultiBinary, a
/// `std::span<const float>` for Box and a `HybridAction` for HybridSpace; spans are valid until the next `act`. Reals
/// are clipped to the bounds of the Box, as in training and in `evaluate`.
///
/// `legal` is an action mask as `action_mask` writes it: 1 for each legal choice, 0 for the others. For environments
/// with masks each call needs it; for others it is optional where the distribution supports masks.
///
/// Throws `Error`, and returns no action, on an observation or mask of a wrong size, on an observation, head or action
/// that is not finite, on a mask without a legal choice, on an illegal action, and on an episode of another policy,
/// whose state has another size; the episode's state is then as it was. Allocates in the constructor and in `begin`
/// only. Borrows the actor, which must outlive it and may be trained between calls. Not thread-safe: use one `Acting`
/// per thread.
template <Policy A, class Space>
class Acting {
    static_assert(ActionSpace<Space>);

public:
    using Scalar = typename A::Scalar;
    using Action = typename ActionOfSpace<Space>::Type;

    /// For the spaces of an `Env` or `VectorEnv`, which it does not store. Throws `Error` where the actor does not fit.
    template <class E>
    Acting(const A& actor, const E& environment)
        : Acting(actor, environment.observation_space(), environment.action_space(),
                 HasActionMask<E> || HasVectorActionMask<E>) {}

    /// For given spaces; `masked`: each call of `act` needs a mask.
    Acting(const A& actor, const Box& observation_space, const Space& action_space, bool masked)
        : actor_(&actor), action_space_(action_space), sent_(action_space_, 1), needs_mask_(masked),
          observation_(actor.observation_size(), 1), legal_(choices_of(action_space_), 1),
          chosen_(actor.action_shape(), 1), checked_("Acting", actor, action_space_, 1) {
        check_observation_space("Acting", observation_space);
        check_action_space("Acting", action_space_);
        check_fit("Acting", actor, observation_space.size, action_space_, needs_mask_ ? choices_of(action_space_) : 0);
        allocate();
    }

    /// Refuses a temporary actor, which would not outlive the statement.
    template <class E>
    Acting(const A&&, const E&) {
        static_assert(sizeof(E) == 0, "gradiva: Acting borrows its actor: give it a variable, which outlives it");
    }

    /// The most probable action.
    Action act(std::span<const float> observation) { return choose(observation, no_mask(), {}); }
    /// The most probable legal action.
    Action act(std::span<const float> observation, std::span<const std::uint8_t> legal) {
        return choose(observation, mask(legal), {});
    }
    /// A sampled action, drawn with the caller's `rng`.
    Action act(std::span<const float> observation, Rng& rng) { return choose(observation, no_mask(), {&rng, 1}); }
    /// A sampled legal action.
    Action act(std::span<const float> observation, std::span<const std::uint8_t> legal, Rng& rng) {
        return choose(observation, mask(legal), {&rng, 1});
    }

    /// Either, as the options say.
    Action act(std::span<const float> observation, const ActOptions& options) {
        return choose(observation, mask_of(options), rng_of(options));
    }

    /// An episode at its beginning.
    Episode begin() const { return Episode::of<Scalar>(state_size_of(*actor_)); }

    // The same in an episode, whose state goes on by one step.

    Action act(std::span<const float> observation, Episode& episode) {
        return choose(observation, episode, no_mask(), {});
    }
    Action act(std::span<const float> observation, Episode& episode, std::span<const std::uint8_t> legal) {
        return choose(observation, episode, mask(legal), {});
    }
    Action act(std::span<const float> observation, Episode& episode, Rng& rng) {
        return choose(observation, episode, no_mask(), {&rng, 1});
    }
    Action act(std::span<const float> observation, Episode& episode, std::span<const std::uint8_t> legal, Rng& rng) {
        return choose(observation, episode, mask(legal), {&rng, 1});
    }
    Action act(std::span<const float> observation, Episode& episode, const ActOptions& options) {
        return choose(observation, episode, mask_of(options), rng_of(options));
    }

private:
    /// Acts on an observation of zeros, without and with a mask, so that all buffers have their final size.
    void allocate() {
        std::fill_n(legal_.data(), legal_.rows(), std::uint8_t{1});
        [[maybe_unused]] Episode episode = begin();
        const auto act_on_zeros = [&](const ActionMask& legal) {
            if constexpr (HasMemory<A>) {
                checked_.forward(std::as_const(observation_).matrix(), legal, one_step(episode));
            } else {
                checked_.forward(std::as_const(observation_).matrix(), legal);
            }
            checked_.draw({}, chosen_.all());
        };
        act_on_zeros(all_legal(1));
        if (supports_masks()) act_on_zeros(std::as_const(legal_).matrix());
    }

    bool supports_masks() const {
        if constexpr (requires { actor_->mask_size(); }) {
            return legal_.rows() > 0 && actor_->mask_size() > 0;
        } else {
            return needs_mask_;
        }
    }

    ActionMask no_mask() const {
        require(!needs_mask_,
                "Acting: the environments have action masks; give act the legal choices as their action_mask writes "
                "them, all 1 where all are legal");
        return all_legal(1);
    }

    /// A view of a copy of the mask. Throws `Error` on a wrong size, other numbers than 0 and 1, or no legal choice.
    ActionMask mask(std::span<const std::uint8_t> legal) {
        if (!supports_masks()) {
            fail("Acting: {} numbers say which choices are legal, and {} {}; leave them out", legal.size(),
                 describe(action_space_),
                 legal_.rows() == 0 ? "has no masks" : "is served by a distribution that takes no masks");
        }
        if (static_cast<Index>(legal.size()) != legal_.rows()) {
            fail("Acting: {} numbers say which choices are legal, and {} has {} choices; give one number per choice",
                 legal.size(), describe(action_space_), legal_.rows());
        }
        for (std::size_t i = 0; i < legal.size(); ++i) {
            require(legal[i] <= 1, "Acting: legal[{}] is {}; give 1 for a legal choice and 0 for another", i, legal[i]);
        }
        std::copy(legal.begin(), legal.end(), legal_.data());
        const ActionMask view = std::as_const(legal_).matrix();
        check_mask("Acting", action_space_, view, {0, 1}, "act");
        return view;
    }

    ActionMask mask_of(const ActOptions& options) { return options.legal.empty() ? no_mask() : mask(options.legal); }
    static std::span<Rng> rng_of(const ActOptions& options) {
        return options.rng != nullptr ? std::span(options.rng, 1) : std::span<Rng>();
    }

    void observe(std::span<const float> observation) {
        require(static_cast<Index>(observation.size()) == observation_.rows(),
                "Acting: the observation has {} numbers, the policy takes {}; give it as the environment writes it",
                observation.size(), observation_.rows());
        for (std::size_t i = 0; i < observation.size(); ++i) {
            require(std::isfinite(observation[i]), "Acting: observation[{}] is {}; give finite numbers", i,
                    observation[i]);
            observation_.data()[i] = static_cast<Scalar>(observation[i]);
        }
    }

    Action choose(std::span<const float> observation, const ActionMask& legal, std::span<Rng> rng) {
        static_assert(!HasMemory<A>,
                      "gradiva: this actor has a memory, which an episode carries from one action to the next: auto "
                      "episode = acting.begin(); acting.act(observation, episode)");
        if constexpr (HasMemory<A>) {
            return {};
        } else {
            observe(observation);
            return sent_(checked_.act(std::as_const(observation_).matrix(), legal, rng, chosen_.all()), 0, 0);
        }
    }

    Action choose(std::span<const float> observation, Episode& episode, const ActionMask& legal, std::span<Rng> rng) {
        check_episode(episode);
        if constexpr (HasMemory<A>) {
            observe(observation);
            const Action action = sent_(
                checked_.act(std::as_const(observation_).matrix(), legal, one_step(episode), rng, chosen_.all()), 0, 0);
            const std::span<Scalar> state = episode.state<Scalar>();
            std::copy_n(checked_.state_after().data(), state.size(), state.begin());
            return action;
        } else {
            return choose(observation, legal, rng);
        }
    }

    void check_episode(const Episode& episode) const {
        const Index size = state_size_of(*actor_);
        require(episode.state_size() == size && (size == 0 || !episode.state<Scalar>().empty()),
                "Acting: the episode has a state of {} numbers, and the policy one of {}, or of another type; give an "
                "episode that begin() of this policy made",
                episode.state_size(), size);
    }

    /// One step of the episode, which is a sequence of one column.
    static Sequences<Scalar> one_step(const Episode& episode) {
        static constexpr Index width = 1;
        static constexpr std::uint8_t begins = 0;
        const std::span<const Scalar> state = episode.state<Scalar>();
        return {{&width, 1}, {&begins, 1}, {state.data(), static_cast<Index>(state.size()), 1}};
    }

    const A* actor_;
    Space action_space_;
    SentActions<Space> sent_;
    bool needs_mask_;
    MatrixBuffer<Scalar> observation_;
    MatrixBuffer<std::uint8_t> legal_;
    ActionBatch chosen_;
    CheckedBehaviour<A, Space> checked_;
};

template <class A, class E>
Acting(const A&, const E&) -> Acting<typename detail::ServingPolicy<A>::Type, typename detail::ServedSpace<E>::Type>;

}  // namespace GRADIVA_NAMESPACE
