#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "gradiva/core/check.hpp"
#include "gradiva/env/check_space.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/policy/acting.hpp"
#include "gradiva/policy/episode.hpp"

namespace GRADIVA_NAMESPACE {

/// Inference for an action space that is known when the program runs: `Acting acting(actor)`, where the actor was built
/// from environments. There is one `act` for each kind of action, which writes it to `action`:
///
///   int choice;                    acting.act(observation, choice);          // Discrete
///   std::array<int, 3> choices;    acting.act(observation, choices);         // MultiDiscrete, MultiBinary
///   std::array<float, 2> values;   acting.act(observation, values);          // Box
///                                  acting.act(observation, choice, values);  // HybridSpace
///
/// Without options it is the most probable action; `{.legal = mask, .rng = &rng}` gives a mask, or draws the action. In
/// an episode, which an actor with memory needs, it is
///
///   auto episode = acting.begin();                                   // at the beginning of an episode
///   acting.act(observation, episode, choice, {.rng = &rng});         // and so on; its state goes on by one step
///
/// Real numbers are within the bounds of the space. Throws `Error`, and writes no action, where `action` is of another
/// kind or size than the space, and for what `Acting` in general refuses. Allocates in the constructor and `begin` only. Borrows
/// the actor. Use one object per thread.
template <Policy A>
class Acting<A, AnyActionSpace> {
public:
    using Scalar = typename A::Scalar;

    /// Throws `Error` where the actor was not built from environments.
    explicit Acting(const A& actor) : Acting(actor, spaces_of_actor(actor)) {}
    explicit Acting(const A&&) {
        static_assert(sizeof(A) == 0, "gradiva: Acting borrows its actor: give it a variable, which outlives it");
    }

    /// For given spaces.
    Acting(const A&&, const Spaces&) = delete;
    Acting(const A& actor, const Spaces& spaces) : space_(spaces.action), acting_(make(actor, spaces)) {}

    void act(std::span<const float> observation, int& action, const ActOptions& options = {}) {
        write(asked(observation, options), action);
    }
    void act(std::span<const float> observation, std::span<int> action, const ActOptions& options = {}) {
        write(asked(observation, options), action);
    }
    void act(std::span<const float> observation, std::span<float> action, const ActOptions& options = {}) {
        write(asked(observation, options), action);
    }
    void act(std::span<const float> observation, int& choice, std::span<float> values, const ActOptions& options = {}) {
        write(asked(observation, options), choice, values);
    }

    /// An episode at its beginning.
    Episode begin() const {
        return std::visit([](const auto& acting) { return acting.begin(); }, acting_);
    }

    // The same in an episode.

    void act(std::span<const float> observation, Episode& episode, int& action, const ActOptions& options = {}) {
        write(asked(observation, episode, options), action);
    }
    void act(std::span<const float> observation, Episode& episode, std::span<int> action,
             const ActOptions& options = {}) {
        write(asked(observation, episode, options), action);
    }
    void act(std::span<const float> observation, Episode& episode, std::span<float> action,
             const ActOptions& options = {}) {
        write(asked(observation, episode, options), action);
    }
    void act(std::span<const float> observation, Episode& episode, int& choice, std::span<float> values,
             const ActOptions& options = {}) {
        write(asked(observation, episode, options), choice, values);
    }

private:
    using AnyActing = std::variant<Acting<A, Discrete>, Acting<A, Box>, Acting<A, MultiDiscrete>,
                                   Acting<A, MultiBinary>, Acting<A, HybridSpace>>;

    static const Spaces& spaces_of_actor(const A& actor) {
        require(actor.spaces() != nullptr,
                "Acting: the actor was not built from environments; give them too: Acting(actor, envs)");
        return *actor.spaces();
    }

    static AnyActing make(const A& actor, const Spaces& spaces) {
        return std::visit(
            [&](const auto& space) {
                using Space = std::remove_cvref_t<decltype(space)>;
                return AnyActing(std::in_place_type<Acting<A, Space>>, actor, spaces.observation, space, spaces.masked);
            },
            spaces.action);
    }

    /// What an `Acting` in the space is to be asked for.
    static auto asked(std::span<const float> observation, const ActOptions& options) {
        return [observation, &options](auto& acting) { return acting.act(observation, options); };
    }
    static auto asked(std::span<const float> observation, Episode& episode, const ActOptions& options) {
        return [observation, &episode, &options](auto& acting) { return acting.act(observation, episode, options); };
    }

    template <class Ask>
    void write(const Ask& ask, int& action) {
        action = ask(in<Discrete>("an int"));
    }
    template <class Ask>
    void write(const Ask& ask, std::span<int> action) {
        if (std::holds_alternative<MultiBinary>(space_)) {
            write_in<MultiBinary>(ask, action, "a span of int");
        } else {
            write_in<MultiDiscrete>(ask, action, "a span of int");
        }
    }
    template <class Ask>
    void write(const Ask& ask, std::span<float> action) {
        write_in<Box>(ask, action, "a span of float");
    }
    template <class Ask>
    void write(const Ask& ask, int& choice, std::span<float> values) {
        auto& acting = in<HybridSpace>("an int and a span of float");
        check_size(values.size(), std::get<HybridSpace>(space_).box.size);
        const HybridAction action = ask(acting);
        choice = action.choice;
        std::copy(action.values.begin(), action.values.end(), values.begin());
    }
    template <class Space, class Ask, class Number>
    void write_in(const Ask& ask, std::span<Number> action, const char* given) {
        auto& acting = in<Space>(given);
        const ActionShape shape = action_shape_of(std::get<Space>(space_));
        check_size(action.size(), shape.integers + shape.reals);
        const auto chosen = ask(acting);
        std::copy(chosen.begin(), chosen.end(), action.begin());
    }

    template <class Space>
    Acting<A, Space>& in(const char* given) {
        auto* const acting = std::get_if<Acting<A, Space>>(&acting_);
        if (acting == nullptr) {
            fail("Acting: the action is to be written to {}, and the action space is {}; give {}", given,
                 describe(space_), needed());
        }
        return *acting;
    }

    std::string_view needed() const {
        constexpr std::string_view texts[] = {"an int&", "a span of float", "a span of int", "a span of int",
                                              "an int& and a span of float"};
        return texts[space_.index()];
    }

    static void check_size(std::size_t given, Index needed) {
        require(static_cast<Index>(given) == needed,
                "Acting: there is storage for {} numbers, and an action has {}; give as many", given, needed);
    }

    AnyActionSpace space_;
    AnyActing acting_;
};

namespace detail {

/// The same as `ServingPolicy`, for `Acting(actor)`.
template <class A>
struct ServingPolicyWithSpaces : ServingPolicy<A> {
    static_assert(
        requires(const A& actor) { actor.spaces(); },
        "gradiva: Acting(actor) needs an Actor, which knows its spaces; give a policy of your own its environments "
        "too: "
        "Acting(policy, envs)");
};

}  // namespace detail

template <class A>
Acting(const A&) -> Acting<typename detail::ServingPolicyWithSpaces<A>::Type, AnyActionSpace>;

}  // namespace GRADIVA_NAMESPACE
