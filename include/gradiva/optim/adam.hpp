#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/optim/detail/check_step.hpp"
#include "gradiva/optim/detail/moving_mean.hpp"

namespace GRADIVA_NAMESPACE {

/// Decay rates and epsilon of `Adam`.
struct AdamOptions {
    double beta1 = 0.9;     ///< decay of the mean of gradients, in [0, 1)
    double beta2 = 0.999;   ///< decay of the mean of their squares, in [0, 1)
    double epsilon = 1e-5;  ///< added to the root of the second, above 0 also in the weights' scalar

    void visit_state(State& state) {
        state("beta1", beta1);
        state("beta2", beta2);
        state("epsilon", epsilon);
    }
};

/// The Adam optimiser; models `Optimizer`. Element by element, with gradient g at step t = 1, 2, ...:
/// m := beta1 m + (1 - beta1) g,  v := beta2 v + (1 - beta2) g^2,
/// theta := theta - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon).
/// Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1.
template <class Scalar = float>
class Adam {
public:
    /// Throws `Error` unless the options are in their ranges.
    Adam(AdamOptions options = {}) : options_(options) {
        detail::check_decay("Adam", "beta1", options.beta1);
        detail::check_decay("Adam", "beta2", options.beta2);
        detail::check_epsilon<Scalar>("Adam", options.epsilon);
    }

    /// Throws `Error`, and changes nothing, when the learning rate is not finite, or when the square of an element of
    /// the gradient is not: the element's second moment would then stay infinite.
    void step(std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
        GRADIVA_ASSERT(weights.size() == gradient.size());
        detail::check_step("Adam", gradient, learning_rate, detail::largest_with_square<Scalar>());
        const auto size = static_cast<Index>(gradient.size());
        if (mean_.size() != size) {
            mean_.assign(size, Scalar(0));
            square_.assign(size, Scalar(0));
            steps_ = 0;
        }
        ++steps_;
        const auto rate = static_cast<Scalar>(learning_rate / bias_correction(options_.beta1));
        const auto correction = static_cast<Scalar>(1 / std::sqrt(bias_correction(options_.beta2)));
        const auto epsilon = static_cast<Scalar>(options_.epsilon);
        const detail::MovingMean<Scalar> mean(options_.beta1);
        const detail::MeanSquare<Scalar> mean_square(options_.beta2, options_.epsilon);
        const auto step = [=]<class V>(const V& g, V& theta, V& m, V& v) {
            m = detail::without_negligible(mean(m, g), negligible);
            v = mean_square(v, g);
            theta -= rate * m / (correction * simd::square_root(v) + epsilon);
        };
        simd::update(size, step, gradient.data(), weights.data(), mean_.data(), square_.data());
    }

    /// Before the first step there are no moments. Throws `Error` where those restored are not as many of each.
    void visit_state(State& state) {
        state.fixed("options", options_);
        state("steps", steps_);
        state("first_moment", mean_);
        state("second_moment", square_);
        require(mean_.size() == square_.size(), "Adam: there are {} first moments and {} second ones, not as many",
                mean_.size(), square_.size());
    }

private:
    // A smaller mean is set to 0. Otherwise the mean of gradients which have become 0, such as those of a ReLU unit
    // that is never active, would decay into denormal numbers, with which arithmetic is some twenty times slower.
    static constexpr Scalar negligible = std::numeric_limits<Scalar>::min() * Scalar(1e18);

    /// 1 - beta^t: the total weight of the gradients so far in an exponential mean that began at 0.
    double bias_correction(double beta) const { return -std::expm1(static_cast<double>(steps_) * std::log(beta)); }

    AdamOptions options_;
    Index steps_ = 0;
    Buffer<Scalar> mean_;
    Buffer<Scalar> square_;
};

}  // namespace GRADIVA_NAMESPACE
