#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/rollout/rollout.hpp"

namespace GRADIVA_NAMESPACE {

/// A part of a minibatch: some sequences of a rollout (see `Minibatches`), single samples for networks without memory.
template <class Scalar>
struct OrderedSamples {
    const Rollout<Scalar>& rollout;
    const Minibatches& order;
    const Buffer<Scalar>& advantage;  ///< of each place of the order, normalised where the loss asks for it
    Range positions;                  ///< which sequences of the order

    /// Number of samples.
    Index size() const { return order.places(positions).size(); }
};

/// Which column of a batch holds which sample. Of single samples the columns have their order; those of sequences are
/// ordered by time, and at each time step by sequence, longer ones first (see `Sequences`).
class BatchLayout {
public:
    template <class Scalar>
    void arrange(const OrderedSamples<Scalar>& from) {
        order_ = &from.order;
        positions_ = from.positions;
        if (order_->steps() > 1) {
            arrange_sequences(from.rollout);
        } else {
            width_.assign(1, positions_.size());
        }
        find_begins(from.rollout);
    }

    /// Number of columns.
    Index size() const { return order_->places(positions_).size(); }
    /// The sample t N + n of each column.
    const Index* samples() const { return order_->steps() > 1 ? samples_.data() : order_->from(positions_.begin); }

    /// Copies to `to` the numbers of each column's sample, given those of each place of the order.
    template <class T>
    void gather_places(const Buffer<T>& from, Buffer<T>& to) const {
        if (order_->steps() > 1) {
            to.gather(from.data(), places_.data(), size());
        } else {
            to.resize(size());
            std::copy_n(from.data() + positions_.begin, size(), to.data());
        }
    }

    /// Columns of each time step.
    std::span<const Index> width() const { return width_.span(); }
    /// One per column: 1 where an episode begins, other than at the first step of a sequence.
    std::span<const std::uint8_t> begins() const { return begins_.span(); }

    /// Whether sequences start where the rollout has states.
    bool starts_at_states() const { return starts_at_states_; }

    /// Copies to `to` (S x width[0]) the states before the sequences' first steps, from those of a rollout, if it has
    /// any.
    template <class Scalar>
    void gather_states(const MatrixBuffer<Scalar>& from, MatrixBuffer<Scalar>& to) const {
        if (from.rows() == 0) return to.resize(0, 0);
        to.gather_columns(from.data(), from.rows(), state_.data(), state_.size());
    }

private:
    template <class Scalar>
    void arrange_sequences(const Rollout<Scalar>& rollout) {
        sorted_.resize(positions_.size());
        std::iota(sorted_.begin(), sorted_.end(), positions_.begin);
        std::sort(sorted_.begin(), sorted_.end(), [this](Index a, Index b) {
            const Index longer = order_->length(a) - order_->length(b);
            return longer != 0 ? longer > 0 : a < b;
        });
        samples_.resize(size());
        places_.resize(size());
        width_.resize(order_->length(sorted_[0]));
        Index column = 0;
        for (Index t = 0; t < width_.size(); ++t) {
            const Index begin = column;
            for (const Index i : sorted_) {
                if (t >= order_->length(i)) break;
                samples_[column] = order_->first(i) + t * rollout.environments;
                places_[column++] = order_->places({i, i + 1}).begin + t;
            }
            width_[t] = column - begin;
        }
    }

    template <class Scalar>
    void find_begins(const Rollout<Scalar>& rollout) {
        starts_at_states_ = order_->steps() >= rollout.horizon || order_->steps() % rollout.steps_of_sequence() == 0;
        if (!rollout.holds_states() && order_->steps() == 1) return;
        state_.resize(width_[0]);
        begins_.resize(size());
        const Index n = rollout.environments, steps = rollout.steps_of_sequence();
        for (Index j = 0; j < width_[0]; ++j) {
            const Index first = samples()[j];
            state_[j] = first / n / steps * n + first % n;
            begins_[j] = 0;
        }
        for (Index j = width_[0]; j < size(); ++j) begins_[j] = rollout.ends_episode(samples()[j] - n);
    }

    const Minibatches* order_ = nullptr;
    Range positions_;
    bool starts_at_states_ = true;
    Buffer<Index> sorted_;   // the positions of the sequences, longer ones first
    Buffer<Index> samples_;  // of each column
    Buffer<Index> places_;   // of each column
    Buffer<Index> width_;
    Buffer<Index> state_;  // columns of a rollout's states
    Buffer<std::uint8_t> begins_;
};

}  // namespace GRADIVA_NAMESPACE
