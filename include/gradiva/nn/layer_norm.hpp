#pragma once

#include <span>

#include "gradiva/core/buffer.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/layer_norm.hpp"

namespace GRADIVA_NAMESPACE {

/// Normalisation of a layer's units, sample by sample: Y = gain * N + shift, N = (Z - mean) / sqrt(var + 1e-5), as a
/// window on flat parameters: gain, then shift. Owns nothing, as `Dense`.
/// Source: Ba, Kiros and Hinton, "Layer Normalization", 2016.
struct LayerNorm {
    Index units = 0;
    Index offset = 0;  ///< of the gain in the flat span

    template <class T>
    struct Tape {
        MatrixBuffer<T> normalised;   ///< N
        Buffer<T> inverse_deviation;  ///< of each sample
    };

    Index parameter_count() const { return 2 * units; }

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

    /// Z := gain * N, without the shift.
    template <class T>
    void forward(std::span<const T> flat, MatrixRef<T> z, Tape<T>& tape) const {
        tape.normalised.resize(z.rows(), z.cols());
        tape.inverse_deviation.resize(z.cols());
        kernels::layer_norm<T>(gain(flat), z, tape.normalised.matrix(), tape.inverse_deviation.vector());
    }

    /// D, the loss by Y, becomes the loss by Z; the parameters' part is added to `gradient`.
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

    /// D, the tangent of Z, becomes that of Y along the direction v of the parameters.
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
