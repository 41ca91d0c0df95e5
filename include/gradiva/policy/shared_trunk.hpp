#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/network_for.hpp"

namespace GRADIVA_NAMESPACE {

/// Description of one network whose hidden layers actor and critic share; in place of an `Mlp`:
///   Actor actor(envs, SharedTrunk{.mlp = {.hidden = {64, 64}}});
///   SharedCritic critic(actor);
struct SharedTrunk {
    Mlp mlp;  ///< the shared hidden layers
};

/// A network with one further output, the value, beside the head of the actor. As a `Module` its Y is the head only.
template <Module NetworkT>
class TrunkNetwork {
public:
    using Scalar = typename NetworkT::Scalar;
    using PackedWeights = PackedWeightsOf<NetworkT>;

    static constexpr bool column_by_column = acts_column_by_column<NetworkT>;

    /// What a forward pass stores.
    struct Tape {
        typename NetworkT::Tape network;
        MatrixBuffer<Scalar> head;      ///< Y: the outputs without the value, outputs x batch
        Buffer<Scalar> value;           ///< of each column of the last forward pass
        Buffer<Scalar> d_value;         ///< dL/dvalue for the next backward pass; empty: 0
        MatrixBuffer<Scalar> d_output;  ///< derivatives by all outputs, (outputs + 1) x batch

        void use_once() { gradiva::use_once(network); }
        void use_packed(const PackedWeights& packed) { gradiva::use_packed(network, packed); }
    };

    /// Initialises the last layer with gain 1 for the value and `output_gain`, above 0, for the head.
    TrunkNetwork(Index inputs, Index outputs, const SharedTrunk& description, Rng rng, double output_gain = 1)
        : network_(inputs, outputs + 1, description.mlp, rng, output_gain) {
        auto last = network_.output_layer().weight(network_.parameters());
        last.row(outputs) /= static_cast<Scalar>(output_gain);
    }

    Index inputs() const { return network_.inputs(); }
    auto* normalizer() requires HasNormalizer<NetworkT> { return network_.normalizer(); }
    Index outputs() const { return network_.outputs() - 1; }
    std::span<Scalar> parameters() { return network_.parameters(); }
    std::span<const Scalar> parameters() const { return network_.parameters(); }
    void append_parameters(Index count) { network_.append_parameters(count); }
    void pack(PackedWeights& packed) const { pack_weights(network_, packed); }

    /// Y, the head, outputs x batch; also computes `value`.
    ConstMatrixMap<Scalar> forward(ConstMatrixRef<Scalar> x, Tape& tape) const {
        const auto y = network_.forward(x, tape.network);
        tape.value.resize(y.cols());
        for (Index j = 0; j < y.cols(); ++j) tape.value[j] = y(outputs(), j);
        tape.d_value.clear();
        return head_of(y, tape);
    }

    /// The value of each column of the last forward pass.
    ConstVectorMap<Scalar> value(const Tape& tape) const { return tape.value.vector(); }
    /// Storage for dL/dvalue of each column, to be written by the caller; the next backward pass includes it.
    VectorMap<Scalar> d_value(Tape& tape) const {
        tape.d_value.resize(tape.value.size());
        return tape.d_value.vector();
    }

    /// See `Module`; includes the derivatives written to `d_value` since the forward pass.
    void backward(Tape& tape, ConstMatrixRef<Scalar> dy, std::span<Scalar> gradient) const {
        network_.backward(tape.network, d_output_of(dy, tape), gradient);
    }
    void backward(Tape& tape, ConstMatrixRef<Scalar> dy, std::span<Scalar> gradient,
                  MatrixRef<Scalar> dx) const requires ModuleWithInputGradient<NetworkT> {
        network_.backward(tape.network, d_output_of(dy, tape), gradient, dx);
    }
    /// The backward pass of a loss of the values only.
    void value_backward(Tape& tape, ConstVectorRef<Scalar> d_value, std::span<Scalar> gradient) const {
        tape.d_output.resize(network_.outputs(), d_value.size());
        tape.d_output.matrix().setZero();
        for (Index j = 0; j < d_value.size(); ++j) tape.d_output(outputs(), j) = d_value[j];
        network_.backward(tape.network, tape.d_output.matrix(), gradient);
    }

    ConstMatrixMap<Scalar> jvp(Tape& tape, std::span<const Scalar> v) const requires ModuleWithJvp<NetworkT> {
        const auto y = network_.jvp(tape.network, v);
        return head_of(y, tape);
    }

    void visit_state(State& state) {
        state.fixed("type", "SharedTrunk");
        visit_module(state, "network", network_);
    }

private:
    /// Copies the rows of y without the value's.
    ConstMatrixMap<Scalar> head_of(const ConstMatrixMap<Scalar>& y, Tape& tape) const {
        tape.head.resize(outputs(), y.cols());
        for (Index j = 0; j < y.cols(); ++j) {
            std::copy_n(y.data() + j * network_.outputs(), outputs(), &tape.head(0, j));
        }
        return std::as_const(tape.head).matrix();
    }

    /// Derivatives by all outputs: those of the head, then that of the value, which is reset.
    ConstMatrixMap<Scalar> d_output_of(const ConstMatrixRef<Scalar>& dy, Tape& tape) const {
        tape.d_output.resize(network_.outputs(), dy.cols());
        for (Index j = 0; j < dy.cols(); ++j) {
            std::copy_n(dy.data() + j * dy.outerStride(), outputs(), &tape.d_output(0, j));
            tape.d_output(outputs(), j) = tape.d_value.empty() ? Scalar(0) : tape.d_value[j];
        }
        tape.d_value.clear();
        return std::as_const(tape.d_output).matrix();
    }

    NetworkT network_;
};

template <class Scalar>
struct NetworkFor<SharedTrunk, Scalar> {
    using Type = TrunkNetwork<MlpNetwork<Scalar>>;
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
