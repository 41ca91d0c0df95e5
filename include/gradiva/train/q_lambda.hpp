#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <type_traits>
#include <utility>
#include <vector>

#include "gradiva/advantage/q_returns.hpp"
#include "gradiva/core/schedule.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/env/space.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/policy/greedy_value.hpp"
#include "gradiva/rollout/sample_batch.hpp"
#include "gradiva/train/saved_weights.hpp"
#include "gradiva/train/sharding.hpp"
#include "gradiva/train/trainer.hpp"

namespace gradiva {

struct QLambdaOptions {
    Index horizon = 32;                        ///< steps of each environment per iteration
    Index minibatch = 128;                     ///< from 1 to environments x horizon
    Index epochs = 2;                          ///< passes over each rollout
    Schedule learning_rate = Linear{2e-3, 0};  ///< at least 0
    Schedule epsilon = Linear{1, 0.05};        ///< share of random actions while collecting, from 0 to 1
    double gamma = 0.99;                       ///< discount, from 0 to 1
    double lambda = 0.65;                      ///< trace of the targets, from 0 to 1 (see `QReturns`)
    double max_gradient_norm = 10;             ///< 0: no clipping
    Index threads = 1;                         ///< that collect and learn; no result depends on it

    /// Throws `Error` on a value out of range.
    void check() const {
        UpdateOptions{.minibatch = minibatch,
                      .epochs = epochs,
                      .learning_rate = learning_rate,
                      .max_gradient_norm = max_gradient_norm,
                      .name = "QLambda"}
            .check();
        require(epsilon.is_finite() && epsilon.smallest() >= 0 && std::max(epsilon(0), epsilon(1)) <= 1,
                "QLambda: epsilon goes from {} to {}; give numbers from 0 to 1", epsilon(0), epsilon(1));
    }
};

/// Fits action values to the targets of a rollout: L = 0.5 mean((Q(s, a) - value_target)^2), by minibatches. Borrows
/// actor and threads.
template <Policy A, Optimizer<typename A::Scalar> O>
class QUpdate {
public:
    using Scalar = typename A::Scalar;

    QUpdate(A& actor, O optimizer, const QLambdaOptions& options, Threads& threads, std::uint64_t seed)
        : actor_(actor), optimizer_(std::move(optimizer)), options_(options), threads_(threads),
          rng_(seed, Purpose::minibatch) {
        options_.check();
    }

    /// Reports the loss over the last epoch as value loss. Throws `Error` when a gradient or a weight is not finite;
    /// the weights are then as they were before.
    UpdateReport operator()(const Rollout<Scalar>& rollout, double progress = 0) {
        learning_rate_ = options_.learning_rate(progress);
        order_.reset(rollout);
        saved_.save(actor_.weights());
        try {
            return descend(rollout);
        } catch (...) {
            saved_.restore(actor_.weights());
            throw;
        }
    }

private:
    using Network = std::remove_cvref_t<decltype(std::declval<const A&>().network())>;

    struct alignas(buffer_alignment) Shard {
        SampleBatch<Scalar> batch;
        typename Network::Tape tape;
        MatrixBuffer<Scalar> d_value;
        Buffer<Scalar> gradient;
        double loss = 0;
    };

    struct Step {
        double loss;  ///< summed over samples
        double gradient_norm;
    };

    UpdateReport descend(const Rollout<Scalar>& rollout) {
        const Index size = std::min(options_.minibatch, order_.sample_count());
        double loss = 0;
        double norms = 0;
        for (Index epoch = 0; epoch < options_.epochs; ++epoch) {
            loss = norms = 0;
            order_.shuffle(rng_);
            for (Index i = 0; i < order_.count(size); ++i) {
                const Step step = gradient_step(rollout, order_.range(i, size));
                loss += step.loss;
                norms += step.gradient_norm;
            }
        }
        require_finite_weights<Scalar>(actor_.weights(), "actor's");
        return {.value_loss = loss / static_cast<double>(order_.sample_count()),
                .gradient_norm = norms / static_cast<double>(order_.count(size)),
                .learning_rate = learning_rate_};
    }

    Step gradient_step(const Rollout<Scalar>& rollout, Range minibatch) {
        const Index shards = detail::shard_count(minibatch.size());
        if (static_cast<Index>(shards_.size()) < shards) shards_.resize(static_cast<std::size_t>(shards));
        threads_.run(shards, [&](Index s) {
            Shard& shard = shards_[static_cast<std::size_t>(s)];
            shard.gradient.assign(static_cast<Index>(actor_.weights().size()), 0);
            shard.loss = 0;
            detail::for_each_pass(minibatch.size(), shards, s, [&](Range pass) {
                shard.batch.gather(rollout, order_, {minibatch.begin + pass.begin, minibatch.begin + pass.end});
                add_gradient(shard, 1 / static_cast<double>(minibatch.size()));
            });
        });
        Buffer<Scalar>& total = shards_.front().gradient;
        double loss = shards_.front().loss;
        for (std::size_t s = 1; s < static_cast<std::size_t>(shards); ++s) {
            total.vector() += shards_[s].gradient.vector();
            loss += shards_[s].loss;
        }
        const double norm = std::sqrt(squared_norm<Scalar>(total.span()));
        require(std::isfinite(norm),
                "update: the actor's gradient is not finite; lower the learning rate, or check rewards and "
                "observations for extreme values");
        total.vector() *= static_cast<Scalar>(clip_factor(norm, options_.max_gradient_norm));
        optimizer_.step(actor_.weights(), std::as_const(total).span(), learning_rate_);
        return {loss, norm};
    }

    /// The loss looks at the value of the action that was taken, and at no other.
    void add_gradient(Shard& shard, double weight) const {
        const Network& network = actor_.network();
        const auto q = network.forward(shard.batch.observation.matrix(), shard.tape);
        const ConstActionView actions = std::as_const(shard.batch.action).all();
        shard.d_value.resize(q.rows(), q.cols());
        shard.d_value.matrix().setZero();
        for (Index j = 0; j < q.cols(); ++j) {
            const int taken = actions.integers(0, j);
            const Scalar error = q(taken, j) - shard.batch.value_target[j];
            shard.loss += 0.5 * static_cast<double>(error) * static_cast<double>(error);
            shard.d_value(taken, j) = static_cast<Scalar>(weight) * error;
        }
        network.backward(shard.tape, shard.d_value.matrix(), shard.gradient.span());
    }

    A& actor_;
    O optimizer_;
    QLambdaOptions options_;
    Threads& threads_;
    Rng rng_;
    double learning_rate_ = 0;
    Minibatches order_;
    std::vector<Shard> shards_;
    SavedWeights<Scalar> saved_;
};

namespace detail {

template <class A>
concept ActsOnValues = requires(A& actor, double epsilon) {
    actor.network();
    actor.distribution().set_epsilon(epsilon);
};

/// What QLambda's trainer borrows, in a base of its own: bases are built in order.
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

/// Control by action values in parallel environments, Q(lambda): the actor's network holds Q and acts epsilon-greedily;
/// each rollout gives targets under the present weights (see `QReturns`), on which Q regresses. No replay, no target
/// network: what keeps it stable is the normalisation of layers (`Mlp::layer_norm`) and many environments. Source:
/// Gallici et al., "Simplifying Deep Temporal Difference Learning", 2024, algorithm 1 (PQN).
template <VectorEnv V, Policy A, class O = Adam<typename A::Scalar>>
class QLambda : private detail::ActionValues<V, A>, public Trainer<V, A, GreedyValue<A>, QReturns, QUpdate<A, O>> {
    using Base = Trainer<V, A, GreedyValue<A>, QReturns, QUpdate<A, O>>;

public:
    QLambda(V& envs, A& actor, const QLambdaOptions& options = {}, O optimizer = {})
        : detail::ActionValues<V, A>{GreedyValue<A>(actor)},
          Base({.name = "QLambda",
                .horizon = options.horizon,
                .minibatch = options.minibatch,
                .threads = options.threads},
               envs, actor, this->greedy_value, QReturns{.gamma = options.gamma, .lambda = options.lambda},
               [&](Threads& threads) {
                   return QUpdate<A, O>(actor, std::move(optimizer), options, threads, envs.seed());
               }),
          actor_(actor), epsilon_(options.epsilon) {}

    /// As `Trainer::train`; the actor's epsilon follows its schedule, from one rollout to the next.
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks&&... callbacks) {
        actor_.distribution().set_epsilon(epsilon_(0));
        return Base::train(options, std::forward<Callbacks>(callbacks)..., [this](const Progress& progress) {
            const double fraction = static_cast<double>(progress.steps) / static_cast<double>(progress.total_steps);
            actor_.distribution().set_epsilon(epsilon_(fraction));
        });
    }

private:
    A& actor_;
    Schedule epsilon_;
};

}  // namespace gradiva
