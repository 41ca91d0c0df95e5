#pragma once

#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/kernels/log_softmax.hpp"

namespace gradiva {

/// Several choices at once, independent of each other given the state: the k-th is one of n_k with probabilities
/// softmax(head_k), the head being the logits of one choice after the other. Takes masks: what is not legal has
/// probability 0. Models `Distribution`; has no parameters of its own.
template <class ScalarT>
class MultiCategorical {
public:
    using Scalar = ScalarT;

    struct Tape {
        MatrixBuffer<Scalar> log_p;
        MatrixBuffer<Scalar> p;
    };

    /// Throws `Error` without choices, or where one has nothing to choose from.
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
        tape.log_p.resize(head.rows(), head.cols());
        tape.p.resize(head.rows(), head.cols());
        for_each_part([&](Index, const auto& rows) {
            kernels::log_softmax<Scalar>(rows(head), rows(tape.log_p.matrix()), rows(tape.p.matrix()));
        });
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for_each_part([&](Index k, const auto& rows) {
            kernels::draw_choice<Scalar>(rows(tape.p.matrix()), rng, actions.integers.row(k));
        });
    }

    void mode(const Tape& tape, ActionView actions) const {
        for_each_part([&](Index k, const auto& rows) {
            kernels::largest_choice<Scalar>(rows(tape.log_p.matrix()), actions.integers.row(k));
        });
    }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        out.setZero();
        for_each_part([&](Index k, const auto& rows) {
            kernels::add_log_prob<Scalar>(rows(tape.log_p.matrix()), actions.integers.row(k), out);
        });
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        out.setZero();
        for_each_part([&](Index, const auto& rows) {
            kernels::add_categorical_entropy<Scalar>(rows(tape.log_p.matrix()), rows(tape.p.matrix()), out);
        });
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        out.setZero();
        for_each_part([&](Index, const auto& rows) {
            kernels::add_categorical_kl<Scalar>(rows(from.log_p.matrix()), rows(from.p.matrix()),
                                                rows(to.log_p.matrix()), out);
        });
    }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar>) const {
        d_head.setZero();
        for_each_part([&](Index k, const auto& rows) {
            kernels::add_log_prob_gradient<Scalar>(rows(tape.p.matrix()), actions.integers.row(k), d_log_prob,
                                                   rows(d_head));
            if (d_entropy != 0) {
                kernels::add_entropy_gradient<Scalar>(rows(tape.log_p.matrix()), rows(tape.p.matrix()), d_entropy,
                                                      rows(d_head));
            }
        });
        if (from != nullptr) kernels::add_kl_gradient<Scalar>(from->p.matrix(), tape.p.matrix(), d_kl, d_head);
    }

    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar>, MatrixRef<Scalar> out_head,
                std::span<Scalar>) const {
        for_each_part([&](Index, const auto& rows) {
            kernels::categorical_fisher<Scalar>(rows(tape.p.matrix()), rows(head), rows(out_head));
        });
    }

private:
    /// Calls `body(k, rows)` for each choice; `rows(matrix)` are those of the head that belong to it.
    template <class Body>
    void for_each_part(const Body& body) const {
        for (std::size_t k = 0; k < parts_.size(); ++k) {
            const Range part = parts_[k];
            body(static_cast<Index>(k), [part](auto&& matrix) { return matrix.middleRows(part.begin, part.size()); });
        }
    }

    std::vector<Range> parts_;
};

}  // namespace gradiva
