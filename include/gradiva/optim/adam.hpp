#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/lanes.hpp"
#include "gradiva/kernels/registers.hpp"
#include "gradiva/kernels/square_root.hpp"

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
        const Scalar* const gradients = gradient.data();
        Scalar *const thetas = weights.data(), *const means = mean_.data(), *const squares = square_.data();
        const auto step_at = [=]<class V>(Index i) {
            const V g = load_lanes<V>(gradients + i);
            const V mean = beta1 * load_lanes<V>(means + i) + (1 - beta1) * g;
            const V m = ((mean > -negligible) & (mean < negligible)) ? V{} : mean;
            const V v = beta2 * load_lanes<V>(squares + i) + (1 - beta2) * (g * g);
            store_lanes(m, means + i);
            store_lanes(v, squares + i);
            const V descent = rate * m / (correction * kernels::square_root(v) + epsilon);
            store_lanes(V(load_lanes<V>(thetas + i) - descent), thetas + i);
        };
        using V = kernels::detail::RegisterOf<Scalar>;
        Index i = 0;
        for (; i + kernels::detail::lanes<Scalar> <= size; i += kernels::detail::lanes<Scalar>) {
            step_at.template operator()<V>(i);
        }
        for (; i < size; ++i) step_at.template operator()<Scalar>(i);
    }

private:
    // A smaller mean counts as 0. Else that of gradients which have become 0, such as those of a ReLU unit that is
    // never active, decays into denormal numbers, on which processors take some twenty times as long.
    static constexpr Scalar negligible = std::numeric_limits<Scalar>::min() * Scalar(1e18);

    AdamOptions options_;
    Index steps_ = 0;
    Buffer<Scalar> mean_;
    Buffer<Scalar> square_;
};

}  // namespace gradiva
