#pragma once

#include <cstddef>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/bernoulli.hpp"

namespace GRADIVA_NAMESPACE {

/// Binary variables, 0 or 1, independent given the state: the i-th is 1 with probability 1 / (1 + exp(-head_i)); the
/// head (answers x batch) holds logits. Models `Distribution`; has no parameters of its own.
template <class ScalarT>
class Bernoulli {
public:
    using Scalar = ScalarT;

    /// What `forward` computes, all answers x batch.
    struct Tape {
        MatrixBuffer<Scalar> logit;
        MatrixBuffer<Scalar> p;       ///< probability of 1
        MatrixBuffer<Scalar> log_no;  ///< log(1 - p)
    };

    /// `answers` is the number of variables. Throws `Error` unless it is at least 1.
    explicit Bernoulli(Index answers) : answers_(answers) {
        require(answers >= 1, "Bernoulli: answers is {}; give at least 1", answers);
    }

    Index head_size() const { return answers_; }
    Index parameter_count() const { return 0; }
    ActionShape action_shape() const { return {.integers = answers_, .reals = 0}; }
    void initialise(std::span<Scalar>) const {}

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar>, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == answers_);
        for (auto* part : {&tape.logit, &tape.p, &tape.log_no}) part->resize(answers_, head.cols());
        tape.logit.matrix() = head;
        kernels::bernoulli_forward<Scalar>(head, tape.p.matrix(), tape.log_no.matrix());
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for (Index j = 0; j < tape.p.cols(); ++j) {
            for (Index i = 0; i < answers_; ++i) {
                const double u = rng[static_cast<std::size_t>(j)].uniform();
                actions.integers(i, j) = u < static_cast<double>(tape.p(i, j)) ? 1 : 0;
            }
        }
    }

    void mode(const Tape& tape, ActionView actions) const {
        actions.integers = (tape.logit.matrix().array() > 0).template cast<int>();
    }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        kernels::bernoulli_log_prob<Scalar>(tape.logit.matrix(), tape.log_no.matrix(), actions.integers, out);
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        kernels::bernoulli_entropy<Scalar>(tape.logit.matrix(), tape.p.matrix(), tape.log_no.matrix(), out);
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        kernels::bernoulli_kl<Scalar>(from.logit.matrix(), from.p.matrix(), from.log_no.matrix(), to.logit.matrix(),
                                      to.log_no.matrix(), out);
    }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar>) const {
        kernels::bernoulli_gradient<Scalar>(tape.logit.matrix(), tape.p.matrix(), actions.integers, d_log_prob,
                                            d_entropy, d_head);
        if (from != nullptr) d_head += d_kl * (tape.p.matrix() - from->p.matrix());
    }

    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar>, MatrixRef<Scalar> out_head,
                std::span<Scalar>) const {
        const auto p = tape.p.matrix().array();
        out_head = p * (1 - p) * head.array();
    }

    void visit_state(State& state) {
        state.fixed("type", "Bernoulli");
        state.fixed("answers", answers_);
    }

private:
    Index answers_;
};

}  // namespace GRADIVA_NAMESPACE
