#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/softmax/categorical.hpp"
#include "gradiva/kernels/softmax/log_softmax.hpp"

namespace GRADIVA_NAMESPACE {

/// The epsilon-greedy policy over n choices. The head is an action value Q of each choice (n x batch), and
///   p(a) = 1 - epsilon + epsilon / n for the first a of largest Q,   epsilon / n for all others.
/// Supports masks: n is then the number of legal choices, and masked ones have probability 0; a Q of minus infinity
/// counts as masked. Log-probs, entropy and KL are NaN in a column without legal choices, or with a Q of NaN or plus
/// infinity. p is piecewise constant in Q:
/// all gradients are 0. Models `Distribution`; has no parameters of its own. Source: Sutton and Barto, "Reinforcement
/// Learning", 2018, section 2.2.
template <class ScalarT>
class EpsilonGreedy {
public:
    using Scalar = ScalarT;

    /// What `forward` computes.
    struct Tape {
        Buffer<int> best;                  ///< the first choice of largest Q in each column
        Buffer<Index> legal_count;         ///< of each column; 0 where a Q is NaN or plus infinity
        MatrixBuffer<std::uint8_t> legal;  ///< 1 or 0, choices x batch
        double epsilon = 0;                ///< at the time of `forward`
    };

    /// Throws `Error` on a count below 1 or an epsilon outside [0, 1]. `QLambda` sets epsilon by its schedule.
    explicit EpsilonGreedy(Index choices, double epsilon = 0.1) : choices_(choices) {
        require(choices >= 1, "EpsilonGreedy: choices is {}; give at least 1 action", choices);
        set_epsilon(epsilon);
    }

    double epsilon() const { return epsilon_; }
    /// Throws `Error` unless epsilon is in [0, 1].
    void set_epsilon(double epsilon) {
        require(epsilon >= 0 && epsilon <= 1, "EpsilonGreedy: epsilon is {}; give a number from 0 to 1", epsilon);
        epsilon_ = epsilon;
    }

    Index choices() const { return choices_; }
    Index head_size() const { return choices_; }
    Index mask_size() const { return choices_; }
    Index parameter_count() const { return 0; }
    ActionShape action_shape() const { return {.integers = 1, .reals = 0}; }
    void initialise(std::span<Scalar>) const {}

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar>, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == choices_);
        tape.epsilon = epsilon_;
        tape.best.resize(head.cols());
        tape.legal.resize(choices_, head.cols());
        tape.legal_count.resize(head.cols());
        kernels::largest_choice<Scalar>(head, RowMap(tape.best.data(), head.cols()));
        for (Index j = 0; j < head.cols(); ++j) tape.legal_count[j] = count_legal(head, j, tape.legal);
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for (Index j = 0; j < tape.best.size(); ++j) {
            Rng& own = rng[static_cast<std::size_t>(j)];
            const bool explores = own.uniform() < tape.epsilon && tape.legal_count[j] > 0;
            actions.integers(0, j) = explores ? draw_legal(tape, j, own) : tape.best[j];
        }
    }

    void mode(const Tape& tape, ActionView actions) const {
        for (Index j = 0; j < tape.best.size(); ++j) actions.integers(0, j) = tape.best[j];
    }

    /// Minus infinity for a choice of probability 0.
    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        for (Index j = 0; j < tape.best.size(); ++j) {
            out[j] = static_cast<Scalar>(std::log(probability(tape, actions.integers(0, j), j)));
        }
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        for (Index j = 0; j < tape.best.size(); ++j) {
            double sum = 0;
            for (Index i = 0; i < choices_; ++i) {
                const double p = probability(tape, i, j);
                if (p != 0) sum -= p * std::log(p);
            }
            out[j] = static_cast<Scalar>(sum);
        }
    }

    /// Infinite where a choice has probability 0 in `to` and not in `from`.
    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        GRADIVA_ASSERT(from.best.size() == to.best.size());
        for (Index j = 0; j < from.best.size(); ++j) {
            double sum = 0;
            for (Index i = 0; i < choices_; ++i) {
                const double p = probability(from, i, j);
                if (p != 0) sum += p * (std::log(p) - std::log(probability(to, i, j)));
            }
            out[j] = static_cast<Scalar>(sum);
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

    /// Throws `Error` where epsilon is restored to a number outside [0, 1].
    void visit_state(State& state) {
        state.fixed("type", "EpsilonGreedy");
        state.fixed("choices", choices_);
        state("epsilon", epsilon_);
        set_epsilon(epsilon_);
    }

private:
    using RowMap = Eigen::Map<RowVector<int>, Eigen::Unaligned, Contiguous>;

    /// Writes which choices of column j are legal, and returns their number; 0 where a Q is NaN or plus infinity.
    Index count_legal(const ConstMatrixRef<Scalar>& head, Index j, MatrixBuffer<std::uint8_t>& legal) const {
        Index count = 0;
        bool known = true;
        for (Index i = 0; i < choices_; ++i) {
            const bool finite = std::isfinite(head(i, j));
            known = known && (finite || head(i, j) == kernels::masked_logit<Scalar>);
            legal(i, j) = finite ? 1 : 0;
            count += finite ? 1 : 0;
        }
        return known ? count : 0;
    }

    /// A legal choice of column j, uniformly distributed.
    int draw_legal(const Tape& tape, Index j, Rng& rng) const {
        Index left = rng.below(tape.legal_count[j]);
        Index choice = 0;
        while (tape.legal(choice, j) == 0 || left-- > 0) ++choice;
        return static_cast<int>(choice);
    }

    static double probability(const Tape& tape, Index choice, Index j) {
        if (tape.legal_count[j] == 0) return std::numeric_limits<double>::quiet_NaN();
        const double other = tape.legal(choice, j) != 0 ? tape.epsilon / static_cast<double>(tape.legal_count[j]) : 0;
        return choice == tape.best[j] ? 1 - tape.epsilon + other : other;
    }

    Index choices_;
    double epsilon_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
