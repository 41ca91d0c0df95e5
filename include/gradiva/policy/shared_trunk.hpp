#pragma once

#include <algorithm>
#include <span>
#include <utility>

#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/network_for.hpp"

namespace GRADIVA_NAMESPACE {

/// Description of one network for actor and critic: its hidden layers serve both. In place of an `Mlp`:
///   Actor actor(envs, SharedTrunk{.mlp = {.hidden = {64, 64}}});
///   SharedCritic critic(actor);
struct SharedTrunk {
    Mlp mlp;
};

/// A network with one output more than it shows: the hidden one is the value. Models `Module` without it.
template <Module NetworkT>
class TrunkNetwork {
public:
    using Scalar = typename NetworkT::Scalar;
    using PackedWeights = PackedWeightsOf<NetworkT>;

    static constexpr bool column_by_column = acts_column_by_column<NetworkT>;

    struct Tape {
        typename NetworkT::Tape network;
        MatrixBuffer<Scalar> shown;  // the outputs without the value
        Buffer<Scalar> value;        // of the last forward pass
        Buffer<Scalar> d_value;      // for the next backward pass; empty: 0
        MatrixBuffer<Scalar> d_output;

        void use_once() { gradiva::use_once(network); }
        void use_packed(const PackedWeights& packed) { gradiva::use_packed(network, packed); }
    };

    /// Gain 1 for the value, `output_gain` for the other outputs, above 0.
    TrunkNetwork(Index inputs, Index outputs, const SharedTrunk& description, Rng rng, double output_gain = 1)
        : network_(inputs, outputs + 1, description.mlp, rng, output_gain) {
        auto last = network_.output_layer().weight(network_.parameters());
        last.row(outputs) /= static_cast<Scalar>(output_gain);
    }

    Index inputs() const { return network_.inputs(); }
    auto* normalizer() requires detail::HasNormalizer<NetworkT> { return network_.normalizer(); }
    Index outputs() const { return network_.outputs() - 1; }
    std::span<Scalar> parameters() { return network_.parameters(); }
    std::span<const Scalar> parameters() const { return network_.parameters(); }
    void append_parameters(Index count) { network_.append_parameters(count); }
    void pack(PackedWeights& packed) const { pack_weights(network_, packed); }

    ConstMatrixMap<Scalar> forward(ConstMatrixRef<Scalar> x, Tape& tape) const {
        const auto y = network_.forward(x, tape.network);
        tape.value.resize(y.cols());
        for (Index j = 0; j < y.cols(); ++j) tape.value[j] = y(outputs(), j);
        tape.d_value.clear();
        return show(y, tape);
    }

    /// The value of every column of the last forward pass.
    ConstVectorMap<Scalar> value(const Tape& tape) const { return tape.value.vector(); }
    /// Derivatives by these values, of which the next backward pass takes account.
    VectorMap<Scalar> d_value(Tape& tape) const {
        tape.d_value.resize(tape.value.size());
        return tape.d_value.vector();
    }

    void backward(Tape& tape, ConstMatrixRef<Scalar> dy, std::span<Scalar> gradient) const {
        network_.backward(tape.network, widen(dy, tape), gradient);
    }
    void backward(Tape& tape, ConstMatrixRef<Scalar> dy, std::span<Scalar> gradient,
                  MatrixRef<Scalar> dx) const requires ModuleWithInputGradient<NetworkT> {
        network_.backward(tape.network, widen(dy, tape), gradient, dx);
    }
    /// For the values alone.
    void value_backward(Tape& tape, ConstVectorRef<Scalar> d_value, std::span<Scalar> gradient) const {
        tape.d_output.resize(network_.outputs(), d_value.size());
        tape.d_output.matrix().setZero();
        for (Index j = 0; j < d_value.size(); ++j) tape.d_output(outputs(), j) = d_value[j];
        network_.backward(tape.network, tape.d_output.matrix(), gradient);
    }

    ConstMatrixMap<Scalar> jvp(Tape& tape, std::span<const Scalar> v) const requires ModuleWithJvp<NetworkT> {
        const auto y = network_.jvp(tape.network, v);
        return show(y, tape);
    }

private:
    ConstMatrixMap<Scalar> show(const ConstMatrixMap<Scalar>& y, Tape& tape) const {
        tape.shown.resize(outputs(), y.cols());
        for (Index j = 0; j < y.cols(); ++j) {
            std::copy_n(y.data() + j * network_.outputs(), outputs(), &tape.shown(0, j));
        }
        return std::as_const(tape.shown).matrix();
    }

    ConstMatrixMap<Scalar> widen(const ConstMatrixRef<Scalar>& dy, Tape& tape) const {
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

/// The value function in an actor's shared trunk. Borrows the actor, which owns all weights and learns both: the
/// critic's own span is empty, and its gradient goes to the actor's. Models `ValueFunction`.
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

    ConstVectorMap<Scalar> forward(ConstMatrixRef<Scalar> observation, Tape& tape) const {
        actor_->network().forward(observation, tape.network);
        return value(tape);
    }
    /// V of the last forward pass, the actor's or the critic's.
    ConstVectorMap<Scalar> value(const Tape& tape) const { return actor_->network().value(tape.network); }
    /// dL/dV for the actor's next backward pass with this tape, which serves both then.
    VectorMap<Scalar> d_value(Tape& tape) const { return actor_->network().d_value(tape.network); }

    /// Adds to a gradient of the actor's shape.
    void backward(Tape& tape, ConstVectorRef<Scalar> d_value, std::span<Scalar> actor_gradient) const {
        actor_->network().value_backward(tape.network, d_value, actor_gradient);
    }

private:
    A* actor_;
};

}  // namespace GRADIVA_NAMESPACE
