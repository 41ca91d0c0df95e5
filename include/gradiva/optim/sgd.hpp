#pragma once

#include <limits>
#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/optim/detail/check_step.hpp"
#include "gradiva/optim/detail/moving_mean.hpp"

namespace GRADIVA_NAMESPACE {

/// Momentum of `Sgd`.
struct SgdOptions {
    double momentum = 0;  ///< factor of the last velocity, in [0, 1)
};

/// Stochastic gradient descent with momentum; models `Optimizer`: u := momentum u + g,  theta := theta - lr u.
/// Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
template <class Scalar = float>
class Sgd {
public:
    Sgd(SgdOptions options = {}) : options_(options) { detail::check_decay("Sgd", "momentum", options.momentum); }

    /// Throws `Error`, and changes nothing, when the learning rate or an element of the gradient is not finite, or when
    /// an element is so large that the velocity could overflow.
    void step(std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
        GRADIVA_ASSERT(weights.size() == gradient.size());
        const auto momentum = static_cast<Scalar>(options_.momentum);
        // The velocity is at most 1 / (1 - momentum) times the largest element of all gradients; the limit is half of
        // what this allows, a margin for rounding.
        const double limit = options_.momentum > 0 ? (1 - options_.momentum) / 2 : 1;
        detail::check_step("Sgd", gradient, learning_rate, limit * most);
        const auto size = static_cast<Index>(gradient.size());
        if (velocity_.size() != size) velocity_.assign(size, Scalar(0));
        const auto rate = static_cast<Scalar>(learning_rate);
        const auto step = [=]<class V>(const V& g, V& theta, V& u) {
            u = detail::without_negligible(V(momentum * u + g), negligible);
            theta -= rate * u;
        };
        simd::update(size, step, gradient.data(), weights.data(), velocity_.data());
    }

    void visit_state(State& state) {
        state.fixed("momentum", options_.momentum);
        state("velocity", velocity_);
    }

private:
    static constexpr double most = std::numeric_limits<Scalar>::max();
    static constexpr Scalar negligible = std::numeric_limits<Scalar>::min() * 1024;

    SgdOptions options_;
    Buffer<Scalar> velocity_;
};

}  // namespace GRADIVA_NAMESPACE
