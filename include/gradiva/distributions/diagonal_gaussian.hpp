#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/kernels/gaussian.hpp"
#include "gradiva/kernels/reparameterise.hpp"

namespace GRADIVA_NAMESPACE {

/// Independent normal variables, a_i ~ N(m_i, sigma_i^2). The head is the mean m (dimensions x batch); the own
/// parameters are log sigma_i, one per dimension, the same in every state. Models `Distribution`.
///
/// log sigma is clamped to [`lowest_log_std`, `highest_log_std`], sigma thus to [2e-9, 7.4], so that no power of it
/// under- or overflows in float. Its derivatives beyond a bound are those at the bound; `project_gradient` drops what
/// would move it further out. Samples are rounded to float, and log-probs are those of the rounded action. A NaN in
/// mean or log sigma gives NaN in every result that depends on it. Source: Williams, "Simple statistical
/// gradient-following algorithms for connectionist reinforcement learning", 1992, section 6; bounds as in Haarnoja et
/// al., "Soft Actor-Critic Algorithms and Applications", 2018.
template <class ScalarT>
class DiagonalGaussian {
public:
    using Scalar = ScalarT;

    /// Heads, samples and log-probs have the same bits in a batch of any width.
    static constexpr bool column_by_column = true;

    static constexpr double lowest_log_std = -20;
    static constexpr double highest_log_std = 2;

    /// What `forward` computes.
    struct Tape {
        MatrixBuffer<Scalar> mean;   ///< dimensions x batch
        Buffer<Scalar> own;          ///< the parameters of which the following are functions
        Buffer<Scalar> log_std;      ///< clamped
        Buffer<Scalar> std;          ///< sigma
        Buffer<Scalar> inverse_std;  ///< 1 / sigma

        kernels::GaussianScale<Scalar> scale() const {
            return kernels::GaussianScale<Scalar>::shared(log_std.vector(), inverse_std.vector());
        }
    };

    /// Mean and sigma of one sample's distribution.
    struct Column {
        ConstVectorMap<Scalar> mean, std;
    };
    /// Views of the gradient by mean and log sigma of one sample; all samples of this distribution share `log_std`.
    struct ColumnGradient {
        VectorMap<Scalar> mean, log_std;
    };

    /// Throws `Error` unless there is a dimension, and the initial log sigma is within the bounds.
    explicit DiagonalGaussian(Index dimensions, double initial_log_std = 0)
        : dimensions_(dimensions), initial_log_std_(initial_log_std) {
        require(dimensions >= 1, "DiagonalGaussian: dimensions is {}; give at least 1", dimensions);
        require(initial_log_std >= lowest_log_std && initial_log_std <= highest_log_std,
                "DiagonalGaussian: initial_log_std is {}; give a number from {} to {}", initial_log_std, lowest_log_std,
                highest_log_std);
    }

    Index head_size() const { return dimensions_; }
    Index parameter_count() const { return dimensions_; }
    ActionShape action_shape() const { return {.integers = 0, .reals = dimensions_}; }
    void initialise(std::span<Scalar> own) const {
        std::fill(own.begin(), own.end(), static_cast<Scalar>(initial_log_std_));
    }

    void forward(const ConstMatrixRef<Scalar>& head, std::span<const Scalar> own, Tape& tape) const {
        GRADIVA_ASSERT(head.rows() == dimensions_ && static_cast<Index>(own.size()) == dimensions_);
        tape.mean.resize(dimensions_, head.cols());
        if (head.outerStride() == dimensions_) {
            std::copy_n(head.data(), head.size(), tape.mean.data());  // one copy; Eigen would make one per column
        } else {
            tape.mean.matrix() = head;
        }
        if (std::equal(own.begin(), own.end(), tape.own.begin(), tape.own.end())) return;  // unchanged
        for (auto* part : {&tape.log_std, &tape.std, &tape.inverse_std}) part->resize(dimensions_);
        kernels::gaussian_deviation<Scalar>(as_vector(own), static_cast<Scalar>(lowest_log_std),
                                            static_cast<Scalar>(highest_log_std), tape.log_std.vector(),
                                            tape.std.vector(), tape.inverse_std.vector());
        tape.own.resize(dimensions_);
        std::copy(own.begin(), own.end(), tape.own.begin());
    }

    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        for (Index j = 0; j < tape.mean.cols(); ++j) {
            Rng& stream = rng[static_cast<std::size_t>(j)];
            for (Index i = 0; i < dimensions_; ++i) {
                const auto noise = static_cast<Scalar>(stream.normal());
                actions.reals(i, j) = static_cast<float>(tape.mean(i, j) + tape.std[i] * noise);
            }
        }
    }

    void mode(const Tape& tape, ActionView actions) const { actions.reals = tape.mean.matrix().template cast<float>(); }

    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        kernels::gaussian_log_prob<Scalar>(tape.mean.matrix(), tape.scale(), actions.reals, out);
    }

    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        out.setConstant(kernels::gaussian_entropy<Scalar>(tape.log_std.vector()));
    }

    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        kernels::gaussian_kl<Scalar>(from.mean.matrix(), from.scale(), to.mean.matrix(), to.scale(), out);
    }

    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar> d_own) const {
        VectorMap<Scalar> d_log_std = as_vector(d_own);
        kernels::gaussian_log_prob_gradient<Scalar>(tape.mean.matrix(), tape.scale(), actions.reals, d_log_prob, d_head,
                                                    d_log_std);
        d_log_std.array() += d_entropy * static_cast<Scalar>(tape.mean.cols());
        if (from != nullptr) {
            kernels::add_gaussian_kl_gradient<Scalar>(from->mean.matrix(), from->scale(), tape.mean.matrix(),
                                                      tape.scale(), d_kl, d_head, d_log_std);
        }
    }

    /// Given the gradient of a whole loss by the own parameters, sets to 0 the elements by which descent would move a
    /// log sigma further beyond its bound. Returns whether it set any.
    bool project_gradient(std::span<const Scalar> own, std::span<Scalar> d_own) const {
        bool dropped = false;
        for (std::size_t i = 0; i < own.size(); ++i) {
            const Scalar d = kernels::toward_bounds(own[i], static_cast<Scalar>(lowest_log_std),
                                                    static_cast<Scalar>(highest_log_std), d_own[i]);
            dropped = dropped || d != d_own[i];
            d_own[i] = d;
        }
        return dropped;
    }

    /// A log sigma beyond a bound has the Fisher matrix of the bound. With 0 there, the damping of a trust region alone
    /// would determine its step.
    void fisher(const Tape& tape, ConstMatrixRef<Scalar> head, std::span<const Scalar> own, MatrixRef<Scalar> out_head,
                std::span<Scalar> out_own) const {
        kernels::gaussian_fisher<Scalar>(tape.scale(), head, as_vector(own), out_head, as_vector(out_own));
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
        kernels::reparameterise<Scalar>(tape.mean.matrix(), tape.std.vector(), noise, action);
    }

    /// Given dL/daction of reparameterised actions, writes dL/dhead and adds the gradient by the own parameters to
    /// `d_own`.
    void reparameterised_backward(const Tape& tape, ConstMatrixRef<Scalar> noise, ConstMatrixRef<Scalar> d_action,
                                  MatrixRef<Scalar> d_head, std::span<Scalar> d_own) const {
        d_head = d_action;
        kernels::add_reparameterised_gradient<Scalar>(tape.std.vector(), noise, d_action, as_vector(d_own));
    }

    /// Mean and sigma of sample j, and views of its gradient, for distributions built upon this one.
    Column column(const Tape& tape, Index j) const {
        return {{tape.mean.data() + j * dimensions_, dimensions_}, tape.std.vector()};
    }
    ColumnGradient gradient_column(MatrixRef<Scalar> d_head, std::span<Scalar> d_own, Index j) const {
        return {{&d_head(0, j), dimensions_}, as_vector(d_own)};
    }

    void visit_state(State& state) {
        state.fixed("type", "DiagonalGaussian");
        state.fixed("dimensions", dimensions_);
        state.fixed("initial_log_std", initial_log_std_);
    }

private:
    Index dimensions_;
    double initial_log_std_;
};

}  // namespace GRADIVA_NAMESPACE
