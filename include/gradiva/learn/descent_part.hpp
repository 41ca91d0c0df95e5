#pragma once

#include <cmath>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/learn/kept.hpp"
#include "gradiva/learn/saved_weights.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/sample_batch.hpp"

namespace GRADIVA_NAMESPACE {

/// Samples of a minibatch that one pass handles.
template <class Scalar>
struct MinibatchPass {
    OrderedSamples<Scalar> samples;
    Index minibatch;  ///< n: samples of the whole minibatch
    bool report;      ///< whether the loss fills its sums
};

/// What the last epoch that began has added up.
template <class Sums>
struct DescentEpoch {
    Sums sums{};
    double norms{};  ///< of the gradients
    Index samples{}, steps{};

    /// Of a sum over samples.
    double mean(double sum) const { return sum / static_cast<double>(samples); }
    double mean_norm() const { return norms / static_cast<double>(steps); }
};

/// Weights in one span, that of `Owner::weights()`, and all that their descent needs: the gradient, as a sum over
/// shards, an optimiser, packed weights, and what to go back to when an update fails. `Scratch`, with a `tape`, is what
/// a shard works with besides its samples; `ShardSums` what it reports. Borrows the owner. A part of
/// `MinibatchDescent`.
template <class Owner, class Scratch, class ShardSums, Optimizer<typename Owner::Scalar> O>
class alignas(buffer_alignment) DescentPart {  // so that neighbours share no cache line
public:
    using Scalar = typename Owner::Scalar;
    using Sums = ShardSums;

    struct alignas(buffer_alignment) Shard {
        SampleBatch<Scalar> batch;
        Scratch scratch;
        Buffer<Scalar> gradient;
        Sums sums{};
    };

    /// `whose` completes "the ... gradient is not finite", such as "actor's".
    DescentPart(Owner& owner, O optimizer, const char* whose)
        : owner_(owner), optimizer_(std::move(optimizer)), whose_(whose) {}

    std::span<Scalar> weights() { return owner_.weights(); }

    /// Whether a step takes longer than to tell a thread to do it.
    bool is_large() { return weights().size() >= 2048; }

    /// Before the first step of an update: the weights may have been changed since the last one.
    void begin() {
        saved_.save(weights());
        shards_.for_all([](Shard& shard) { shard.gradient.clear(); });  // what an exception may have left
        gradient_.resize(static_cast<Index>(weights().size()));
        pack_weights(owner_, packed_);
    }

    /// Weights and optimiser become what they were before `begin`.
    void put_back() {
        saved_.restore(weights());
        optimizer_.put_back();
    }

    /// Ends an update that went well.
    void keep() { optimizer_.keep(); }

    /// For `run_together`: `loss(shard, positions)` for each pass over these samples, and `finish()` at the end.
    template <class Loss, class Finish>
    auto tasks(Range samples, Loss loss, Finish finish) {
        const Index shards = shard_count(samples.size());
        const auto add = [this, samples, shards, loss](Shard& shard, Index s) {
            use_packed(shard.scratch.tape, packed_);  // by the thread in whose cache the shard is
            shard.gradient.resize(gradient_.size());
            shard.sums = {};
            for_each_pass(samples, shards, s, [&](Range positions) { loss(shard, positions); });
        };
        return shards_.tasks(shards, add, std::move(finish));
    }

    /// Adds what the shards of the last tasks report.
    void add_sums(Sums& sums) {
        shards_.for_each([&](const Shard& shard) { sums += shard.sums; });
    }

    /// The gradient becomes the sum of the shards', which are cleared.
    void add_up_gradient() {
        norm_ = add_up(shards_, gradient_.span());
        if constexpr (Policy<Owner>) {
            if (project_gradient(owner_, gradient_.span())) norm_ = norm_of<Scalar>(gradient_.span());
        }
    }

    /// Of the gradient.
    double norm() const { return norm_; }

    double finite_norm() const {
        require(std::isfinite(norm_),
                "update: the {} gradient is not finite; lower the learning rate, or check rewards and observations for "
                "extreme values",
                whose_);
        return norm_;
    }

    /// A step along the gradient, clipped where there is a `max_norm` above 0 and `norm`, that of a gradient of which
    /// this is a part, exceeds it.
    void step(double norm, double max_norm, double learning_rate) {
        clip(gradient_.span(), norm, max_norm);
        optimizer_->step(weights(), std::as_const(gradient_).span(), learning_rate);
        pack_weights(owner_, packed_);
    }

    /// Throws `Error` unless all weights are finite.
    void check_weights() { require_finite_weights<Scalar>(weights(), whose_); }

private:
    Owner& owner_;
    Kept<O> optimizer_;
    const char* whose_;
    SavedWeights<Scalar> saved_;
    PackedWeightsOf<Owner> packed_;
    ShardedSum<Shard> shards_;
    Buffer<Scalar> gradient_;
    double norm_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
