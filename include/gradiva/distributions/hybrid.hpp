#pragma once

#include <span>
#include <utility>

#include "gradiva/core/state.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/distribution.hpp"

namespace GRADIVA_NAMESPACE {

/// A discrete choice and a vector of real numbers, independent given the state. The head has the logits of the choice,
/// then the head of the vector's distribution `Values`. Log-prob, entropy and KL are sums over both parts. Supports
/// masks of the choice. Models `Distribution`; its own parameters are those of `Values`. Source: Delalleau, Peter,
/// Alonso and Logut, "Discrete and Continuous Action Representation for Practical RL in Video Games", 2019, section 3
/// (there for soft actor-critic).
template <class ScalarT, class Values = DiagonalGaussian<ScalarT>>
class Hybrid {
    static_assert(explain_distribution<Values>());

public:
    using Scalar = ScalarT;

    /// What `forward` computes.
    struct Tape {
        typename Categorical<Scalar>::Tape choice;
        typename Values::Tape values;
        mutable Buffer<Scalar> value_terms;  ///< scratch buffer: the second summand of log-probs, entropies or KLs
    };

    /// `choices` choices, at least 1, and `dimensions` real numbers, at least 1.
    Hybrid(Index choices, Index dimensions) : Hybrid(choices, Values(dimensions)) {}

    /// With a given distribution of the vector.
    Hybrid(Index choices, Values values) : choice_(choices), values_(std::move(values)) {}

    Index choices() const { return choice_.choices(); }
    Index head_size() const { return choices() + values_.head_size(); }
    Index mask_size() const { return choices(); }
    Index parameter_count() const { return values_.parameter_count(); }
    ActionShape action_shape() const { return {.integers = 1, .reals = values_.action_shape().reals}; }
    void initialise(std::span<Scalar> own) const { values_.initialise(own); }

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar> own, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == head_size());
        choice_.forward(choice_rows(head), {}, tape.choice);
        values_.forward(value_rows(head), own, tape.values);
        tape.value_terms.resize(head.cols());
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        choice_.sample(tape.choice, rng, actions);
        values_.sample(tape.values, rng, actions);
    }

    void mode(const Tape& tape, ActionView actions) const {
        choice_.mode(tape.choice, actions);
        values_.mode(tape.values, actions);
    }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        choice_.log_prob(tape.choice, actions, out);
        values_.log_prob(tape.values, actions, tape.value_terms.vector());
        out += tape.value_terms.vector();
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        choice_.entropy(tape.choice, out);
        values_.entropy(tape.values, tape.value_terms.vector());
        out += tape.value_terms.vector();
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        choice_.kl(from.choice, to.choice, out);
        values_.kl(from.values, to.values, to.value_terms.vector());
        out += to.value_terms.vector();
    }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar> d_own) const {
        choice_.backward(tape.choice, actions, d_log_prob, d_entropy, from != nullptr ? &from->choice : nullptr, d_kl,
                         choice_rows(d_head), {});
        values_.backward(tape.values, actions, d_log_prob, d_entropy, from != nullptr ? &from->values : nullptr, d_kl,
                         value_rows(d_head), d_own);
    }

    /// See `DiagonalGaussian`.
    bool project_gradient(std::span<const Scalar> own,
                          std::span<Scalar> d_own) const requires HasProjectGradient<Values> {
        return values_.project_gradient(own, d_own);
    }

    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar> own, MatrixRef<Scalar> out_head,
                std::span<Scalar> out_own) const requires DistributionWithFisher<Values> {
        choice_.fisher(tape.choice, choice_rows(head), {}, choice_rows(out_head), {});
        values_.fisher(tape.values, value_rows(head), own, value_rows(out_head), out_own);
    }

    void to_environment(ConstActionView stored, ActionView sent) const requires HasToEnvironment<Values> {
        sent.integers = stored.integers;
        values_.to_environment(stored, sent);
    }

    void from_environment(ConstActionView sent, ActionView stored) const requires HasFromEnvironment<Values> {
        stored.integers = sent.integers;
        values_.from_environment(sent, stored);
    }

    void visit_state(State& state) {
        state.fixed("type", "Hybrid");
        state("choice", choice_);
        visit_distribution(state, "values", values_);
    }

private:
    auto choice_rows(auto&& head) const { return head.topRows(choices()); }
    auto value_rows(auto&& head) const { return head.bottomRows(values_.head_size()); }

    Categorical<Scalar> choice_;
    Values values_;
};

}  // namespace GRADIVA_NAMESPACE
