#pragma once

#include <concepts>
#include <span>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/nn/explain_module.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/nn/observation_moments.hpp"
#include "gradiva/nn/observation_shape.hpp"
#include "gradiva/nn/packed_weights.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "gradiva/nn/visit_module.hpp"
#include "gradiva/policy/detail/parts.hpp"
#include "gradiva/policy/explain.hpp"
#include "gradiva/policy/network_for.hpp"

namespace GRADIVA_NAMESPACE {

/// A value function V(s): a network with one output. Copyable: a copy is a snapshot. Models `ValueFunction`.
template <Network NetworkT>
class Critic {
    static_assert(explain_network<NetworkT>());

public:
    using Scalar = typename NetworkT::Scalar;
    using Tape = typename NetworkT::Tape;
    using PackedWeights = PackedWeightsOf<NetworkT>;

    /// True where it is for the network; see `acts_column_by_column`.
    static constexpr bool column_by_column = acts_column_by_column<NetworkT>;

    /// Builds the described network for the observations of `envs`, initialised from the stream (envs.seed(),
    /// initialisation, 1), with gain 1 in the last layer.
    template <VectorEnv V, NetworkDescription D = Mlp>
    Critic(const V& envs, const D& description)
        : Critic(NetworkT(observation_size_of(envs), 1,
                          with_observation_shape(description, envs.observation_space().shape),
                          Rng(envs.seed(), Purpose::initialisation, 1), 1.0)) {}

    /// Takes a given network. Throws `Error` unless it has one output.
    explicit Critic(NetworkT network) : network_(std::move(network)) {
        require(network_.outputs() == 1, "Critic: the network has {} outputs; give it 1, the value",
                network_.outputs());
        if constexpr (HasMemory<NetworkT>) {
            require(network_.state_size() >= 1, "Critic: the network's state_size is {}; give at least 1",
                    network_.state_size());
        }
    }

    /// Packs the current weights (see `pack_weights`).
    void pack(PackedWeights& packed) const { pack_weights(network_, packed); }

    Index observation_size() const { return network_.inputs(); }
    /// All trained parameters, those of the network.
    std::span<Scalar> weights() { return network_.parameters(); }
    std::span<const Scalar> weights() const { return network_.parameters(); }
    const NetworkT& network() const { return network_; }
    /// The network's normaliser of observations, or null.
    auto* normalizer() requires HasNormalizer<NetworkT> { return network_.normalizer(); }

    /// Whether the network normalises observations, and further moments of them for it (see `Module`).
    bool normalizes() const { return gradiva::normalizes(network_); }
    void merge_observations(std::span<const kernels::Moments> rows) { gradiva::merge_observations(network_, rows); }

    /// V(s) of each column of `observation` (observation_size x batch), a view into the tape. The observation must
    /// outlive the tape's use.
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, Tape& tape) const
        requires(!HasMemory<NetworkT>) {
        const ConstMatrixMap<Scalar> value = network_.forward(observation, tape);
        return {value.data(), value.cols()};
    }

    /// The same for a network with memory; see `RecurrentModule`.
    template <HasMemory = NetworkT>
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, const Sequences<Scalar>& sequences,
                                   Tape& tape) const {
        const ConstMatrixMap<Scalar> value = network_.forward(observation, sequences, tape);
        return {value.data(), value.cols()};
    }
    /// Numbers in the state of a network with memory.
    template <HasMemory = NetworkT>
    Index state_size() const {
        return network_.state_size();
    }
    /// The states after a time step of the last forward pass, state_size x the columns of that step.
    template <HasMemory = NetworkT>
    ConstMatrixMap<Scalar> state_after(const Tape& tape, Index step) const {
        return network_.state_after(tape, step);
    }

    /// Adds dL/dweights to `gradient`, given dL/dV of each column.
    void backward(Tape& tape, ConstVectorRef<Scalar> d_value, std::span<Scalar> gradient) const {
        network_.backward(tape, ConstMatrixMap<Scalar>(d_value.data(), 1, d_value.size()), gradient);
    }

    void visit_state(State& state) { visit_module(state, "network", network_); }
    /// Says, as a compile-time error, what keeps the critic from being saved.
    static consteval bool explain_saved() { return explain_saved_part<NetworkT>(); }

private:
    NetworkT network_;
};

template <class V, class D = Mlp>
Critic(const V&, const D&) -> Critic<typename detail::CriticParts<V, D>::Network>;

/// In place of a critic in algorithms that can do without one, such as REINFORCE: no weights, all values are 0.
struct NoCritic {
    using Scalar = float;
    struct Tape {};
    std::span<float> weights() { return {}; }
    void visit_state(State&) {}
};

/// Whether a critic's weights belong to the actor (see `SharedCritic`).
template <class C>
inline constexpr bool learns_in_actor = false;
template <detail::SaysLearnsInActor C>
inline constexpr bool learns_in_actor<C> = C::learns_in_actor;

/// Whether a critic with memory reads the state of the actor, of whose network it is a part.
template <class C>
inline constexpr bool reads_actor_state = false;
template <class C>
requires requires {
    { C::reads_actor_state } -> std::convertible_to<bool>;
}
inline constexpr bool reads_actor_state<C> = C::reads_actor_state;

/// Whether C is a critic, and not `NoCritic`.
template <class C>
inline constexpr bool has_critic = !std::same_as<C, NoCritic>;

}  // namespace GRADIVA_NAMESPACE
