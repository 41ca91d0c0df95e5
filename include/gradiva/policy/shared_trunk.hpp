#pragma once

#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/state.hpp"
#include "gradiva/nn/any_layers.hpp"
#include "gradiva/nn/mlp_layers.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/network_for.hpp"

namespace GRADIVA_NAMESPACE {

/// Description of a network whose first layers actor and critic share, the trunk, with a head of its own for each:
///   Actor actor(envs, SharedTrunk{.trunk = Mlp{.hidden = {64, 64}}});
///   SharedCritic critic(actor);
struct SharedTrunk {
    NetworkPart trunk = Mlp{};    ///< Mlp, Convolution or Join, without its output layer
    Mlp actor = {.hidden = {}};   ///< from all outputs of the trunk to the head of the distribution
    Mlp critic = {.hidden = {}};  ///< from all outputs of the trunk to the value
};

/// The same where networks without a shape in the trunk have the observation's (see `nn/observation_shape.hpp`).
inline SharedTrunk with_observation_shape(SharedTrunk description, const std::vector<Index>& shape) {
    description.trunk = with_observation_shape(std::move(description.trunk), shape);
    return description;
}

/// A network with a further output, the value, beside the head of the actor. As a `Module` its Y is the head only. Flat
/// parameters: those of the trunk, of the actor's head and of the critic's.
template <class ScalarT>
class TrunkNetwork {
    using Trunk = AnyLayers<ScalarT>;
    using Head = MlpLayers<ScalarT>;

public:
    using Scalar = ScalarT;

    static constexpr bool column_by_column = true;

    /// Of the three parts (see `pack_weights`).
    struct PackedWeights {
        typename Trunk::PackedWeights trunk;
        typename Head::PackedWeights actor, critic;
    };

    /// What a forward pass stores.
    struct Tape {
        typename Trunk::Tape trunk;
        typename Head::Tape actor, critic;
        Index batch = 0;                   ///< columns of the last forward pass
        const Scalar* value = nullptr;     ///< of each column of the last forward pass
        Buffer<Scalar> d_value;            ///< dL/dvalue for the next backward pass; empty: 0
        MatrixBuffer<Scalar> d_features;   ///< dL/dfeatures, the outputs of the trunk, by the actor's head
        MatrixBuffer<Scalar> d_by_critic;  ///< the same by the critic's head

        void use_once() {
            trunk.use_once();
            actor.use_once();
            critic.use_once();
        }
        void use_packed(const PackedWeights& packed) {
            trunk.use_packed(packed.trunk);
            actor.use_packed(packed.actor);
            critic.use_packed(packed.critic);
        }
    };

    /// Initialises the last layer of the critic's head with gain 1 and that of the actor's with `output_gain`. Throws
    /// `Error` for what the descriptions refuse, and for a head that has `normalize_observations` or `inputs`.
    TrunkNetwork(Index inputs, Index outputs, const SharedTrunk& description, Rng rng, double output_gain = 1)
        : trunk_(inputs, features, description.trunk),
          actor_(trunk_.outputs(), outputs, description.actor, "SharedTrunk: actor"),
          critic_(trunk_.outputs(), 1, description.critic, "SharedTrunk: critic") {
        require(outputs >= 1, "SharedTrunk: the network has {} outputs; give at least 1 output", outputs);
        for (const auto& [head, name] :
             {std::pair(&description.actor, "actor"), std::pair(&description.critic, "critic")}) {
            require(!head->normalize_observations,
                    "SharedTrunk: {} has normalize_observations; observations are normalised by the trunk", name);
            require(!head->inputs,
                    "SharedTrunk: {} has inputs; it reads all outputs of the trunk, whose inputs say what is "
                    "read of the observation",
                    name);
        }
        parameters_.resize(trunk_.parameter_count() + actor_.parameter_count() + critic_.parameter_count());
        trunk_.initialise(of_trunk(parameters()), rng, 1);
        actor_.initialise(of_actor(parameters()), rng, output_gain);
        critic_.initialise(of_critic(parameters()), rng, 1);
    }

    Index inputs() const { return trunk_.inputs(); }
    Index outputs() const { return actor_.outputs(); }
    std::span<Scalar> parameters() { return parameters_.span(); }
    std::span<const Scalar> parameters() const { return parameters_.span(); }
    void append_parameters(Index count) { parameters_.resize(parameters_.size() + count); }
    void pack(PackedWeights& packed) const {
        trunk_.pack(of_trunk(parameters()), packed.trunk);
        actor_.pack(of_actor(parameters()), packed.actor);
        critic_.pack(of_critic(parameters()), packed.critic);
    }

    /// Y, the head, outputs x batch; also computes `value`.
    ConstMatrixMap<Scalar> forward(const ConstMatrixRef<Scalar>& x, Tape& tape) const {
        const ConstMatrixMap<Scalar> common = trunk_.forward(of_trunk(parameters()), x, tape.trunk);
        tape.value = critic_.forward(of_critic(parameters()), common, tape.critic).data();
        tape.batch = x.cols();
        tape.d_value.clear();
        return actor_.forward(of_actor(parameters()), common, tape.actor);
    }

    /// The value of each column of the last forward pass.
    ConstVectorMap<Scalar> value(const Tape& tape) const { return {tape.value, tape.batch}; }
    /// Storage for dL/dvalue of each column, to be written by the caller; the next backward pass includes it.
    VectorMap<Scalar> d_value(Tape& tape) const {
        tape.d_value.resize(tape.batch);
        return tape.d_value.vector();
    }

    /// See `Module`; includes the derivatives written to `d_value` since the forward pass.
    void backward(Tape& tape, const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient) const {
        trunk_.backward(of_trunk(parameters()), tape.trunk, backward_of_heads(tape, dy, gradient), of_trunk(gradient));
    }
    void backward(Tape& tape, const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient,
                  MatrixRef<Scalar> dx) const {
        trunk_.backward(of_trunk(parameters()), tape.trunk, backward_of_heads(tape, dy, gradient), of_trunk(gradient),
                        dx);
    }
    /// The backward pass of a loss of the values only.
    void value_backward(Tape& tape, ConstVectorRef<Scalar> d_value, std::span<Scalar> gradient) const {
        trunk_.backward(of_trunk(parameters()), tape.trunk, backward_of_critic(tape, d_value, gradient),
                        of_trunk(gradient));
    }

    ConstMatrixMap<Scalar> jvp(Tape& tape, std::span<const Scalar> v) const {
        const ConstMatrixMap<Scalar> tangent = trunk_.jvp(of_trunk(parameters()), tape.trunk, of_trunk(v));
        return actor_.jvp(of_actor(parameters()), tape.actor, of_actor(v), &tangent);
    }

    bool normalizes() const { return trunk_.normalizes(); }
    void merge_observations(std::span<const kernels::Moments> rows) { trunk_.merge_observations(rows); }

    void visit_state(State& state) {
        state.fixed("type", "SharedTrunk");
        state("trunk", trunk_);
        state("actor", actor_);
        state("critic", critic_);
        state("parameters", parameters());
    }

private:
    template <class T>
    std::span<T> of_trunk(std::span<T> flat) const {
        return part(flat, 0, trunk_.parameter_count());
    }
    template <class T>
    std::span<T> of_actor(std::span<T> flat) const {
        return part(flat, trunk_.parameter_count(), actor_.parameter_count());
    }
    template <class T>
    std::span<T> of_critic(std::span<T> flat) const {
        return part(flat, trunk_.parameter_count() + actor_.parameter_count(), critic_.parameter_count());
    }

    /// dL/dfeatures, a view into the tape.
    ConstMatrixMap<Scalar> backward_of_heads(Tape& tape, const ConstMatrixRef<Scalar>& dy,
                                             std::span<Scalar> gradient) const {
        tape.d_features.resize(trunk_.outputs(), dy.cols());
        actor_.backward(of_actor(parameters()), tape.actor, dy, of_actor(gradient), tape.d_features.matrix());
        if (!tape.d_value.empty()) {
            tape.d_features.matrix() += backward_of_critic(tape, tape.d_value.vector(), gradient);
            tape.d_value.clear();
        }
        return std::as_const(tape.d_features).matrix();
    }

    ConstMatrixMap<Scalar> backward_of_critic(Tape& tape, const ConstVectorRef<Scalar>& d_value,
                                              std::span<Scalar> gradient) const {
        tape.d_by_critic.resize(trunk_.outputs(), d_value.size());
        critic_.backward(of_critic(parameters()), tape.critic,
                         ConstMatrixMap<Scalar>(d_value.data(), 1, d_value.size()), of_critic(gradient),
                         tape.d_by_critic.matrix());
        return std::as_const(tape.d_by_critic).matrix();
    }

    Trunk trunk_;
    Head actor_, critic_;
    Buffer<Scalar> parameters_;
};

template <class Scalar>
struct NetworkFor<SharedTrunk, Scalar> {
    using Type = TrunkNetwork<Scalar>;
};

namespace detail {

template <class A>
concept HasSharedTrunk = requires(const A& actor, typename A::Tape& tape, ConstVectorRef<typename A::Scalar> d_value,
                                  std::span<typename A::Scalar> gradient) {
    actor.network().value(tape.network);
    actor.network().value_backward(tape.network, d_value, gradient);
};

template <class A>
consteval bool explain_shared_critic() {
    static_assert(
        HasSharedTrunk<A>,
        "gradiva: SharedCritic needs an actor whose network is a SharedTrunk: Actor actor(envs, SharedTrunk{}); "
        "SharedCritic critic(actor);");
    return HasSharedTrunk<A>;
}

}  // namespace detail

/// The value function of an actor with a `SharedTrunk`. Borrows the actor, which owns all weights: the critic's own
/// span is empty, and its gradient is added to the actor's. Models `ValueFunction`.
template <class A>
class SharedCritic {
    static_assert(detail::explain_shared_critic<A>());

public:
    using Scalar = typename A::Scalar;
    using Tape = typename A::Tape;
    static constexpr bool learns_in_actor = true;
    static constexpr bool reads_actor_state = true;

    explicit SharedCritic(A& actor) : actor_(&actor) {}

    Index observation_size() const { return actor_->observation_size(); }
    std::span<Scalar> weights() { return {}; }

    /// V of each column of `observation` (observation_size x batch), a view into the tape.
    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, Tape& tape) const {
        actor_->network().forward(observation, tape.network);
        return value(tape);
    }
    /// V of the last forward pass with this tape, the actor's or the critic's.
    ConstVectorMap<Scalar> value(const Tape& tape) const { return actor_->network().value(tape.network); }
    /// Storage for dL/dV, to be written by the caller; the actor's next backward pass with this tape includes it.
    VectorMap<Scalar> d_value(Tape& tape) const { return actor_->network().d_value(tape.network); }

    /// Adds dL/dweights to `actor_gradient`, of the size of the actor's weights, given dL/dV of each column.
    void backward(Tape& tape, ConstVectorRef<Scalar> d_value, std::span<Scalar> actor_gradient) const {
        actor_->network().value_backward(tape.network, d_value, actor_gradient);
    }

    /// Without state of its own.
    void visit_state(State&) {}

private:
    A* actor_;
};

}  // namespace GRADIVA_NAMESPACE
