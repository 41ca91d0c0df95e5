#pragma once

#include <concepts>
#include <memory>
#include <span>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/distributions/forward_and_mode.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/nn/explain_module.hpp"
#include "gradiva/nn/observation_moments.hpp"
#include "gradiva/nn/observation_shape.hpp"
#include "gradiva/nn/packed_weights.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "gradiva/nn/visit_module.hpp"
#include "gradiva/policy/detail/actor_tape.hpp"
#include "gradiva/policy/detail/parts.hpp"
#include "gradiva/policy/distribution_for.hpp"
#include "gradiva/policy/network_for.hpp"
#include "gradiva/policy/policy.hpp"

namespace GRADIVA_NAMESPACE {

/// A policy pi(a | s): a network that maps observations to heads, and a distribution whose parameters are the head.
/// `weights()` holds the network's parameters, then the distribution's own, in one span. Copyable: a copy is a
/// snapshot. Models `Policy`.
template <Network NetworkT, Distribution DistributionT>
class Actor {
    static_assert(std::same_as<typename NetworkT::Scalar, typename DistributionT::Scalar>,
                  "gradiva: Actor needs a network and a distribution of the same scalar type");
    static_assert(explain_network<NetworkT>() && explain_distribution<DistributionT>());

public:
    using Scalar = typename NetworkT::Scalar;
    using DistributionTape = typename DistributionT::Tape;
    using PackedWeights = PackedWeightsOf<NetworkT>;

    /// True where it is for both the network and the distribution; see `acts_column_by_column`.
    static constexpr bool column_by_column = acts_column_by_column<NetworkT> && acts_column_by_column<DistributionT>;

    /// What a forward pass over a batch stores for the other members. One per shard.
    using Tape = detail::ActorTape<NetworkT, DistributionT>;

    /// Builds the described network for the observations of `envs`, with the default distribution of their action space
    /// (`DistributionFor`). Initialised from the stream (envs.seed(), initialisation, 0); the gain of 0.01 in the last
    /// layer makes the initial policy nearly independent of the state.
    template <VectorEnv V, NetworkDescription D = Mlp>
    Actor(const V& envs, const D& description)
        : Actor(envs, description, DistributionFor<decltype(envs.action_space()), Scalar>::make(envs.action_space())) {}

    /// The same, with a given distribution.
    template <VectorEnv V, NetworkDescription D = Mlp>
    Actor(const V& envs, const D& description, DistributionT distribution)
        : Actor(NetworkT(observation_size_of(envs), distribution.head_size(),
                         with_observation_shape(description, envs.observation_space().shape),
                         Rng(envs.seed(), Purpose::initialisation, 0), 0.01),
                distribution) {
        spaces_ = spaces_of(envs);
    }

    /// Takes a given network and distribution. Throws `Error` unless the network has `head_size()` outputs.
    Actor(NetworkT network, DistributionT distribution)
        : network_(std::move(network)), distribution_(std::move(distribution)),
          own_(own_parameters_behind(static_cast<Index>(std::as_const(network_).parameters().size()))) {
        require(network_.outputs() == distribution_.head_size(),
                "Actor: the network has {} outputs and the distribution's head {} rows; make them equal",
                network_.outputs(), distribution_.head_size());
        if constexpr (HasMemory<NetworkT>) {
            require(network_.state_size() >= 1, "Actor: the network's state_size is {}; give at least 1",
                    network_.state_size());
        }
        network_.append_parameters(own_.size());
        distribution_.initialise(own(weights()));
    }

    /// Packs the current weights (see `pack_weights`).
    void pack(PackedWeights& packed) const { pack_weights(network_, packed); }

    Index observation_size() const { return network_.inputs(); }
    Index head_size() const { return distribution_.head_size(); }
    ActionShape action_shape() const { return distribution_.action_shape(); }
    /// Rows of the action masks that it supports, which belong to the first rows of its head; 0: none.
    Index mask_size() const {
        if constexpr (HasMaskSize<DistributionT>) {
            return distribution_.mask_size();
        } else {
            return 0;
        }
    }
    /// All trained parameters: the network's, then the distribution's own.
    std::span<Scalar> weights() { return network_.parameters(); }
    std::span<const Scalar> weights() const { return network_.parameters(); }
    /// The distribution's own parameters, the last elements of `weights()`.
    std::span<const Scalar> own_parameters() const { return own(weights()); }
    const NetworkT& network() const { return network_; }
    /// The network's normaliser of observations, or null.
    auto* normalizer() requires HasNormalizer<NetworkT> { return network_.normalizer(); }
    /// Whether the network normalises observations, and further moments of them for it (see `Module`).
    bool normalizes() const { return gradiva::normalizes(network_); }
    void merge_observations(std::span<const kernels::Moments> rows) { gradiva::merge_observations(network_, rows); }
    /// The spaces of the environments from which it was built; null where it was built from a network, or their action
    /// space is none of the library's.
    const Spaces* spaces() const { return spaces_.get(); }
    void set_spaces(std::shared_ptr<const Spaces> spaces) { spaces_ = std::move(spaces); }
    const DistributionT& distribution() const { return distribution_; }
    DistributionT& distribution() { return distribution_; }

    /// pi(. | s) for each column of `observation` (observation_size x batch), which must outlive the tape's use. A
    /// masked choice has probability 0; its row of the head is `kernels::masked_logit`.
    void forward(const ConstMatrixRef<Scalar>& observation, const ActionMask& legal, Tape& tape) const
        requires(!HasMemory<NetworkT>) {
        tape.set_head(network_.forward(observation, tape.network), legal);
        distribution_.forward(tape.head, own_parameters(), tape.distribution);
    }
    /// The same without a mask.
    void forward(ConstMatrixRef<Scalar> observation, Tape& tape) const requires(!HasMemory<NetworkT>) {
        forward(observation, all_legal(observation.cols()), tape);
    }

    /// The same for a network with memory; see `RecurrentModule`.
    template <HasMemory = NetworkT>
    void forward(const ConstMatrixRef<Scalar>& observation, const ActionMask& legal, const Sequences<Scalar>& sequences,
                 Tape& tape) const {
        tape.set_head(network_.forward(observation, sequences, tape.network), legal);
        distribution_.forward(tape.head, own_parameters(), tape.distribution);
    }
    /// Numbers in the state of a network with memory.
    template <HasMemory = NetworkT>
    Index state_size() const {
        return network_.state_size();
    }
    /// The states after a time step of the last forward pass, state_size x the columns of that step.
    template <HasMemory = NetworkT>
    ConstMatrixMap<Scalar> state_after(const Tape& tape, Index step) const {
        return network_.state_after(tape.network, step);
    }

    /// The same as `forward` and then `mode`, and faster for some distributions. Of the tape only the head may be read
    /// then.
    void forward_and_mode(const ConstMatrixRef<Scalar>& observation, const ActionMask& legal, Tape& tape,
                          const ActionView& actions) const requires(!HasMemory<NetworkT>) {
        tape.set_head(network_.forward(observation, tape.network), legal);
        gradiva::forward_and_mode(distribution_, tape.head, own_parameters(), tape.distribution, actions);
    }

    /// Restores the distributions of an older policy from its stored heads (head_size x batch) and own parameters.
    void recall(ConstMatrixRef<Scalar> head, std::span<const Scalar> own_parameters, DistributionTape& tape) const {
        distribution_.forward(head, own_parameters, tape);
    }

    // The following are members of the distribution, applied to the last forward pass of the tape.

    /// Draws the action of column j with `rng[j]`.
    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        distribution_.sample(tape.distribution, rng, actions);
    }
    /// Writes the most probable action of each column (see the distribution).
    void mode(const Tape& tape, ActionView actions) const { distribution_.mode(tape.distribution, actions); }
    /// Converts stored actions to those that environments take.
    void to_environment(ConstActionView stored, ActionView sent) const requires HasToEnvironment<DistributionT> {
        distribution_.to_environment(stored, sent);
    }
    /// False where `to_environment` only copies.
    bool converts_actions() const {
        if constexpr (requires { distribution_.converts_actions(); }) return distribution_.converts_actions();
        return HasToEnvironment<DistributionT>;
    }
    /// The inverse, for actions from other sources; `sent` and `stored` may be the same storage. An action outside the
    /// bounds has log-prob minus infinity.
    void from_environment(ConstActionView sent, ActionView stored) const requires HasFromEnvironment<DistributionT> {
        distribution_.from_environment(sent, stored);
    }
    /// log pi(a | s) of each column's stored action.
    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        distribution_.log_prob(tape.distribution, actions, out);
    }
    /// The entropy of pi(. | s) of each column, in nats.
    void entropy(const Tape& tape, VectorRef<Scalar> out) const { distribution_.entropy(tape.distribution, out); }
    /// KL(from || pi) of each column, in nats.
    void kl_from(const DistributionTape& from, const Tape& tape, VectorRef<Scalar> out) const {
        distribution_.kl(from, tape.distribution, out);
    }

    /// Adds dL/dweights to `gradient`, given dL/dlog-prob of each column's action, and dL/dentropy and dL/dKL(from ||
    /// pi), one value for all columns; without the last where `from` is null.
    void backward(Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const DistributionTape* from, Scalar d_kl, std::span<Scalar> gradient) const {
        tape.d_head.resize(head_size(), tape.head.cols());
        distribution_.backward(tape.distribution, actions, d_log_prob, d_entropy, from, d_kl, tape.d_head.matrix(),
                               own(gradient));
        network_.backward(tape.network, tape.d_head.matrix(), gradient);
    }

    /// Given the gradient of a whole loss, sets to 0 the elements by which descent would move the distribution's own
    /// parameters further beyond their bounds (see `Distribution`). Called once all samples are added, before the norm
    /// of the gradient is computed. Returns whether it set any.
    bool project_gradient(std::span<Scalar> gradient) const {
        if constexpr (HasProjectGradient<DistributionT>) {
            return distribution_.project_gradient(own_parameters(), own(gradient));
        } else {
            return false;
        }
    }

    /// Adds to `out` the product of v and the Fisher matrix of the batch, the sum over its columns of J^T F J, where J
    /// is the Jacobian of the head by the weights and F the distribution's Fisher matrix: a jvp, F, and a backward
    /// pass.
    void add_fisher_product(Tape& tape, std::span<const Scalar> v, std::span<Scalar> out) const requires
        NetworkWithJvp<NetworkT> && DistributionWithFisher<DistributionT> {
        tape.d_head.resize(head_size(), tape.head.cols());
        distribution_.fisher(tape.distribution, network_.jvp(tape.network, v), own(v), tape.d_head.matrix(), own(out));
        network_.backward(tape.network, tape.d_head.matrix(), out);
    }

    void visit_state(State& state) {
        visit_module(state, "network", network_);
        visit_distribution(state, "distribution", distribution_);
        if (state.describes()) return;  // as the spaces of the environments
        state.fixed("has_spaces", spaces_ != nullptr);
        if (spaces_ != nullptr) state.fixed("spaces", *spaces_);
    }
    /// Says, as a compile-time error, what keeps the actor from being saved.
    static consteval bool explain_saved() {
        return explain_saved_part<NetworkT>() && explain_saved_distribution<DistributionT>();
    }

private:
    template <class T>
    std::span<T> own(std::span<T> flat) const {
        return part(flat, own_.begin, own_.size());
    }
    Range own_parameters_behind(Index network_parameters) const {
        return {network_parameters, network_parameters + distribution_.parameter_count()};
    }

    NetworkT network_;
    DistributionT distribution_;
    Range own_;  // of the distribution's own parameters in the weights
    std::shared_ptr<const Spaces> spaces_ = nullptr;
};

template <class V, class D = Mlp>
Actor(const V&, const D&)
    -> Actor<typename detail::ActorParts<V, D>::Network, typename detail::ActorParts<V, D>::Distribution>;
template <class V, class D = Mlp, class DistributionT>
Actor(const V&, const D&, DistributionT)
    -> Actor<typename detail::ActorPartsWith<V, D, DistributionT>::Network, DistributionT>;

}  // namespace GRADIVA_NAMESPACE
