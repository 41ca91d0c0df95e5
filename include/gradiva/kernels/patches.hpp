#pragma once

#include <algorithm>

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/convolution_shape.hpp"

// What lies under the kernel of a convolution at each of its positions, as columns of a matrix: a convolution is then a
// product. Source: Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for Document
// Processing", 2006. Positions are counted by rows of a batch: row r is row r % out_height of image r / out_height.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// Calls `visit(image, at, before, count)` for each row of the kernel at each position, in the order of the elements of
/// patches: `count` numbers of the image from number `at` on, after `before` numbers of padding; what lacks to the
/// length of a kernel's row is padding, too.
template <class Visit>
void for_each_kernel_row(const ConvolutionShape& shape, Range rows, const Visit& visit) {
    const Index out_height = shape.out_height(), out_width = shape.out_width(), run = shape.run();
    const Index row_size = shape.width * shape.channels, step = shape.stride * shape.channels;
    for (Index row = rows.begin; row < rows.end; ++row) {
        const Index image = row / out_height;
        const Index top = (row % out_height) * shape.stride - shape.padding;
        for (Index position = 0, left = -shape.padding * shape.channels; position < out_width;
             ++position, left += step) {
            for (Index y = top; y < top + shape.kernel; ++y) {
                const bool is_inside = y >= 0 && y < shape.height;
                const Index before = is_inside ? std::min(run, std::max<Index>(0, -left)) : 0;
                const Index end = is_inside ? std::clamp<Index>(row_size - left, before, run) : 0;
                visit(image, y * row_size + left + before, before, end - before);
            }
        }
    }
}

/// Writes the patches of one row of positions that no padding reaches, from the first number under the first of them
/// on. Copies whole registers, of which a row of the kernel fills `Registers`; 0: any number.
template <Index Registers, class Scalar>
void copy_patches(const ConvolutionShape& shape, const Scalar* from, Scalar* to) {
    constexpr Index width = simd::lanes<Scalar>;
    const Index kernel = shape.kernel, run = shape.run(), row_size = shape.width * shape.channels;
    const Index step = shape.stride * shape.channels;
    for (Index position = shape.out_width(); position > 0; --position, from += step) {
        const Scalar* row = from;
        for (Index y = kernel; y > 0; --y, row += row_size, to += run) {
            if constexpr (Registers > 0) {
#pragma GCC unroll 2
                for (Index v = 0; v < Registers; ++v) simd::store(simd::load(row + v * width), to + v * width);
            } else {
                for (Index i = 0; i < run; i += width) simd::store(simd::load(row + i), to + i);
            }
        }
    }
}

/// `gather_patches` at any positions.
template <class Scalar>
void gather_with_padding(const ConvolutionShape& shape, const ConstMatrixRef<Scalar>& x, Range rows, Scalar* patches) {
    constexpr Index width = simd::lanes<Scalar>;
    const Scalar* const data = x.data();
    const Index stride = x.outerStride(), run = shape.run(), size = (x.cols() - 1) * stride + shape.size();
    // In whole registers: what they write beyond a row of the kernel is overwritten by the next one.
    const auto fill = [&](Index begin, Index end) {
        for (Index i = begin; i < end; i += width) simd::store(simd::Lanes<Scalar>{}, patches + i);
    };
    for_each_kernel_row(shape, rows, [&](Index image, Index at, Index before, Index count) {
        fill(0, before);
        const Index first = image * stride + at;
        if (first + count + width <= size) {
            for (Index i = 0; i < count; i += width) simd::store(simd::load(data + first + i), patches + before + i);
        } else if (count > 0) {
            std::copy_n(data + first, count, patches + before);
        }
        fill(before + count, run);
        patches += run;
    });
}

}  // namespace detail

/// Elements that `gather_patches` writes for one row of positions, `patch()` x `out_width()`.
inline Index patch_row_size(const ConvolutionShape& shape) { return shape.patch() * shape.out_width(); }

/// Writes the patches of X (size() x batch) at the rows of positions `rows`, one column of `patch()` numbers a
/// position, and then up to a register of other numbers.
template <class Scalar>
void gather_patches(const ConvolutionShape& shape, const ConstMatrixRef<Scalar>& x, Range rows, Scalar* patches) {
    GRADIVA_ASSERT(x.rows() == shape.size() && rows.end <= x.cols() * shape.out_height());
    constexpr Index width = simd::lanes<Scalar>;
    const Index registers = pieces_of(shape.run(), width), row_size = shape.width * shape.channels;
    // What is read of X from the first number under a row of positions on.
    const Index read =
        (shape.kernel - 1) * row_size + (shape.out_width() - 1) * shape.stride * shape.channels + registers * width;
    const Index size = (x.cols() - 1) * x.outerStride() + shape.size(), out_height = shape.out_height();
    const auto copy = registers == 1   ? detail::copy_patches<1, Scalar>
                      : registers == 2 ? detail::copy_patches<2, Scalar>
                                       : detail::copy_patches<0, Scalar>;
    for (Index row = rows.begin; row < rows.end; ++row, patches += patch_row_size(shape)) {
        const Index first = row / out_height * x.outerStride() + row % out_height * shape.stride * row_size;
        if (shape.padding == 0 && first + read <= size) {
            copy(shape, x.data() + first, patches);
        } else {
            detail::gather_with_padding(shape, x, {row, row + 1}, patches);
        }
    }
}

namespace detail {

/// The positions, from `first` to `last`, whose patches cover a column of pixels, from the first column on.
struct CoveringPositions {
    Index stride, first, last;
    Index until_first, until_last;  // columns until they grow by 1; not by division, which takes longer than a sum

    explicit CoveringPositions(const ConvolutionShape& shape)
        : stride(shape.stride), first(pieces_of(std::max<Index>(0, beyond(shape)), stride)),
          last(shape.padding / stride), until_first(first * stride + 1 - beyond(shape)),
          until_last((last + 1) * stride - shape.padding) {}

    void advance() {
        if (--until_first == 0) {
            ++first;
            until_first = stride;
        }
        if (--until_last == 0) {
            ++last;
            until_last = stride;
        }
    }

private:
    /// Where positions would have to begin to cover the first column.
    static Index beyond(const ConvolutionShape& shape) { return shape.padding - shape.kernel + 1; }
};

/// Adds to one row of an image the derivatives by it of the patches of one row of positions, for as many channels as V
/// has numbers. `patch` is what lies on that row in the first of these patches.
template <class V, class Scalar>
void add_kernel_row(const ConvolutionShape& shape, CoveringPositions covering, const Scalar* patch, Scalar* pixels) {
    const Index channels = shape.channels, end = shape.out_width() - 1;
    const Index step = shape.patch() - shape.stride * channels;  // to the same pixel in the next patch
    patch += shape.padding * channels;
    for (Index x = 0; x < shape.width; ++x, pixels += channels, patch += channels, covering.advance()) {
        const Index last = std::min(covering.last, end);
        if (covering.first > last) continue;
        const Scalar* derivative = patch + covering.first * step;
        V sum = simd::load_as<V>(derivative);
        for (Index position = covering.first; position < last; ++position) {
            derivative += step;
            sum += simd::load_as<V>(derivative);
        }
        simd::store(V(simd::load_as<V>(pixels) + sum), pixels);
    }
}

/// The same for all channels from `channel` on: `Width` at a time, then fewer.
template <Index Width, class Scalar>
void add_channels(const ConvolutionShape& shape, const CoveringPositions& covering, const Scalar* patch, Scalar* pixels,
                  Index channel = 0) {
    for (; channel + Width <= shape.channels; channel += Width) {
        if constexpr (Width > 1) {
            add_kernel_row<simd::Lanes<Scalar, Width>>(shape, covering, patch + channel, pixels + channel);
        } else {
            add_kernel_row<Scalar>(shape, covering, patch + channel, pixels + channel);
        }
    }
    if constexpr (Width > 1) {
        if (channel < shape.channels) add_channels<Width / 2>(shape, covering, patch, pixels, channel);
    }
}

}  // namespace detail

/// Adds to dX (size() x batch) the derivatives by the patches that `gather_patches` would write. An element is summed
/// in an order that does not depend on which rows are added in one call.
template <class Scalar>
void add_patches(const ConvolutionShape& shape, const Scalar* patches, Range rows, MatrixRef<Scalar>& dx) {
    GRADIVA_ASSERT(dx.rows() == shape.size() && rows.end <= dx.cols() * shape.out_height());
    const Index out_height = shape.out_height(), row_size = shape.width * shape.channels;
    const detail::CoveringPositions covering(shape);
    for (Index row = rows.begin; row < rows.end; ++row, patches += patch_row_size(shape)) {
        Scalar* const image = dx.data() + (row / out_height) * dx.outerStride();
        const Index top = (row % out_height) * shape.stride - shape.padding;
        for (Index ky = 0; ky < shape.kernel; ++ky) {
            const Index y = top + ky;
            if (y < 0 || y >= shape.height) continue;
            detail::add_channels<simd::lanes<Scalar>>(shape, covering, patches + ky * shape.run(),
                                                      image + y * row_size);
        }
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
