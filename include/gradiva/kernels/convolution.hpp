#pragma once

#include <algorithm>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/kernels/activation_functions.hpp"
#include "gradiva/kernels/convolution_shape.hpp"
#include "gradiva/kernels/matrix/product.hpp"
#include "gradiva/kernels/patches.hpp"

// A convolution of a batch of images, and its derivatives, as products of its weights W with patches P (`patches.hpp`):
// Z = W P(X) + b 1^T. X is size() x batch, W: kernels x patch(), b: as many numbers as kernels, Z: (positions()
// kernels) x batch, position by position. Patches are gathered for some rows of positions at a time, into `scratch`,
// which grows at most to a fixed size, or to the patches of one row of positions. A column of Z and of dX has the same
// bits in a batch of any width.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// Numbers that are gathered together, so that they stay in the second-level cache; one row of positions at least.
template <class Scalar>
inline constexpr Index patch_tile = 64 * 1024 / static_cast<Index>(sizeof(Scalar));

/// Calls `body(rows, patches)` for consecutive rows of positions that together are those of `batch` images; `patches`
/// is storage for theirs, and for a register more.
template <class Scalar, class Body>
void for_each_patch_tile(const ConvolutionShape& shape, Index batch, Buffer<Scalar>& scratch, const Body& body) {
    const Index all = batch * shape.out_height(), row = patch_row_size(shape);
    const Index most = std::min(all, std::max<Index>(1, patch_tile<Scalar> / row));
    const Index needed = most * row + simd::lanes<Scalar>;
    if (scratch.size() < needed) scratch.resize(needed);
    for (Index first = 0; first < all; first += most) {
        body(Range{first, std::min(all, first + most)}, scratch.data());
    }
}

/// Calls `body(columns, P)` with the patches P of X, tile by tile: those of `columns`, positions of the whole batch.
template <class Scalar, class Body>
void for_each_gathered_tile(const ConvolutionShape& shape, const ConstMatrixRef<Scalar>& x, Buffer<Scalar>& scratch,
                            const Body& body) {
    const Index width = shape.out_width();
    for_each_patch_tile(shape, x.cols(), scratch, [&](Range rows, Scalar* patches) {
        gather_patches(shape, x, rows, patches);
        body(Range{rows.begin * width, rows.end * width},
             ConstMatrixMap<Scalar>(patches, shape.patch(), rows.size() * width));
    });
}

/// Columns of a batch of images of `channels` channels, one a position.
template <class Scalar>
MatrixMap<Scalar> positions_of(MatrixMap<Scalar>& z, Index channels, Range columns) {
    return {z.data() + columns.begin * channels, channels, columns.size()};
}
template <class Scalar>
ConstMatrixMap<Scalar> positions_of(const ConstMatrixMap<Scalar>& z, Index channels, Range columns) {
    return {z.data() + columns.begin * channels, channels, columns.size()};
}

}  // namespace detail

/// Z := W P(X) + b 1^T.
template <class Scalar>
void convolve(const ConvolutionShape& shape, const Strided<Scalar>& w, const ConstMatrixRef<Scalar>& x,
              ConstVectorRef<Scalar> b, MatrixMap<Scalar> z, Buffer<Scalar>& scratch) {
    GRADIVA_ASSERT(z.rows() == shape.positions() * w.rows && z.cols() == x.cols());
    detail::for_each_gathered_tile(shape, x, scratch, [&](Range columns, const ConstMatrixMap<Scalar>& patches) {
        multiply_plus_bias<Scalar>(w, plain(patches), b, detail::positions_of(z, w.rows, columns));
    });
}

/// A := f(W P(X) + b 1^T).
template <class Scalar>
void convolve_and_activate(const ConvolutionShape& shape, Activation f, const Strided<Scalar>& w,
                           const ConstMatrixRef<Scalar>& x, ConstVectorRef<Scalar> b, MatrixMap<Scalar> a,
                           Buffer<Scalar>& scratch) {
    GRADIVA_ASSERT(a.rows() == shape.positions() * w.rows && a.cols() == x.cols());
    detail::for_each_gathered_tile(shape, x, scratch, [&](Range columns, const ConstMatrixMap<Scalar>& patches) {
        multiply_and_activate<Scalar>(f, w, plain(patches), b, detail::positions_of(a, w.rows, columns));
    });
}

/// Z := Z + W P(X).
template <class Scalar>
void convolve_add(const ConvolutionShape& shape, const Strided<Scalar>& w, const ConstMatrixRef<Scalar>& x,
                  MatrixMap<Scalar> z, Buffer<Scalar>& scratch) {
    GRADIVA_ASSERT(z.rows() == shape.positions() * w.rows && z.cols() == x.cols());
    detail::for_each_gathered_tile(shape, x, scratch, [&](Range columns, const ConstMatrixMap<Scalar>& patches) {
        multiply_add<Scalar>(w, plain(patches), detail::positions_of(z, w.rows, columns));
    });
}

/// dW := dW + dZ P(X)^T and db := db + dZ 1, the sums over all positions of all images.
template <class Scalar>
void add_convolution_gradient(const ConvolutionShape& shape, const ConstMatrixMap<Scalar>& dz,
                              const ConstMatrixRef<Scalar>& x, MatrixRef<Scalar> dw, VectorRef<Scalar> db,
                              Buffer<Scalar>& scratch) {
    GRADIVA_ASSERT(dz.rows() == shape.positions() * dw.rows() && dz.cols() == x.cols());
    GRADIVA_ASSERT(dw.cols() == shape.patch() && db.size() == dw.rows());
    detail::for_each_gathered_tile(shape, x, scratch, [&](Range columns, const ConstMatrixMap<Scalar>& patches) {
        multiply_add_with_row_sums<Scalar>(detail::positions_of(dz, dw.rows(), columns), transposed(patches), dw, db);
    });
}

/// dX := the derivative by X: W^T dZ, added up where patches overlap. `w_transposed` is W^T.
template <class Scalar>
void convolution_input_gradient(const ConvolutionShape& shape, const Strided<Scalar>& w_transposed,
                                const ConstMatrixMap<Scalar>& dz, MatrixRef<Scalar> dx, Buffer<Scalar>& scratch) {
    const Index kernels = w_transposed.columns, width = shape.out_width();
    GRADIVA_ASSERT(dz.rows() == shape.positions() * kernels && dz.cols() == dx.cols());
    for (Index j = 0; j < dx.cols(); ++j) std::fill_n(dx.data() + j * dx.outerStride(), dx.rows(), Scalar(0));
    detail::for_each_patch_tile(shape, dx.cols(), scratch, [&](Range rows, Scalar* storage) {
        MatrixMap<Scalar> patches(storage, shape.patch(), rows.size() * width);
        const ConstMatrixMap<Scalar> derivative =
            detail::positions_of(dz, kernels, {rows.begin * width, rows.end * width});
        multiply<Scalar>(w_transposed, plain(derivative), patches);
        add_patches<Scalar>(shape, storage, rows, dx);
    });
}

}  // namespace GRADIVA_NAMESPACE::kernels
