#pragma once

#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/matrix/few_outputs.hpp"
#include "gradiva/kernels/matrix/product.hpp"

namespace GRADIVA_NAMESPACE {

/// Copies of W and of W^T packed in the order in which a layer's products read them; empty where products read W
/// itself.
template <class T>
struct PackedDense {
    Buffer<T> plain, transposed;
};

/// One affine layer, Z = W X + b 1^T, for X inputs x batch and Z outputs x batch. Describes where W (outputs x inputs,
/// column-major) and then b lie in a flat span of parameters or gradients, and owns none.
struct Dense {
    Index inputs = 0;
    Index outputs = 0;
    Index offset = 0;  ///< of W in the flat span

    Index parameter_count() const { return outputs * (inputs + 1); }

    /// W (outputs x inputs) and b in a flat span of parameters or gradients.
    template <class T>
    MatrixMap<T> weight(std::span<T> flat) const {
        return {part(flat, offset, outputs * inputs).data(), outputs, inputs};
    }
    template <class T>
    ConstMatrixMap<T> weight(std::span<const T> flat) const {
        return {part(flat, offset, outputs * inputs).data(), outputs, inputs};
    }
    template <class T>
    VectorMap<T> bias(std::span<T> flat) const {
        return {part(flat, offset + outputs * inputs, outputs).data(), outputs};
    }
    template <class T>
    ConstVectorMap<T> bias(std::span<const T> flat) const {
        return {part(flat, offset + outputs * inputs, outputs).data(), outputs};
    }

    /// Packs W for the layer's products, valid until W changes; W^T, for the backward pass, only where `with_backward`.
    template <class T>
    void pack(std::span<const T> flat, bool with_backward, PackedDense<T>& packed) const {
        const auto pack_if = [](bool wanted, const kernels::Strided<T>& a, Buffer<T>& panels) {
            wanted ? kernels::pack_panels(a, panels) : panels.clear();
        };
        pack_if(inputs > kernels::few_inputs, kernels::plain(weight(flat)), packed.plain);
        pack_if(with_backward && outputs > kernels::few_outputs, kernels::transposed(weight(flat)), packed.transposed);
    }

    // `packed` below is null, or the result of `pack` for the same parameters.

    /// Z := W X + b 1^T.
    template <class T>
    void forward(std::span<const T> flat, const ConstMatrixRef<T>& x, MatrixRef<T> z,
                 const PackedDense<T>* packed = nullptr) const {
        kernels::multiply_plus_bias<T>(operand(flat, packed), kernels::plain(x), bias(flat), z);
    }

    /// A := f(W X + b 1^T).
    template <class T>
    void forward(std::span<const T> flat, Activation f, const ConstMatrixRef<T>& x, MatrixRef<T> a,
                 const PackedDense<T>* packed = nullptr) const {
        kernels::multiply_and_activate<T>(f, operand(flat, packed), kernels::plain(x), bias(flat), a);
    }

    /// Z' := W X' + dW X + db 1^T: the tangent of Z, where X' is the tangent of X and v = (dW, db) the direction in
    /// parameter space. X' is null for a first layer, whose input does not depend on the parameters.
    template <class T>
    void jvp(std::span<const T> flat, std::span<const T> v, ConstMatrixRef<T> x, const ConstRowsMap<T>* x_tangent,
             MatrixRef<T> z_tangent) const {
        forward<T>(v, x, z_tangent);
        if (x_tangent) {
            kernels::multiply_add<T>(kernels::plain(weight(flat)), kernels::plain(*x_tangent), z_tangent);
        }
    }

    /// dW += dZ X^T, db += dZ 1.
    template <class T>
    void add_gradient(ConstMatrixRef<T> dz, ConstMatrixRef<T> x, std::span<T> gradient) const {
        kernels::multiply_add_with_row_sums<T>(dz, kernels::transposed(x), weight(gradient), bias(gradient));
    }

    /// dW += dZ X^T, db += dZ 1, and dX := W^T dZ. dX may be X where `may_overwrite_input`.
    template <class T>
    void backward(std::span<const T> flat, ConstMatrixRef<T> dz, ConstMatrixRef<T> x, std::span<T> gradient,
                  MatrixRef<T> dx, const PackedDense<T>* packed = nullptr) const {
        add_gradient<T>(dz, x, gradient);
        input_gradient<T>(flat, dz, dx, packed);
    }

    /// Whether `backward` may overwrite X by dU.
    template <class T>
    bool may_overwrite_input() const {
        return outputs <= kernels::most_in_place<T>;
    }

    /// dW += dZ X^T, db += dZ 1, and dU := f'(U) * W^T dZ, where X = f(U), f `is_fused`. dU may be X where
    /// `may_overwrite_input`.
    template <class T>
    void backward(std::span<const T> flat, Activation f, ConstMatrixRef<T> dz, ConstMatrixRef<T> x,
                  std::span<T> gradient, MatrixRef<T> du, const PackedDense<T>* packed = nullptr) const {
        if (outputs > kernels::few_outputs) {
            add_gradient<T>(dz, x, gradient);
            return input_gradient<T>(flat, f, dz, x, du, packed);
        }
        kernels::backward_few_outputs<T>(f, weight(flat), dz, x, weight(gradient), du);
        kernels::add_row_sums<T>(dz, bias(gradient));
    }

    /// dX := W^T dZ.
    template <class T>
    void input_gradient(std::span<const T> flat, ConstMatrixRef<T> dz, MatrixRef<T> dx,
                        const PackedDense<T>* packed = nullptr) const {
        kernels::multiply<T>(transposed_operand(flat, packed), kernels::plain(dz), dx);
    }

    /// dU := f'(U) * W^T dZ, where X = f(U), f `is_fused`.
    template <class T>
    void input_gradient(std::span<const T> flat, Activation f, ConstMatrixRef<T> dz, ConstMatrixRef<T> x,
                        MatrixRef<T> du, const PackedDense<T>* packed = nullptr) const {
        kernels::multiply_and_differentiate<T>(f, transposed_operand(flat, packed), kernels::plain(dz), x, du);
    }

    /// W, and W^T, as operands of products.
    template <class T>
    kernels::Strided<T> operand(std::span<const T> flat, const PackedDense<T>* packed) const {
        return with_panels(kernels::plain(weight(flat)), packed ? &packed->plain : nullptr);
    }
    template <class T>
    kernels::Strided<T> transposed_operand(std::span<const T> flat, const PackedDense<T>* packed) const {
        return with_panels(kernels::transposed(weight(flat)), packed ? &packed->transposed : nullptr);
    }

private:
    template <class T>
    static kernels::Strided<T> with_panels(kernels::Strided<T> a, const Buffer<T>* panels) {
        if (panels && !panels->empty()) a.panels = panels->data();
        return a;
    }
};

}  // namespace GRADIVA_NAMESPACE
