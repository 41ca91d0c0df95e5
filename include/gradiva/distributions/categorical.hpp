#pragma once

#include <algorithm>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/softmax/categorical.hpp"
#include "gradiva/kernels/softmax/categorical_gradient.hpp"
#include "gradiva/kernels/softmax/log_softmax.hpp"

namespace GRADIVA_NAMESPACE {

/// The categorical distribution: one of n choices with probabilities softmax(head); the head (n x batch) holds logits.
/// Supports masks: masked choices have probability 0. Models `Distribution`; has no parameters of its own.
template <class ScalarT>
class Categorical {
public:
    using Scalar = ScalarT;

    /// Heads, samples and log-probs have the same bits in a batch of any width.
    static constexpr bool column_by_column = true;

    using Tape = kernels::SoftmaxBatch<Scalar>;

    /// Throws `Error` unless there is at least 1 choice.
    explicit Categorical(Index choices) : choices_(choices) {
        require(choices >= 1, "Categorical: choices is {}; give at least 1 action", choices);
    }

    Index choices() const { return choices_; }
    Index head_size() const { return choices_; }
    Index mask_size() const { return choices_; }
    Index parameter_count() const { return 0; }
    ActionShape action_shape() const { return {.integers = 1, .reals = 0}; }
    void initialise(std::span<Scalar>) const {}

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar>, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == choices_);
        kernels::log_softmax<Scalar>(head, tape);
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        kernels::draw_choice<Scalar>(tape, rng, actions.integers.row(0));
    }

    void mode(const Tape& tape, ActionView actions) const {
        kernels::most_probable_choice<Scalar>(tape, actions.integers.row(0));
    }

    void forward_and_mode(const ConstMatrixRef<Scalar>& head, std::span<const Scalar>, Tape&,
                          ActionView actions) const {
        kernels::largest_choice<Scalar>(head, actions.integers.row(0));
    }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        std::fill_n(out.data(), out.size(), Scalar(0));
        kernels::add_log_prob<Scalar>(tape, actions.integers.row(0), out);
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        std::fill_n(out.data(), out.size(), Scalar(0));
        kernels::add_categorical_entropy<Scalar>(tape, out);
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        std::fill_n(out.data(), out.size(), Scalar(0));
        kernels::add_categorical_kl<Scalar>(from, to, out);
    }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar>) const {
        kernels::categorical_gradient<Scalar>(tape, actions.integers.row(0), d_log_prob, d_entropy, from, d_kl, d_head);
    }

    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar>, MatrixRef<Scalar> out_head,
                std::span<Scalar>) const {
        kernels::categorical_fisher<Scalar>(tape, head, out_head);
    }

    void visit_state(State& state) {
        state.fixed("type", "Categorical");
        state.fixed("choices", choices_);
    }

private:
    Index choices_;
};

}  // namespace GRADIVA_NAMESPACE
