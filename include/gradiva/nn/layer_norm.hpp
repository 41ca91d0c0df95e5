#pragma once

#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/layer_norm.hpp"

namespace GRADIVA_NAMESPACE {

/// Layer normalisation: Y = gain * N + shift, N = (Z - mean) / sqrt(var + 1e-5), with the mean and the variance over
/// the units of each sample (units x batch). Describes where gain and shift (in this order, `units` each) lie in a flat
/// span of parameters, and owns none. Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.
struct LayerNorm {
    Index units = 0;
    Index offset = 0;  ///< of the gain in the flat span

    /// What `forward` stores for `backward` and `jvp`.
    template <class T>
    struct Tape {
        MatrixBuffer<T> normalised;   ///< N, units x batch
        Buffer<T> inverse_deviation;  ///< 1 / sqrt(var + 1e-5) of each sample
    };

    Index parameter_count() const { return 2 * units; }

    /// Gain and shift in a flat span of parameters or gradients.
    template <class T>
    VectorMap<T> gain(std::span<T> flat) const {
        return as_vector(part(flat, offset, units));
    }
    template <class T>
    ConstVectorMap<T> gain(std::span<const T> flat) const {
        return as_vector(part(flat, offset, units));
    }
    template <class T>
    VectorMap<T> shift(std::span<T> flat) const {
        return as_vector(part(flat, offset + units, units));
    }
    template <class T>
    ConstVectorMap<T> shift(std::span<const T> flat) const {
        return as_vector(part(flat, offset + units, units));
    }

    /// Z := gain * N, in place and without the shift, which the caller adds together with the activation.
    template <class T>
    void forward(std::span<const T> flat, MatrixRef<T> z, Tape<T>& tape) const {
        tape.normalised.resize(z.rows(), z.cols());
        tape.inverse_deviation.resize(z.cols());
        kernels::layer_norm<T>(gain(flat), z, tape.normalised.matrix(), tape.inverse_deviation.vector());
    }

    /// D := dL/dZ, in place of dL/dY; adds dL/dgain and dL/dshift to `gradient`.
    template <class T>
    void backward(std::span<const T> flat, const Tape<T>& tape, MatrixRef<T> d, std::span<T> gradient) const {
        kernels::add_row_sums_of_product<T>(d, tape.normalised.matrix(), gain(gradient));
        kernels::add_row_sums<T>(d, shift(gradient));
        const T* const g = gain(flat).data();
        for (Index j = 0; j < d.cols(); ++j) {
            T* const x = d.data() + j * d.outerStride();
            for (Index i = 0; i < units; ++i) x[i] *= g[i];
        }
        kernels::multiply_by_layer_norm_derivative<T>(tape.normalised.matrix(), tape.inverse_deviation.vector(), d);
    }

    /// D := the tangent (directional derivative) of Y along the direction v in parameter space, in place of that of Z.
    template <class T>
    void jvp(std::span<const T> flat, std::span<const T> v, const Tape<T>& tape, MatrixRef<T> d) const {
        kernels::multiply_by_layer_norm_derivative<T>(tape.normalised.matrix(), tape.inverse_deviation.vector(), d);
        for (Index j = 0; j < d.cols(); ++j) {
            d.col(j) =
                gain(flat).cwiseProduct(d.col(j)) + gain(v).cwiseProduct(tape.normalised.matrix().col(j)) + shift(v);
        }
    }
};

}  // namespace GRADIVA_NAMESPACE
