#pragma once

#include <cstddef>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/kernels/gaussian.hpp"
#include "gradiva/kernels/reparameterise.hpp"

namespace GRADIVA_NAMESPACE {

/// Independent normal variables, a_i ~ N(m_i, sigma_i^2), with deviations that depend on the state. The head (2 d x
/// batch) holds d means, then d rows h with log sigma = initial_log_std + h: a network whose outputs are near 0 at
/// first begins with log sigma near initial_log_std. Models `Distribution`; has no parameters of its own.
///
/// log sigma is clamped to the bounds of `DiagonalGaussian`. Beyond a bound its derivatives are those at the bound;
/// `backward` then sets to 0 those by which descent would move it further out. Samples are rounded to float, and
/// log-probs are those of the rounded action. NaN in a column's head gives NaN in that column only. Source: Haarnoja et
/// al., "Soft Actor-Critic: Off-Policy Maximum Entropy Deep Reinforcement Learning with a Stochastic Actor", 2018.
template <class ScalarT>
class StateDependentGaussian {
public:
    using Scalar = ScalarT;
    using Column = typename DiagonalGaussian<Scalar>::Column;
    using ColumnGradient = typename DiagonalGaussian<Scalar>::ColumnGradient;

    static constexpr double lowest_log_std = DiagonalGaussian<Scalar>::lowest_log_std;
    static constexpr double highest_log_std = DiagonalGaussian<Scalar>::highest_log_std;

    /// What `forward` computes, all dimensions x batch.
    struct Tape {
        MatrixBuffer<Scalar> mean;
        MatrixBuffer<Scalar> free_log_std;  ///< initial_log_std + h, before it is clamped
        MatrixBuffer<Scalar> log_std;       ///< clamped
        MatrixBuffer<Scalar> std;           ///< sigma
        MatrixBuffer<Scalar> inverse_std;   ///< 1 / sigma

        kernels::GaussianScale<Scalar> scale() const {
            return kernels::GaussianScale<Scalar>::per_sample(log_std.matrix(), inverse_std.matrix());
        }
    };

    /// Throws `Error` unless there is a dimension, and the initial log sigma is within the bounds.
    explicit StateDependentGaussian(Index dimensions, double initial_log_std = 0)
        : dimensions_(dimensions), initial_log_std_(initial_log_std) {
        require(dimensions >= 1, "StateDependentGaussian: dimensions is {}; give at least 1", dimensions);
        require(initial_log_std >= lowest_log_std && initial_log_std <= highest_log_std,
                "StateDependentGaussian: initial_log_std is {}; give a number from {} to {}", initial_log_std,
                lowest_log_std, highest_log_std);
    }

    Index head_size() const { return 2 * dimensions_; }
    Index parameter_count() const { return 0; }
    ActionShape action_shape() const { return {.integers = 0, .reals = dimensions_}; }
    void initialise(std::span<Scalar>) const {}

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar>, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == head_size());
        for (auto* part : {&tape.mean, &tape.free_log_std, &tape.log_std, &tape.std, &tape.inverse_std}) {
            part->resize(dimensions_, head.cols());
        }
        tape.mean.matrix() = head.topRows(dimensions_);
        tape.free_log_std.matrix().array() =
            head.bottomRows(dimensions_).array() + static_cast<Scalar>(initial_log_std_);
        kernels::gaussian_deviation<Scalar>(all(tape.free_log_std), static_cast<Scalar>(lowest_log_std),
                                            static_cast<Scalar>(highest_log_std), all(tape.log_std), all(tape.std),
                                            all(tape.inverse_std));
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for (Index j = 0; j < tape.mean.cols(); ++j) {
            Rng& stream = rng[static_cast<std::size_t>(j)];
            for (Index i = 0; i < dimensions_; ++i) {
                const auto noise = static_cast<Scalar>(stream.normal());
                actions.reals(i, j) = static_cast<float>(tape.mean(i, j) + tape.std(i, j) * noise);
            }
        }
    }

    void mode(const Tape& tape, ActionView actions) const { actions.reals = tape.mean.matrix().template cast<float>(); }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        kernels::gaussian_log_prob<Scalar>(tape.mean.matrix(), tape.scale(), actions.reals, out);
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        for (Index j = 0; j < out.size(); ++j) out[j] = kernels::gaussian_entropy<Scalar>(of(tape.log_std, j));
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        kernels::gaussian_kl<Scalar>(from.mean.matrix(), from.scale(), to.mean.matrix(), to.scale(), out);
    }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar> d_own) const {
        unprojected_backward(tape, actions, d_log_prob, d_entropy, from, d_kl, d_head, d_own);
        project_head_gradient(tape, d_head);
    }

    /// `backward` without projection, for distributions built upon this one: they add terms of their own and then call
    /// `project_head_gradient`.
    void unprojected_backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob,
                              Scalar d_entropy, const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head,
                              std::span<Scalar>) const {
        MatrixRef<Scalar> d_mean = d_head.topRows(dimensions_), d_log_std = d_head.bottomRows(dimensions_);
        d_log_std.setConstant(d_entropy);
        kernels::gaussian_log_prob_gradient<Scalar>(tape.mean.matrix(), tape.scale(), actions.reals, d_log_prob, d_mean,
                                                    d_log_std);
        if (from != nullptr) {
            kernels::add_gaussian_kl_gradient<Scalar>(from->mean.matrix(), from->scale(), tape.mean.matrix(),
                                                      tape.scale(), d_kl, d_mean, d_log_std);
        }
    }

    /// Given dL/dhead of a whole loss, sets to 0 the elements by which descent would move a log sigma further beyond
    /// its bound.
    void project_head_gradient(const Tape& tape, MatrixRef<Scalar> d_head) const {
        for (Index j = 0; j < d_head.cols(); ++j) {
            for (Index i = 0; i < dimensions_; ++i) {
                Scalar& d = d_head(dimensions_ + i, j);
                d = kernels::toward_bounds(tape.free_log_std(i, j), static_cast<Scalar>(lowest_log_std),
                                           static_cast<Scalar>(highest_log_std), d);
            }
        }
    }

    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar>, MatrixRef<Scalar> out_head,
                std::span<Scalar>) const {
        MatrixRef<Scalar> out_log_std = out_head.bottomRows(dimensions_);
        out_log_std.setZero();
        kernels::gaussian_fisher<Scalar>(tape.scale(), head.topRows(dimensions_), head.bottomRows(dimensions_),
                                         out_head.topRows(dimensions_), out_log_std);
    }

    /// Standard normal noise for `reparameterise` (dimensions x batch): column j is drawn with `rng[j]`, in the order
    /// of `sample`.
    void draw_noise(std::span<Rng> rng, MatrixRef<Scalar> noise) const {
        for (Index j = 0; j < noise.cols(); ++j) {
            Rng& stream = rng[static_cast<std::size_t>(j)];
            for (Index i = 0; i < noise.rows(); ++i) noise(i, j) = static_cast<Scalar>(stream.normal());
        }
    }

    /// action := m + sigma * noise, the reparameterisation that makes actions differentiable by the head; in Scalar,
    /// not rounded to float.
    void reparameterise(const Tape& tape, ConstMatrixRef<Scalar> noise, MatrixRef<Scalar> action) const {
        kernels::reparameterise<Scalar>(tape.mean.matrix(), tape.std.matrix(), noise, action);
    }

    /// Given dL/daction of reparameterised actions, writes dL/dhead.
    void reparameterised_backward(const Tape& tape, ConstMatrixRef<Scalar> noise, ConstMatrixRef<Scalar> d_action,
                                  MatrixRef<Scalar> d_head, std::span<Scalar>) const {
        MatrixRef<Scalar> d_log_std = d_head.bottomRows(dimensions_);
        d_head.topRows(dimensions_) = d_action;
        d_log_std.setZero();
        kernels::add_reparameterised_gradient<Scalar>(tape.std.matrix(), noise, d_action, d_log_std);
        project_head_gradient(tape, d_head);
    }

    /// Mean and sigma of sample j, and views of its gradient, for distributions built upon this one.
    Column column(const Tape& tape, Index j) const { return {of(tape.mean, j), of(tape.std, j)}; }

    ColumnGradient gradient_column(MatrixRef<Scalar> d_head, std::span<Scalar>, Index j) const {
        return {{&d_head(0, j), dimensions_}, {&d_head(dimensions_, j), dimensions_}};
    }

    void visit_state(State& state) {
        state.fixed("type", "StateDependentGaussian");
        state.fixed("dimensions", dimensions_);
        state.fixed("initial_log_std", initial_log_std_);
    }

private:
    static VectorMap<Scalar> all(MatrixBuffer<Scalar>& m) { return {m.data(), m.rows() * m.cols()}; }
    static ConstVectorMap<Scalar> of(const MatrixBuffer<Scalar>& m, Index j) {
        return {m.data() + j * m.rows(), m.rows()};
    }

    Index dimensions_;
    double initial_log_std_;
};

}  // namespace GRADIVA_NAMESPACE
