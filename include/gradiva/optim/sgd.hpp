#pragma once

#include <span>

#include "gradiva/core/buffer.hpp"

namespace gradiva {

struct SgdOptions {
    double momentum = 0;  ///< share of the last step that is kept, in [0, 1)
};

/// Stochastic gradient descent with momentum: u := momentum u + g,  theta := theta - lr u.
/// Source: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964.
template <class Scalar = float>
class Sgd {
public:
    Sgd(SgdOptions options = {}) : options_(options) {
        require(options.momentum >= 0 && options.momentum < 1, "Sgd: momentum is {}; give a number in [0, 1)",
                options.momentum);
    }

    void step(std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
        GRADIVA_ASSERT(weights.size() == gradient.size());
        const auto g = as_vector(gradient).array();
        if (velocity_.size() != g.size()) velocity_.assign(g.size(), Scalar(0));
        auto u = velocity_.vector().array();
        u = static_cast<Scalar>(options_.momentum) * u + g;
        as_vector(weights).array() -= static_cast<Scalar>(learning_rate) * u;
    }

private:
    SgdOptions options_;
    Buffer<Scalar> velocity_;
};

}  // namespace gradiva
