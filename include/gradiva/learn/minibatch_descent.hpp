#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradiva/core/threads.hpp"
#include "gradiva/learn/kept.hpp"
#include "gradiva/learn/saved_weights.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/rollout/sample_batch.hpp"

namespace GRADIVA_NAMESPACE {

/// Gradient descent of one span of weights on a loss that is a mean over samples, by minibatches of a rollout. A
/// minibatch is split into fixed shards whose gradients are added in order, so that threads change no bit. `Scratch` is
/// what a shard needs besides its samples, such as a tape. After the first call nothing allocates.
template <class Scalar, class Scratch, Optimizer<Scalar> O>
class MinibatchDescent {
public:
    /// Part of a minibatch: samples, room to work, and what they add up to.
    struct alignas(buffer_alignment) Shard {
        SampleBatch<Scalar> batch;
        Scratch scratch;
        Buffer<Scalar> gradient;
        double loss = 0;  ///< summed over samples
    };

    /// Uses minibatch, epochs, max_gradient_norm and name of the options. Throws `Error` on values out of range.
    MinibatchDescent(O optimizer, const UpdateOptions& options, Threads& threads, Rng rng)
        : optimizer_(std::move(optimizer)), options_(options), threads_(threads), rng_(rng) {
        options_.check();
    }

    /// `add(shard, weight)` adds the losses of the shard's samples to its loss, and their derivative times `weight` to
    /// its gradient. Reports the value loss and the gradient's norm over the last epoch. Throws `Error` when a gradient
    /// or a weight is not finite, in the name of `whose` weights they are; weights, optimiser and the order of samples
    /// are then as they were before.
    template <class Add>
    UpdateReport operator()(const Rollout<Scalar>& rollout, std::span<Scalar> weights, const char* whose,
                            double progress, const Add& add) {
        order_.reset(rollout);
        return keep_or_put_back(
            [&] {
                return saved_.or_put_back(
                    weights, [&] { return descend(rollout, weights, whose, options_.learning_rate(progress), add); });
            },
            optimizer_, rng_);
    }

private:
    template <class Add>
    UpdateReport descend(const Rollout<Scalar>& rollout, std::span<Scalar> weights, const char* whose,
                         double learning_rate, const Add& add) {
        const Index size = std::min(options_.minibatch, order_.sample_count());
        for (Shard& shard : shards_) shard.gradient.clear();  // what an exception may have left
        double loss = 0;
        double norms = 0;
        for (Index epoch = 0; epoch < options_.epochs; ++epoch) {
            loss = norms = 0;
            order_.shuffle(*rng_);
            for (Index i = 0; i < order_.count(size); ++i) {
                const Index shards = find_gradients(rollout, order_.range(i, size), weights.size(), add);
                for (Index s = 0; s < shards; ++s) loss += shard(s).loss;
                norms += step(shards, weights, whose, learning_rate);
            }
        }
        require_finite_weights<Scalar>(weights, whose);
        return {.value_loss = loss / static_cast<double>(order_.sample_count()),
                .gradient_norm = norms / static_cast<double>(order_.count(size)),
                .learning_rate = learning_rate};
    }

    Shard& shard(Index s) { return shards_[static_cast<std::size_t>(s)]; }

    /// Returns how many shards there are.
    template <class Add>
    Index find_gradients(const Rollout<Scalar>& rollout, Range minibatch, std::size_t weights, const Add& add) {
        const Index shards = shard_count(minibatch.size());
        if (static_cast<Index>(shards_.size()) < shards) shards_ = std::vector<Shard>(static_cast<std::size_t>(shards));
        threads_.run(shards, [&](Index s) {
            Shard& mine = shard(s);
            mine.gradient.resize(static_cast<Index>(weights));
            mine.loss = 0;
            for_each_pass(Range{0, minibatch.size()}, shards, s, [&](Range pass) {
                mine.batch.gather(rollout, order_, {minibatch.begin + pass.begin, minibatch.begin + pass.end});
                add(mine, 1 / static_cast<double>(minibatch.size()));
            });
        });
        return shards;
    }

    /// Returns the gradient's norm before clipping.
    double step(Index shards, std::span<Scalar> weights, const char* whose, double learning_rate) {
        gradient_.resize(static_cast<Index>(weights.size()));
        const double norm = add_up(
            shards, [&](Index s) { return shard(s).gradient.span(); }, gradient_.span());
        require(std::isfinite(norm),
                "update: the {} gradient is not finite; lower the learning rate, or check rewards and observations for "
                "extreme values",
                whose);
        clip(gradient_.span(), norm, options_.max_gradient_norm);
        optimizer_->step(weights, std::as_const(gradient_).span(), learning_rate);
        return norm;
    }

    Kept<O> optimizer_;
    UpdateOptions options_;
    Threads& threads_;
    Kept<Rng> rng_;
    Minibatches order_;
    std::vector<Shard> shards_;
    Buffer<Scalar> gradient_;  // of all shards
    SavedWeights<Scalar> saved_;
};

}  // namespace GRADIVA_NAMESPACE
