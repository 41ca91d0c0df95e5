#pragma once

#include <cmath>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/sharded_sum.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/learn/revertible.hpp"
#include "gradiva/learn/saved_weights.hpp"
#include "gradiva/nn/packed_weights.hpp"
#include "gradiva/optim/clip_norm.hpp"
#include "gradiva/optim/optimizer.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/rollout/sample_batch.hpp"

namespace GRADIVA_NAMESPACE {

/// The samples of one pass, a part of a minibatch.
template <class Scalar>
struct MinibatchPass {
    OrderedSamples<Scalar> samples;
    Index minibatch;  ///< n: number of samples of the whole minibatch
    bool report;      ///< whether the loss has to compute its sums
};

/// The sums of the last epoch that began.
template <class Sums>
struct DescentEpoch {
    Sums sums{};
    double norms{};            ///< sum of the gradients' norms
    Index samples{}, steps{};  ///< numbers of samples and of gradient steps

    /// The mean of a sum over samples.
    double mean(double sum) const { return sum / static_cast<double>(samples); }
    double mean_norm() const { return norms / static_cast<double>(steps); }
};

/// A part of `MinibatchDescent`: the weights `Owner::weights()` and the state of their descent, which is the gradient,
/// as a sum over shards, the optimiser, packed weights, and copies to restore after a failed update. `Scratch` is a
/// shard's scratch storage and has a `tape`; `ShardSums` are the sums that it reports. Borrows the owner.
template <class Owner, class Scratch, class ShardSums, Optimizer<typename Owner::Scalar> O>
class alignas(buffer_alignment) DescentPart {  // against false sharing between parts
public:
    using Scalar = typename Owner::Scalar;
    using Sums = ShardSums;

    /// Whether the owner has memory and learns from sequences.
    static constexpr bool learns_from_sequences = HasMemory<Owner>;

    /// The samples of a pass, scratch storage, gradient and sums of one shard.
    struct alignas(buffer_alignment) Shard {
        SampleBatch<Scalar> batch;
        Scratch scratch;
        Buffer<Scalar> gradient;
        Sums sums{};
    };

    /// `name` is that of the owner, such as "actor".
    DescentPart(Owner& owner, O optimizer, const char* name)
        : owner_(owner), optimizer_(std::move(optimizer)), name_(name) {}

    const char* name() const { return name_; }

    std::span<Scalar> weights() { return owner_.weights(); }

    /// Whether an optimiser step takes longer than waking a thread for it.
    bool is_large() { return weights().size() >= 2048; }

    /// Before the first step of an update: saves and packs the weights, which may have changed since the last one.
    void begin() {
        saved_.save(weights());
        shards_.for_all([](Shard& shard) { shard.gradient.clear(); });  // what an exception may have left
        gradient_.resize(static_cast<Index>(weights().size()));
        pack_weights(owner_, packed_);
    }

    /// Restores weights and optimiser to their state before `begin`.
    void revert() {
        saved_.restore(weights());
        optimizer_.revert();
    }

    /// Ends a successful update.
    void commit() { optimizer_.commit(); }

    /// A task for `run_together`: `loss(shard, positions)` for each pass over these sequences of an order, at most
    /// `width` at a time, and `finish()` at the end.
    template <class Loss, class Finish>
    auto tasks(Range positions, Index width, Loss loss, Finish finish) {
        const Index shards = shard_count(positions.size(), width);
        const auto add = [this, positions, width, shards, loss](Shard& shard, Index s) {
            use_packed(shard.scratch.tape, packed_);  // by the thread in whose cache the shard is
            shard.gradient.resize(gradient_.size());
            shard.sums = {};
            for_each_pass(positions, shards, s, width, [&](Range pass) { loss(shard, pass); });
        };
        return shards_.tasks(shards, add, std::move(finish));
    }

    /// Adds the sums of the shards of the last task.
    void add_sums(Sums& sums) {
        shards_.for_each([&](const Shard& shard) { sums += shard.sums; });
    }

    /// Sums the shards' gradients into the gradient of the part, sets them to 0, projects the sum (`project_gradient`)
    /// and computes its norm.
    void add_up_gradient() {
        norm_ = add_up(shards_, gradient_.span());
        if constexpr (Policy<Owner>) {
            if (project_gradient(owner_, gradient_.span())) norm_ = norm_of<Scalar>(gradient_.span());
        }
    }

    /// The norm of the gradient.
    double norm() const { return norm_; }

    /// The same. Throws `Error` unless it is finite.
    double finite_norm() const {
        require(
            std::isfinite(norm_),
            "update: the {}'s gradient is not finite; lower the learning rate, or check rewards and observations for "
            "extreme values",
            name_);
        return norm_;
    }

    /// An optimiser step. Where `norm`, the norm of the joint gradient of all parts, exceeds `max_norm`, the gradient
    /// is first scaled by max_norm / norm; `max_norm` 0: no clipping.
    void step(double norm, double max_norm, double learning_rate) {
        clip(gradient_.span(), norm, max_norm);
        optimizer_->step(weights(), std::as_const(gradient_).span(), learning_rate);
        pack_weights(owner_, packed_);
    }

    /// Throws `Error` unless all weights are finite.
    void check_weights() { require_finite_weights<Scalar>(weights(), name_); }

    /// Between updates.
    void visit_state(State& state) { visit_optimizer<Scalar>(state, optimizer_); }
    static consteval bool explain_saved() { return explain_saved_optimizer<O, Scalar>(); }

private:
    Owner& owner_;
    Revertible<O> optimizer_;
    const char* name_;
    SavedWeights<Scalar> saved_;
    PackedWeightsOf<Owner> packed_;
    ShardedSum<Shard> shards_;
    Buffer<Scalar> gradient_;
    double norm_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
