#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/any_layers.hpp"
#include "gradiva/nn/join_description.hpp"
#include "gradiva/nn/mlp_layers.hpp"
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
        : trunk_(with_prefix([&] { return Trunk(inputs, features, description.trunk); },
                             [] { return "SharedTrunk.trunk"; })),
          actor_(trunk_.outputs(), outputs, description.actor, "SharedTrunk.actor"),
          critic_(trunk_.outputs(), 1, description.critic, "SharedTrunk.critic") {
        require(outputs >= 1, "SharedTrunk: the network has {} outputs; give at least 1 output", outputs);
        for (const auto& [head, name] :
             {std::pair(&description.actor, "actor"), std::pair(&description.critic, "critic")}) {
            require(!head->normalize_observations,
                    "SharedTrunk.{} has normalize_observations; observations are normalised by the trunk", name);
            require(!head->inputs,
                    "SharedTrunk.{} has inputs; it reads all outputs of the trunk, whose inputs say what is "
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
    /// What parameter i belongs to, such as "trunk, layer 1, weight (3, 2)" or "critic, layer 0, bias 0".
    std::string parameter_name(Index i) const {
        const Index critic = first_of_critic(), appended = critic + critic_.parameter_count();
        if (i < first_of_actor()) return "trunk, " + trunk_.parameter_name(i);
        if (i < critic) return "actor, " + actor_.parameter_name(i - first_of_actor());
        if (i < appended) return "critic, " + critic_.parameter_name(i - critic);
        return fmt::format("appended parameter {}", i - appended);
    }
    void pack(PackedWeights& packed) const {
        trunk_.pack(of_trunk(parameters()), packed.trunk);
        actor_.pack(of_actor(parameters()), packed.actor);
        critic_.pack(of_critic(parameters()), packed.critic);
    }

    /// Y, the head, outputs x batch; also computes `value`.
    ConstMatrixMap<Scalar> forward(const ConstMatrixRef<Scalar>& x, Tape& tape) const {
        const ConstMatrixMap<Scalar> common = trunk_.forward(of_trunk(parameters()), x, tape.trunk);
        critic_.forward(of_critic(parameters()), common, tape.critic);
        tape.d_value.clear();
        return actor_.forward(of_actor(parameters()), common, tape.actor);
    }

    /// The value of each column of the last forward pass.
    ConstVectorMap<Scalar> value(const Tape& tape) const {
        const ConstMatrixMap<Scalar> y = critic_.output(tape.critic);
        return {y.data(), y.cols()};
    }
    /// Storage for dL/dvalue of each column, to be written by the caller; the next backward pass includes it.
    VectorMap<Scalar> d_value(Tape& tape) const {
        tape.d_value.resize(value(tape).size());
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
    Index first_of_actor() const { return trunk_.parameter_count(); }
    Index first_of_critic() const { return first_of_actor() + actor_.parameter_count(); }

    template <class T>
    std::span<T> of_trunk(std::span<T> flat) const {
        return part(flat, 0, first_of_actor());
    }
    template <class T>
    std::span<T> of_actor(std::span<T> flat) const {
        return part(flat, first_of_actor(), actor_.parameter_count());
    }
    template <class T>
    std::span<T> of_critic(std::span<T> flat) const {
        return part(flat, first_of_critic(), critic_.parameter_count());
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

}  // namespace GRADIVA_NAMESPACE
