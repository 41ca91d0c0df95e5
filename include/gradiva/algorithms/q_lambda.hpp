#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "gradiva/advantage/q_returns.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/env/space.hpp"
#include "gradiva/learn/minibatch_descent.hpp"
#include "gradiva/nn/packed_weights.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/policy/greedy_value.hpp"
#include "gradiva/train/trainer.hpp"

namespace GRADIVA_NAMESPACE {

/// Hyperparameters of `QLambda`.
struct QLambdaOptions {
    Index horizon = 32;                        ///< steps of each environment per iteration
    Index minibatch = 128;                     ///< samples per gradient step, from 1 to environments x horizon
    Index epochs = 2;                          ///< passes over each rollout
    Schedule learning_rate = Linear{2e-3, 0};  ///< at least 0
    Schedule epsilon = Linear{1, 0.05};        ///< probability of a random action while collecting, from 0 to 1
    double gamma = 0.99;                       ///< discount, from 0 to 1
    double lambda = 0.65;                      ///< trace decay of the targets, from 0 to 1 (see `QReturns`)
    double max_gradient_norm = 10;             ///< 0: no clipping
    bool normalize_rewards = false;            ///< by the running deviation of the return (see `RewardNormalizer`)
    Index sequence = 0;                        ///< steps of the sequences from which networks with memory learn; 0: 16
    Index threads = 1;                         ///< number of threads; no result depends on it

    static constexpr Index default_sequence = 16;  ///< where `sequence` is 0; at most the horizon
};

/// The update of `QLambda`: fits action values to the targets of a rollout, L = 0.5 mean((Q(s, a) - value_target)^2),
/// by minibatch gradient descent. Borrows actor and threads.
template <ExplainedPolicy A, ExplainedOptimizer<typename A::Scalar> O>
class QUpdate {
public:
    using Scalar = typename A::Scalar;

    /// Throws `Error` on options out of range.
    QUpdate(A& actor, O optimizer, const QLambdaOptions& options, Threads& threads, std::uint64_t seed)
        : actor_(actor), epsilon_(options.epsilon),
          descent_(update_options("QLambda", options), threads, Rng(seed, Purpose::minibatch),
                   Part(actor, std::move(optimizer), "actor")) {
        require(epsilon_.is_finite() && epsilon_.smallest() >= 0 && std::max(epsilon_(0), epsilon_(1)) <= 1,
                "QLambda: epsilon goes from {} to {}; give numbers from 0 to 1", epsilon_(0), epsilon_(1));
    }

    /// Sets the actor's epsilon to that of the schedule at `progress`, from 0 to 1.
    void explore(double progress) { actor_.distribution().set_epsilon(epsilon_(progress)); }

    /// One update. `progress`, from 0 to 1, is the position in the schedule. Errors: see `MinibatchDescent`.
    UpdateReport operator()(const Rollout<Scalar>& rollout, double progress = 0) {
        return descent_(rollout, progress, [this](auto& shard, const MinibatchPass<Scalar>& pass) {
            shard.batch.gather_observations(pass.samples);
            shard.batch.gather_actor_states(pass.samples);
            shard.batch.gather_actions(pass.samples);
            shard.batch.gather_targets(pass.samples);
            this->add_loss(shard, 1 / static_cast<double>(pass.minibatch));
        });
    }

    /// Between updates.
    void visit_state(State& state) {
        state.fixed("epsilon", epsilon_);
        descent_.visit_state(state);
    }
    static consteval bool explain_saved() { return explain_saved_optimizer<O, Scalar>(); }

private:
    using Network = std::remove_cvref_t<decltype(std::declval<const A&>().network())>;

    struct Scratch {
        Scratch() { use_once(tape); }
        typename Network::Tape tape;
        MatrixBuffer<Scalar> d_value;
    };

    using Part = DescentPart<A, Scratch, double, O>;

    /// Adds the loss and its gradient; only the value of the action that was taken has a derivative.
    template <class Shard>
    void add_loss(Shard& shard, double weight) const {
        const Network& network = actor_.network();
        auto& [tape, d_value] = shard.scratch;
        const ConstMatrixMap<Scalar> q = shard.batch.outputs(network, tape);
        const ConstActionView actions = std::as_const(shard.batch.action).all();
        d_value.resize(q.rows(), q.cols());
        d_value.matrix().setZero();
        for (Index j = 0; j < q.cols(); ++j) {
            const int taken = actions.integers(0, j);
            const Scalar error = q(taken, j) - shard.batch.value_target[j];
            shard.sums += 0.5 * static_cast<double>(error) * static_cast<double>(error);
            d_value(taken, j) = static_cast<Scalar>(weight) * error;
        }
        network.backward(tape, d_value.matrix(), shard.gradient.span());
    }

    A& actor_;
    Schedule epsilon_;
    MinibatchDescent<Part> descent_;
};

namespace detail {

template <class A>
concept ActsOnValues = requires(A& actor, double epsilon) {
    actor.network();
    actor.distribution().set_epsilon(epsilon);
};

/// Storage of the value function that QLambda's trainer borrows: a base class, so that it is constructed before the
/// trainer.
template <class V, class A>
struct ActionValues {
    static_assert(std::same_as<std::remove_cvref_t<decltype(std::declval<const V&>().action_space())>, Discrete>,
                  "gradiva: QLambda needs a Discrete action space: it values each action");
    static_assert(ActsOnValues<A>,
                  "gradiva: QLambda needs an actor over action values: Actor(envs, Mlp{.layer_norm = true}, "
                  "EpsilonGreedy<float>(actions))");
    GreedyValue<A> greedy_value;
};

}  // namespace detail

/// Q(lambda) in parallel environments: the actor's network outputs action values Q and acts epsilon-greedily; for each
/// rollout, targets are computed with the present weights (`QReturns`), and Q is fitted to them. No replay buffer and
/// no target network: layer normalisation (`Mlp::layer_norm`) and many environments make it stable. Source: Gallici et
/// al., "Simplifying Deep Temporal Difference Learning", 2024, algorithm 1 (PQN).
template <ExplainedVectorEnv V, ExplainedPolicy A, ExplainedOptimizer<ScalarOfActor<A>> O = Adam<ScalarOfActor<A>>>
class QLambda : private detail::ActionValues<V, A>, public Trainer<V, A, GreedyValue<A>, QReturns, QUpdate<A, O>> {
    using Base = Trainer<V, A, GreedyValue<A>, QReturns, QUpdate<A, O>>;

public:
    /// Borrows environments and actor. Throws `Error` on options out of range, and where the parts do not fit.
    QLambda(V& envs, A& actor, const QLambdaOptions& options = {}, O optimizer = {})
        : detail::ActionValues<V, A>{GreedyValue<A>(actor)},
          Base(trainer_options("QLambda", options), envs, actor, this->greedy_value,
               QReturns{.gamma = options.gamma, .lambda = options.lambda}, [&](Threads& threads) {
                   return QUpdate<A, O>(actor, std::move(optimizer), options, threads, envs.seed());
               }) {}
};

// Deduction guides for error messages only: see trainer_parts.hpp.
template <class V, class A>
QLambda(V&&, A&&, const QLambdaOptions& = {}) -> QLambda<MustBeLvalues<V, A>, A>;

}  // namespace GRADIVA_NAMESPACE
