#pragma once

#include <cstddef>
#include <vector>

#include "gradiva/core/buffer.hpp"
#include "gradiva/kernels/activation.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What a forward pass stores of layers with an activation f, A_l = f(Z_l).
template <class Scalar>
struct LayerOutputs {
    std::vector<MatrixBuffer<Scalar>> output;  ///< A_1, A_2, ...
    std::vector<MatrixBuffer<Scalar>> before;  ///< Z_1, Z_2, ... where f' needs them

    /// Computes A_l, whose storage has its size: by `fused(A_l)`, which applies f, or where f' needs Z_l by
    /// `linear(Z_l)`, which does not.
    template <class Linear, class Fused>
    [[gnu::always_inline]] void activate(Activation f, std::size_t l, const Linear& linear, const Fused& fused) {
        const MatrixMap<Scalar> a = output[l].matrix();
        if (!kernels::keeps_input(f)) return fused(a);
        before[l].resize(a.rows(), a.cols());
        const MatrixMap<Scalar> z = before[l].matrix();
        linear(z);
        kernels::activate_to<Scalar>(f, z, a);
    }

    /// What `kernels::multiply_by_derivative` needs of layer l.
    ConstMatrixMap<Scalar> kept(Activation f, std::size_t l) const {
        return (kernels::keeps_input(f) ? before : output)[l].matrix();
    }
};

}  // namespace GRADIVA_NAMESPACE::detail
