#pragma once

#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/convolution.hpp"
#include "gradiva/nn/dense.hpp"

namespace GRADIVA_NAMESPACE {

/// One convolution of images, Z = W P(X) + b 1^T, for X shape.size() x batch and Z outputs() x batch, an image of
/// `weights.outputs` channels (see `kernels::ConvolutionShape`). P(X) are the patches of X under the kernel, at each of
/// its positions. `weights` says where W (kernels x patch) and then b lie in a flat span of parameters or gradients.
/// `patches` is storage for some of P(X) at a time.
struct ImageLayer {
    kernels::ConvolutionShape shape;
    Dense weights;

    Index inputs() const { return shape.size(); }
    Index outputs() const { return shape.positions() * weights.outputs; }
    Index parameter_count() const { return weights.parameter_count(); }

    // `packed` below is null, or the result of `weights.pack` for the same parameters.

    /// Z := W P(X) + b 1^T.
    template <class T>
    void forward(std::span<const T> flat, const ConstMatrixRef<T>& x, MatrixMap<T> z, Buffer<T>& patches,
                 const PackedDense<T>* packed = nullptr) const {
        kernels::convolve<T>(shape, weights.operand(flat, packed), x, weights.bias(flat), z, patches);
    }

    /// A := f(W P(X) + b 1^T).
    template <class T>
    void forward(std::span<const T> flat, Activation f, const ConstMatrixRef<T>& x, MatrixMap<T> a, Buffer<T>& patches,
                 const PackedDense<T>* packed = nullptr) const {
        kernels::convolve_and_activate<T>(shape, f, weights.operand(flat, packed), x, weights.bias(flat), a, patches);
    }

    /// Z' := W P(X') + dW P(X) + db 1^T: the tangent of Z, where X' is the tangent of X and v = (dW, db) the direction
    /// in parameter space. X' is null for a first layer, whose input does not depend on the parameters.
    template <class T>
    void jvp(std::span<const T> flat, std::span<const T> v, const ConstMatrixRef<T>& x,
             const ConstMatrixMap<T>* x_tangent, MatrixMap<T> z_tangent, Buffer<T>& patches) const {
        forward<T>(v, x, z_tangent, patches);
        if (x_tangent)
            kernels::convolve_add<T>(shape, weights.operand<T>(flat, nullptr), *x_tangent, z_tangent, patches);
    }

    /// dW += dZ P(X)^T, db += dZ 1, both summed over all positions.
    template <class T>
    void add_gradient(const ConstMatrixMap<T>& dz, const ConstMatrixRef<T>& x, std::span<T> gradient,
                      Buffer<T>& patches) const {
        kernels::add_convolution_gradient<T>(shape, dz, x, weights.weight(gradient), weights.bias(gradient), patches);
    }

    /// dX := the derivative by X of what has the derivative dZ by Z.
    template <class T>
    void input_gradient(std::span<const T> flat, const ConstMatrixMap<T>& dz, MatrixRef<T> dx, Buffer<T>& patches,
                        const PackedDense<T>* packed = nullptr) const {
        kernels::convolution_input_gradient<T>(shape, weights.transposed_operand(flat, packed), dz, dx, patches);
    }
};

}  // namespace GRADIVA_NAMESPACE
