#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/softmax/categorical.hpp"
#include "gradiva/kernels/softmax/categorical_gradient.hpp"
#include "gradiva/kernels/softmax/log_softmax.hpp"

namespace GRADIVA_NAMESPACE {

/// Several categorical variables, independent given the state: the k-th is one of n_k choices with probabilities
/// softmax(head_k); the head (n_1 + n_2 + ... x batch) holds the logits of the first variable, then of the second, and
/// so on. Supports masks: masked choices have probability 0. Models `Distribution`; has no parameters of its own.
template <class ScalarT>
class MultiCategorical {
public:
    using Scalar = ScalarT;

    /// One batch of distributions for each variable.
    using Tape = std::vector<kernels::SoftmaxBatch<Scalar>>;

    /// `choices[k]` is n_k. Throws `Error` unless there are variables, and all n_k are at least 1.
    explicit MultiCategorical(const std::vector<Index>& choices) {
        require(!choices.empty(), "MultiCategorical: there are no choices; give the number of actions of each");
        for (std::size_t k = 0; k < choices.size(); ++k) {
            require(choices[k] >= 1, "MultiCategorical: choices[{}] is {}; give at least 1 action", k, choices[k]);
            parts_.push_back({head_size(), head_size() + choices[k]});
        }
    }

    Index head_size() const { return parts_.empty() ? 0 : parts_.back().end; }
    Index mask_size() const { return head_size(); }
    Index parameter_count() const { return 0; }
    ActionShape action_shape() const { return {.integers = static_cast<Index>(parts_.size()), .reals = 0}; }
    void initialise(std::span<Scalar>) const {}

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar>, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == head_size());
        tape.resize(parts_.size());
        for (std::size_t k = 0; k < parts_.size(); ++k) kernels::log_softmax<Scalar>(rows(k, head), tape[k]);
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for (std::size_t k = 0; k < tape.size(); ++k) kernels::draw_choice<Scalar>(tape[k], rng, row(k, actions));
    }

    void mode(const Tape& tape, ActionView actions) const {
        for (std::size_t k = 0; k < tape.size(); ++k) kernels::most_probable_choice<Scalar>(tape[k], row(k, actions));
    }

    void forward_and_mode(const ConstMatrixRef<Scalar>& head, std::span<const Scalar>, Tape&,
                          ActionView actions) const {
        for (std::size_t k = 0; k < parts_.size(); ++k) {
            kernels::largest_choice<Scalar>(rows(k, head), row(k, actions));
        }
    }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        out.setZero();
        for (std::size_t k = 0; k < tape.size(); ++k) kernels::add_log_prob<Scalar>(tape[k], row(k, actions), out);
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        out.setZero();
        for (const auto& part : tape) kernels::add_categorical_entropy<Scalar>(part, out);
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        out.setZero();
        for (std::size_t k = 0; k < to.size(); ++k) kernels::add_categorical_kl<Scalar>(from[k], to[k], out);
    }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar>) const {
        for (std::size_t k = 0; k < tape.size(); ++k) {
            kernels::categorical_gradient<Scalar>(tape[k], row(k, actions), d_log_prob, d_entropy,
                                                  from != nullptr ? &(*from)[k] : nullptr, d_kl, rows(k, d_head));
        }
    }

    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar>, MatrixRef<Scalar> out_head,
                std::span<Scalar>) const {
        for (std::size_t k = 0; k < tape.size(); ++k) {
            kernels::categorical_fisher<Scalar>(tape[k], rows(k, head), rows(k, out_head));
        }
    }

    void visit_state(State& state) {
        state.fixed("type", "MultiCategorical");
        std::vector<Index> choices;
        for (const Range& part : parts_) choices.push_back(part.size());
        state.fixed("choices", choices);
    }

private:
    /// The rows of the head, and the row of the actions, of the k-th variable.
    auto rows(std::size_t k, auto&& head) const { return head.middleRows(parts_[k].begin, parts_[k].size()); }
    static auto row(std::size_t k, auto&& actions) { return actions.integers.row(static_cast<Index>(k)); }

    std::vector<Range> parts_;
};

}  // namespace GRADIVA_NAMESPACE
