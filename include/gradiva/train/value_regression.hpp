#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "gradiva/core/schedule.hpp"
#include "gradiva/core/threads.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/sample_batch.hpp"
#include "gradiva/train/saved_weights.hpp"
#include "gradiva/train/sharding.hpp"
#include "gradiva/train/update_options.hpp"

namespace gradiva {

struct ValueRegressionOptions {
    Index minibatch = 64;                       ///< samples per gradient step, at least 1
    Index epochs = 10;                          ///< passes over the rollout, at least 1
    Schedule learning_rate = 1e-3;              ///< at least 0
    double max_gradient_norm = 0;               ///< 0: no clipping
    std::string_view name = "ValueRegression";  ///< who speaks in error messages

    /// Throws `Error` on a value out of range.
    void check() const {
        UpdateOptions{.minibatch = minibatch,
                      .epochs = epochs,
                      .learning_rate = learning_rate,
                      .max_gradient_norm = max_gradient_norm,
                      .name = name}
            .check();
    }
};

/// Fits a critic alone to the value targets of a rollout: L = 0.5 mean((V(s) - value_target)^2), by minibatches.
/// With `RewardToGo` for the targets this is Monte Carlo evaluation of the policy that acted, with `Gae` TD(lambda).
/// Source: Sutton and Barto, "Reinforcement Learning", 2018, sections 9.3 and 12.2.
template <ValueFunction C, Optimizer<typename C::Scalar> O>
class ValueRegression {
    static_assert(!learns_in_actor<C>, "gradiva: ValueRegression needs a critic with weights of its own");

public:
    using Scalar = typename C::Scalar;

    ValueRegression(C& critic, O optimizer, ValueRegressionOptions options, Threads& threads, std::uint64_t seed)
        : critic_(critic), optimizer_(std::move(optimizer)), options_(options), threads_(threads),
          rng_(seed, Purpose::minibatch, 1) {
        options_.check();
    }

    /// Reports the value loss over the last epoch. Throws `Error` when a gradient or a weight is not finite; the
    /// weights are then as they were before.
    UpdateReport operator()(const Rollout<Scalar>& rollout, double progress = 0) {
        const double learning_rate = options_.learning_rate(progress);
        order_.reset(rollout);
        saved_.save(critic_.weights());
        try {
            return descend(rollout, learning_rate);
        } catch (...) {
            saved_.restore(critic_.weights());
            throw;
        }
    }

private:
    struct alignas(buffer_alignment) Shard {
        SampleBatch<Scalar> batch;
        Buffer<Scalar> error;
        typename C::Tape tape;
        Buffer<Scalar> gradient;
        double loss = 0;
    };

    UpdateReport descend(const Rollout<Scalar>& rollout, double learning_rate) {
        const Index size = std::min(options_.minibatch, order_.sample_count());
        double loss = 0;
        for (Index epoch = 0; epoch < options_.epochs; ++epoch) {
            loss = 0;
            order_.shuffle(rng_);
            for (Index i = 0; i < order_.count(size); ++i) {
                loss += gradient_step(rollout, order_.range(i, size), learning_rate);
            }
        }
        require_finite_weights<Scalar>(critic_.weights(), "critic's");
        return {.value_loss = loss / static_cast<double>(order_.sample_count()), .learning_rate = learning_rate};
    }

    /// Returns the sum of the samples' losses.
    double gradient_step(const Rollout<Scalar>& rollout, Range minibatch, double learning_rate) {
        const Index shards = detail::shard_count(minibatch.size());
        if (static_cast<Index>(shards_.size()) < shards) shards_.resize(static_cast<std::size_t>(shards));
        threads_.run(shards, [&](Index s) {
            Shard& shard = shards_[static_cast<std::size_t>(s)];
            shard.gradient.assign(static_cast<Index>(critic_.weights().size()), 0);
            shard.loss = 0;
            detail::for_each_pass(minibatch.size(), shards, s, [&](Range pass) {
                shard.batch.gather(rollout, order_, {minibatch.begin + pass.begin, minibatch.begin + pass.end});
                shard.error.resize(pass.size());
                auto error = shard.error.vector();
                error =
                    critic_.forward(shard.batch.observation.matrix(), shard.tape) - shard.batch.value_target.vector();
                shard.loss += 0.5 * error.template cast<double>().squaredNorm();
                error *= static_cast<Scalar>(1 / static_cast<double>(minibatch.size()));
                critic_.backward(shard.tape, error, shard.gradient.span());
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
                "update: the critic's gradient is not finite; lower the learning rate, or check "
                "rewards and observations for extreme values");
        total.vector() *= static_cast<Scalar>(clip_factor(norm, options_.max_gradient_norm));
        optimizer_.step(critic_.weights(), std::as_const(total).span(), learning_rate);
        return loss;
    }

    C& critic_;
    O optimizer_;
    ValueRegressionOptions options_;
    Threads& threads_;
    Rng rng_;
    Minibatches order_;
    std::vector<Shard> shards_;
    SavedWeights<Scalar> saved_;
};

}  // namespace gradiva
