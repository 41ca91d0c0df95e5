#pragma once

#include <concepts>
#include <span>
#include <variant>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// What a policy with memory carries from one action to the next: the state of its network in one episode, which is 0
/// where the episode begins. `begin()` of an `Acting` or a `SavedPolicy` makes it, `act` advances it, and any number of
/// episodes may be under way with one policy. A copy goes on by itself, such as to try what would follow, and to assign
/// one to another of the same policy allocates nothing. For a policy without memory it has a state of 0 numbers.
class Episode {
public:
    /// Of a policy without memory.
    Episode() = default;

    /// At its beginning, with a state of `state_size` numbers.
    template <std::floating_point Scalar>
    static Episode of(Index state_size) {
        Episode episode;
        episode.state_ = Buffer<Scalar>(state_size);
        return episode;
    }

    Index state_size() const {
        return std::visit([](const auto& state) { return state.size(); }, state_);
    }

    /// The state, such as to store it with what else goes on later; empty where the policy computes in another type.
    template <std::floating_point Scalar>
    std::span<Scalar> state() {
        auto* const state = std::get_if<Buffer<Scalar>>(&state_);
        return state != nullptr ? state->span() : std::span<Scalar>();
    }
    template <std::floating_point Scalar>
    std::span<const Scalar> state() const {
        const auto* const state = std::get_if<Buffer<Scalar>>(&state_);
        return state != nullptr ? state->span() : std::span<const Scalar>();
    }

    /// Another episode begins: the state is 0. Allocates nothing.
    void restart() {
        std::visit([](auto& state) { state.assign(state.size(), 0); }, state_);
    }

private:
    std::variant<Buffer<float>, Buffer<double>> state_;
};

}  // namespace GRADIVA_NAMESPACE
