#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/mlp_layers.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

/// A network with a further output, the value, beside the head of the actor: layers `TrunkT`, such as `AnyLayers`,
/// whose outputs are the inputs of dense layers for each of the two. As a `Module`, or with a trunk that has a memory
/// as a `RecurrentModule`, its Y is the head only. Flat parameters: those of the trunk, of the actor's head and of the
/// critic's.
template <class TrunkT>
class NetworkWithValue {
    using Head = MlpLayers<typename TrunkT::Scalar>;

public:
    using Trunk = TrunkT;
    using Scalar = typename Trunk::Scalar;

    static constexpr bool column_by_column = Trunk::column_by_column;

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
    ConstMatrixMap<Scalar> forward(const ConstMatrixRef<Scalar>& x, Tape& tape) const requires(!HasMemory<TrunkT>) {
        return forward_heads(trunk_.forward(of_trunk(parameters()), x, tape.trunk), tape);
    }
    /// The same for a trunk with memory; see `RecurrentModule`.
    template <HasMemory = TrunkT>
    ConstMatrixMap<Scalar> forward(const ConstMatrixRef<Scalar>& x, const Sequences<Scalar>& sequences,
                                   Tape& tape) const {
        return forward_heads(trunk_.forward(of_trunk(parameters()), x, sequences, tape.trunk), tape);
    }
    template <HasMemory = TrunkT>
    Index state_size() const {
        return trunk_.state_size();
    }
    template <HasMemory = TrunkT>
    ConstMatrixMap<Scalar> state_after(const Tape& tape, Index t) const {
        return trunk_.state_after(tape.trunk, t);
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

protected:
    /// Initialises the last layer of the critic's head with gain 1 and that of the actor's with `output_gain`. `name`
    /// is that of the description, for errors. Throws `Error` for what the heads' descriptions refuse, and for one that
    /// has `normalize_observations` or `inputs`.
    NetworkWithValue(std::string_view name, Trunk trunk, Index outputs, const Mlp& actor, const Mlp& critic, Rng rng,
                     double output_gain)
        : trunk_(std::move(trunk)), actor_(trunk_.outputs(), outputs, actor, fmt::format("{}.actor", name)),
          critic_(trunk_.outputs(), 1, critic, fmt::format("{}.critic", name)) {
        require(outputs >= 1, "{}: the network has {} outputs; give at least 1 output", name, outputs);
        for (const auto& [head, part] : {std::pair(&actor, "actor"), std::pair(&critic, "critic")}) {
            require(!head->normalize_observations,
                    "{}.{} has normalize_observations; observations are normalised by the trunk", name, part);
            require(!head->inputs,
                    "{}.{} has inputs; it reads all outputs of the trunk, whose inputs say what is read of the "
                    "observation",
                    name, part);
        }
        parameters_.resize(trunk_.parameter_count() + actor_.parameter_count() + critic_.parameter_count());
        trunk_.initialise(of_trunk(parameters()), rng, 1);
        actor_.initialise(of_actor(parameters()), rng, output_gain);
        critic_.initialise(of_critic(parameters()), rng, 1);
    }

    /// All but the type.
    void visit_parts(State& state) {
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

    /// The head, and in the tape the value, of what the trunk gives.
    ConstMatrixMap<Scalar> forward_heads(const ConstMatrixMap<Scalar>& common, Tape& tape) const {
        critic_.forward(of_critic(parameters()), common, tape.critic);
        tape.d_value.clear();
        return actor_.forward(of_actor(parameters()), common, tape.actor);
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

}  // namespace GRADIVA_NAMESPACE
