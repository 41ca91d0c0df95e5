#pragma once

#include <cstddef>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/distributions/action_bounds.hpp"
#include "gradiva/kernels/beta.hpp"
#include "gradiva/kernels/gamma_variate.hpp"

namespace GRADIVA_NAMESPACE {

/// The Beta distribution over bounds: a_i = low_i + (high_i - low_i) x_i with independent x_i ~ Beta(alpha_i, beta_i).
/// The head (2 d x batch) holds d rows h with alpha = 1 + softplus(h), then d rows for beta in the same way: as both
/// are above 1, the density is unimodal. Models `Distribution`; has no parameters of its own.
///
/// The stored action, which samples and modes write and all other members read, is x; `to_environment` computes a.
/// Log-probs are those of a. Samples and modes are clamped to [1e-6, 1 - 1e-6], where float distinguishes x from 0 and
/// from 1 and log-probs are finite; while alpha and beta are below 1e4, samples almost never come that close to an end.
/// An x outside (0, 1), possible in recorded data only, has the log-prob minus infinity. alpha - 1 and beta - 1 are
/// clamped to `highest_excess`; `backward` sets to 0 the derivatives by which descent would move a head further beyond
/// it. NaN in a column's head gives NaN in that column only. Source: Chou, Maturana and Scherer, "Improving Stochastic
/// Policy Gradients in Continuous Control with Deep Reinforcement Learning using the Beta Distribution", 2017.
template <class ScalarT>
class Beta {
public:
    using Scalar = ScalarT;

    static constexpr double highest_excess = 1e6;

    /// What `forward` computes, in double; of 2 dimensions rows the first half belongs to alpha, the second to beta.
    /// See kernels/beta.hpp.
    struct Tape {
        MatrixBuffer<double> excess;    ///< alpha - 1, beta - 1: 2 dimensions x batch
        MatrixBuffer<double> slope;     ///< derivative of the softplus by the head, the same shape
        MatrixBuffer<double> mean_log;  ///< E log x, E log(1 - x), the same shape
        MatrixBuffer<double> log_beta;  ///< log B(alpha, beta): dimensions x batch
    };

    /// Bounds are those of a space such as `Box`. Throws `Error` unless all are finite with low < high.
    template <BoundedSpace S>
    explicit Beta(const S& space)
        : bounds_("Beta", space), dimensions_(bounds_.size()), log_volume_(static_cast<Scalar>(bounds_.log_volume())) {}

    Index head_size() const { return 2 * dimensions_; }
    Index parameter_count() const { return 0; }
    ActionShape action_shape() const { return {.integers = 0, .reals = dimensions_}; }
    void initialise(std::span<Scalar>) const {}

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar>, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == head_size());
        for (auto* part : {&tape.excess, &tape.slope, &tape.mean_log}) part->resize(head_size(), head.cols());
        tape.log_beta.resize(dimensions_, head.cols());
        kernels::beta_excess<Scalar>(head, highest_excess, tape.excess.matrix(), tape.slope.matrix());
        kernels::beta_statistics(tape.excess.matrix(), tape.log_beta.matrix(), tape.mean_log.matrix());
    }

    /// From two gamma variates: x = g / (g + g'), with g of shape alpha and g' of shape beta.
    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for (Index j = 0; j < tape.excess.cols(); ++j) {
            Rng& stream = rng[static_cast<std::size_t>(j)];
            for (Index i = 0; i < dimensions_; ++i) {
                const double g = kernels::gamma_variate(1 + tape.excess(i, j), stream);
                const double other = kernels::gamma_variate(1 + tape.excess(dimensions_ + i, j), stream);
                actions.reals(i, j) = static_cast<float>(ActionBounds::clamped_inside(g / (g + other)));
            }
        }
    }

    /// x = (alpha - 1) / (alpha + beta - 2); 1/2 for alpha = beta = 1, the uniform distribution.
    void mode(const Tape& tape, ActionView actions) const {
        for (Index j = 0; j < tape.excess.cols(); ++j) {
            for (Index i = 0; i < dimensions_; ++i) {
                const double a = tape.excess(i, j), sum = a + tape.excess(dimensions_ + i, j);
                actions.reals(i, j) = static_cast<float>(ActionBounds::clamped_inside(sum == 0 ? 0.5 : a / sum));
            }
        }
    }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        kernels::beta_log_prob<Scalar>(tape.excess.matrix(), tape.log_beta.matrix(), actions.reals, out);
        out.array() -= log_volume_;
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        kernels::beta_entropy<Scalar>(tape.excess.matrix(), tape.log_beta.matrix(), tape.mean_log.matrix(), out);
        out.array() += log_volume_;
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        kernels::beta_kl<Scalar>(from.excess.matrix(), from.log_beta.matrix(), from.mean_log.matrix(),
                                 to.excess.matrix(), to.log_beta.matrix(), out);
    }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar>) const {
        d_head.setZero();
        kernels::add_beta_log_prob_gradient<Scalar>(tape.slope.matrix(), tape.mean_log.matrix(), actions.reals,
                                                    d_log_prob, d_head);
        if (d_entropy != 0) {
            kernels::add_beta_entropy_gradient<Scalar>(tape.excess.matrix(), tape.slope.matrix(), d_entropy, d_head);
        }
        if (from != nullptr) {
            kernels::add_beta_kl_gradient<Scalar>(from->mean_log.matrix(), tape.mean_log.matrix(), tape.slope.matrix(),
                                                  d_kl, d_head);
        }
        for (Index j = 0; j < d_head.cols(); ++j) {
            for (Index i = 0; i < d_head.rows(); ++i) {
                if (tape.excess(i, j) >= highest_excess && d_head(i, j) < 0) d_head(i, j) = 0;
            }
        }
    }

    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar>, MatrixRef<Scalar> out_head,
                std::span<Scalar>) const {
        kernels::beta_fisher<Scalar>(tape.excess.matrix(), tape.slope.matrix(), head, out_head);
    }

    /// sent := a of each stored x; an x outside [0, 1] gives the bound, NaN gives NaN.
    void to_environment(ConstActionView stored, ActionView sent) const {
        for (Index j = 0; j < stored.reals.cols(); ++j) {
            for (Index i = 0; i < stored.reals.rows(); ++i) {
                sent.reals(i, j) = bounds_.to_action(i, static_cast<double>(stored.reals(i, j)));
            }
        }
    }

    /// stored := x of each action, the inverse of `to_environment`, clamped to [1e-6, 1 - 1e-6] as samples are. An
    /// action beyond a bound cannot be sampled: its x is outside (0, 1), and its log-prob minus infinity.
    void from_environment(ConstActionView sent, ActionView stored) const {
        for (Index j = 0; j < sent.reals.cols(); ++j) {
            for (Index i = 0; i < sent.reals.rows(); ++i) {
                stored.reals(i, j) = static_cast<float>(bounds_.to_unit(i, sent.reals(i, j)));
            }
        }
    }

    void visit_state(State& state) {
        state.fixed("type", "Beta");
        state("bounds", bounds_);
    }

private:
    ActionBounds bounds_;
    Index dimensions_;
    Scalar log_volume_;
};

}  // namespace GRADIVA_NAMESPACE
