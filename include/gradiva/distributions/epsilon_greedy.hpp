#pragma once

#include <cmath>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"

namespace gradiva {

/// The best of n choices most of the time, any of them else: the head is a value Q of each choice, and
///   p(a) = 1 - epsilon + epsilon / n for the first a of largest Q,   epsilon / n for all others.
/// Models `Distribution`; has no parameters of its own. p does not change with Q but where the best choice does: all
/// gradients are zero. Source: Sutton and Barto, "Reinforcement Learning", 2018, section 2.2.
template <class ScalarT>
class EpsilonGreedy {
public:
    using Scalar = ScalarT;

    struct Tape {
        Buffer<int> best;
        double epsilon = 0;  ///< when the heads were read
    };

    /// Throws `Error` on a count below 1 and on an epsilon outside [0, 1]. A trainer sets epsilon itself.
    explicit EpsilonGreedy(Index choices, double epsilon = 0.1) : choices_(choices) {
        require(choices >= 1, "EpsilonGreedy: choices is {}; give at least 1 action", choices);
        set_epsilon(epsilon);
    }

    double epsilon() const { return epsilon_; }
    void set_epsilon(double epsilon) {
        require(epsilon >= 0 && epsilon <= 1, "EpsilonGreedy: epsilon is {}; give a number from 0 to 1", epsilon);
        epsilon_ = epsilon;
    }

    Index choices() const { return choices_; }
    Index head_size() const { return choices_; }
    Index parameter_count() const { return 0; }
    ActionShape action_shape() const { return {.integers = 1, .reals = 0}; }
    void initialise(std::span<Scalar>) const {}

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar>, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == choices_);
        tape.epsilon = epsilon_;
        tape.best.resize(head.cols());
        for (Index j = 0; j < head.cols(); ++j) {
            Index best = 0;
            for (Index i = 1; i < choices_; ++i) best = head(i, j) > head(best, j) ? i : best;
            tape.best[j] = static_cast<int>(best);
        }
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for (Index j = 0; j < tape.best.size(); ++j) {
            Rng& own = rng[static_cast<std::size_t>(j)];
            const bool explores = own.uniform() < tape.epsilon;
            actions.integers(0, j) = explores ? static_cast<int>(own.below(choices_)) : tape.best[j];
        }
    }

    void mode(const Tape& tape, ActionView actions) const {
        for (Index j = 0; j < tape.best.size(); ++j) actions.integers(0, j) = tape.best[j];
    }

    /// Minus infinity for a choice that is never taken.
    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        const Probabilities p(tape.epsilon, choices_);
        const auto log_best = static_cast<Scalar>(std::log(p.best));
        const auto log_other = static_cast<Scalar>(std::log(p.other));
        for (Index j = 0; j < tape.best.size(); ++j) {
            out[j] = actions.integers(0, j) == tape.best[j] ? log_best : log_other;
        }
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        const Probabilities p(tape.epsilon, choices_);
        out.setConstant(static_cast<Scalar>(-sum(1, p.best, p.best) - sum(choices_ - 1, p.other, p.other)));
    }

    /// Infinite where a choice of the first is never taken by the second.
    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        GRADIVA_ASSERT(from.best.size() == to.best.size());
        const Probabilities p(from.epsilon, choices_);
        const Probabilities q(to.epsilon, choices_);
        const double own = sum(1, p.best, p.best) + sum(choices_ - 1, p.other, p.other);
        const double same = own - (sum(1, p.best, q.best) + sum(choices_ - 1, p.other, q.other));
        const double moved =
            own - (sum(1, p.best, q.other) + sum(1, p.other, q.best) + sum(choices_ - 2, p.other, q.other));
        for (Index j = 0; j < from.best.size(); ++j) {
            out[j] = static_cast<Scalar>(from.best[j] == to.best[j] ? same : moved);
        }
    }

    void backward(const Tape&, ConstActionView, ConstVectorRef<Scalar>, Scalar, const Tape*, Scalar,
                  MatrixRef<Scalar> d_head, std::span<Scalar>) const {
        d_head.setZero();
    }

    void fisher(const Tape&, ConstMatrixRef<Scalar>, std::span<const Scalar>, MatrixRef<Scalar> out_head,
                std::span<Scalar>) const {
        out_head.setZero();
    }

private:
    struct Probabilities {
        Probabilities(double epsilon, Index choices)
            : best(1 - epsilon + epsilon / static_cast<double>(choices)),
              other(epsilon / static_cast<double>(choices)) {}
        double best, other;
    };

    /// p log q over some choices, where 0 log q is 0.
    static double sum(Index choices, double p, double q) {
        return choices > 0 && p > 0 ? static_cast<double>(choices) * p * std::log(q) : 0;
    }

    Index choices_;
    double epsilon_ = 0;
};

}  // namespace gradiva
