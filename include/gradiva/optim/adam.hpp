#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "gradiva/core/buffer.hpp"

namespace gradiva {

struct AdamOptions {
    double beta1 = 0.9;     ///< decay of the mean of gradients, in [0, 1)
    double beta2 = 0.999;   ///< decay of the mean of their squares, in [0, 1)
    double epsilon = 1e-5;  ///< added to the root of the second, above 0
};

/// m := beta1 m + (1 - beta1) g,  v := beta2 v + (1 - beta2) g^2,
/// theta := theta - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + epsilon).
/// Source: Kingma and Ba, "Adam: A Method for Stochastic Optimization", 2015, algorithm 1.
template <class Scalar = float>
class Adam {
public:
    Adam(AdamOptions options = {}) : options_(options) {
        require(options.beta1 >= 0 && options.beta1 < 1, "Adam: beta1 is {}; give a number in [0, 1)", options.beta1);
        require(options.beta2 >= 0 && options.beta2 < 1, "Adam: beta2 is {}; give a number in [0, 1)", options.beta2);
        require(options.epsilon > 0, "Adam: epsilon is {}; give a number above 0", options.epsilon);
    }

    void step(std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
        GRADIVA_ASSERT(weights.size() == gradient.size());
        const auto size = static_cast<Index>(gradient.size());
        if (mean_.size() != size) {
            mean_.assign(size, Scalar(0));
            square_.assign(size, Scalar(0));
            steps_ = 0;
        }
        ++steps_;
        const auto t = static_cast<double>(steps_);
        const auto beta1 = static_cast<Scalar>(options_.beta1);
        const auto beta2 = static_cast<Scalar>(options_.beta2);
        const auto rate = static_cast<Scalar>(learning_rate / (1 - std::pow(options_.beta1, t)));
        const auto correction = static_cast<Scalar>(1 / std::sqrt(1 - std::pow(options_.beta2, t)));
        const auto epsilon = static_cast<Scalar>(options_.epsilon);
        for (Index begin = 0; begin < size; begin += piece_size) {
            const Index count = std::min(piece_size, size - begin);
            const Scalar* const g = gradient.data() + begin;
            Piece theta(weights.data() + begin, count), m(mean_.data() + begin, count),
                v(square_.data() + begin, count);
            for (Index i = 0; i < count; ++i) {
                const Scalar mean = beta1 * m[i] + (1 - beta1) * g[i];
                m[i] = std::abs(mean) < negligible ? Scalar(0) : mean;
            }
            for (Index i = 0; i < count; ++i) v[i] = (1 - beta2) * (g[i] * g[i]) + beta2 * v[i];
            theta -= rate * m / (v.sqrt() * correction + epsilon);
        }
    }

private:
    // So many numbers are gone through at a time that they stay in a first-level cache from one line to the next.
    static constexpr Index piece_size = 1024;
    using Piece = Eigen::Map<Eigen::Array<Scalar, Eigen::Dynamic, 1>>;

    // A smaller mean counts as 0. Else that of gradients which have become 0, such as those of a ReLU unit that is
    // never active, decays into denormal numbers, on which processors take some twenty times as long.
    static constexpr Scalar negligible = std::numeric_limits<Scalar>::min() * Scalar(1e18);

    AdamOptions options_;
    Index steps_ = 0;
    Buffer<Scalar> mean_;
    Buffer<Scalar> square_;
};

}  // namespace gradiva
