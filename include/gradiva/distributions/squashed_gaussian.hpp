#pragma once

#include <cmath>
#include <numbers>
#include <span>
#include <utility>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/distributions/action_bounds.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/kernels/special_functions.hpp"
#include "gradiva/kernels/squash.hpp"

namespace GRADIVA_NAMESPACE {

/// A tanh-squashed Gaussian: bounded real numbers a_i = low_i + (high_i - low_i) (tanh(u_i) + 1) / 2 with u ~ Base, a
/// `DiagonalGaussian` or a `StateDependentGaussian`. Head and own parameters are those of the base. Models
/// `Distribution`.
///
/// The stored action, which samples and modes write and all other members read, is u; `to_environment` computes a.
/// Log-probs are those of a: log p(u) - sum_i log((high_i - low_i) / 2 (1 - tanh^2 u_i)); minus infinity where u is
/// infinite. The second term does not depend on parameters, so that gradients of log-probs, KL and Fisher matrix are
/// those of the base. The entropy has no closed form and is estimated by quadrature; its gradient is exactly that of
/// the estimate, whose error is given at `kernels::expected_squash_log_slope`. The mode is that of u: the median of
/// each a_i, not the maximum of a's density. Source: Haarnoja et al., "Soft Actor-Critic Algorithms and Applications",
/// 2018, appendix C.
template <class ScalarT, class BaseT = DiagonalGaussian<ScalarT>>
class SquashedGaussian {
    static_assert(explain_distribution<BaseT>());

public:
    using Scalar = ScalarT;
    using Base = BaseT;
    using Tape = typename Base::Tape;

    /// The entropy is approximate: tests compare it with looser bounds.
    static constexpr bool entropy_is_estimate = true;

    /// Bounds are those of a space such as `Box`. Throws `Error` unless all are finite with low < high, and the initial
    /// log sigma is within the base's bounds.
    template <BoundedSpace S>
    explicit SquashedGaussian(const S& space, double initial_log_std = 0)
        : bounds_("SquashedGaussian", space), base_(bounds_.size(), initial_log_std),
          log_volume_(
              static_cast<Scalar>(bounds_.log_volume() - std::numbers::ln2 * static_cast<double>(bounds_.size()))) {}

    Index head_size() const { return base_.head_size(); }
    Index parameter_count() const { return base_.parameter_count(); }
    ActionShape action_shape() const { return base_.action_shape(); }
    void initialise(std::span<Scalar> own) const { base_.initialise(own); }

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar> own, Tape& tape) const {
        base_.forward(head, own, tape);
    }
    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const { base_.sample(tape, rng, actions); }
    void mode(const Tape& tape, ActionView actions) const { base_.mode(tape, actions); }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        base_.log_prob(tape, actions, out);
        out.array() -= log_volume_;
        kernels::subtract_squash_log_slope<Scalar>(actions.reals, out);
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        base_.entropy(tape, out);
        for (Index j = 0; j < out.size(); ++j) {
            const auto u = base_.column(tape, j);
            out[j] += log_volume_ + kernels::expected_squash_log_slope<Scalar>(u.mean, u.std);
        }
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const { base_.kl(from, to, out); }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar> d_own) const {
        if constexpr (requires { base_.project_head_gradient(tape, d_head); }) {
            base_.unprojected_backward(tape, actions, d_log_prob, d_entropy, from, d_kl, d_head, d_own);
            add_squash_entropy_gradient(tape, d_entropy, d_head, d_own);
            base_.project_head_gradient(tape, d_head);
        } else {
            base_.backward(tape, actions, d_log_prob, d_entropy, from, d_kl, d_head, d_own);
            add_squash_entropy_gradient(tape, d_entropy, d_head, d_own);
        }
    }

    /// See `DiagonalGaussian`.
    bool project_gradient(std::span<const Scalar> own,
                          std::span<Scalar> d_own) const requires HasProjectGradient<Base> {
        return base_.project_gradient(own, d_own);
    }

    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar> own, MatrixRef<Scalar> out_head,
                std::span<Scalar> out_own) const requires DistributionWithFisher<Base> {
        base_.fisher(tape, head, own, out_head, out_own);
    }

    /// sent := a of each stored u; an infinite u gives the bound itself, NaN gives NaN.
    void to_environment(ConstActionView stored, ActionView sent) const {
        for (Index j = 0; j < stored.reals.cols(); ++j) {
            for (Index i = 0; i < stored.reals.rows(); ++i) {
                const auto u = static_cast<double>(stored.reals(i, j));
                sent.reals(i, j) = bounds_.to_action(i, kernels::sigmoid(2 * u));  // (tanh u + 1) / 2
            }
        }
    }

    /// stored := u of each action, the inverse of `to_environment`. The bounds have no finite u: the fraction
    /// x = (a - low) / (high - low) is clamped to [1e-6, 1 - 1e-6], u thus to about +-6.9. An action beyond a bound
    /// cannot be sampled: its u is infinite, and its log-prob minus infinity.
    void from_environment(ConstActionView sent, ActionView stored) const {
        for (Index j = 0; j < sent.reals.cols(); ++j) {
            for (Index i = 0; i < sent.reals.rows(); ++i) {
                const double x = bounds_.to_unit(i, sent.reals(i, j));
                const double inside = x < 0 ? 0 : x > 1 ? 1 : x;
                stored.reals(i, j) = static_cast<float>((std::log(inside) - std::log1p(-inside)) / 2);
            }
        }
    }

    const Base& base() const { return base_; }

    void visit_state(State& state) {
        state.fixed("type", "SquashedGaussian");
        state("bounds", bounds_);
        visit_distribution(state, "base", base_);
    }

private:
    /// Adds d_entropy times the gradient of E sum_i log(1 - tanh^2 u_i), the term of the entropy due to squashing.
    void add_squash_entropy_gradient(const Tape& tape, Scalar d_entropy, MatrixRef<Scalar>& d_head,
                                     std::span<Scalar> d_own) const {
        if (d_entropy == 0) return;
        for (Index j = 0; j < d_head.cols(); ++j) {
            const auto u = base_.column(tape, j);
            auto d = base_.gradient_column(d_head, d_own, j);
            kernels::add_expected_squash_log_slope_gradient<Scalar>(u.mean, u.std, d_entropy, d.mean, d.log_std);
        }
    }

    ActionBounds bounds_;
    Base base_;
    Scalar log_volume_;  // sum_i log((high_i - low_i) / 2)
};

}  // namespace GRADIVA_NAMESPACE
