#pragma once

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// Sizes of a two-dimensional convolution with square kernels. An image is a column of a batch: element (y, x, c) is
/// row (y width + x) channels + c. The result is an image of `out_height()` x `out_width()` positions, whose channels
/// are the kernels.
struct ConvolutionShape {
    Index height = 0, width = 0, channels = 0;  ///< of the image, each at least 1
    Index kernel = 0;                           ///< the kernel's height and width, at most those of the padded image
    Index stride = 1;                           ///< from one position of the kernel to the next, at least 1
    Index padding = 0;                          ///< zeros around the image, on each side

    Index out_height() const { return (height + 2 * padding - kernel) / stride + 1; }
    Index out_width() const { return (width + 2 * padding - kernel) / stride + 1; }
    Index positions() const { return out_height() * out_width(); }
    /// Numbers of an image.
    Index size() const { return height * width * channels; }
    /// Numbers in one row of a kernel, which are contiguous in an image.
    Index run() const { return kernel * channels; }
    /// Numbers under the kernel: element (ky, kx, c) of a patch is row (ky kernel + kx) channels + c.
    Index patch() const { return kernel * run(); }

    bool operator==(const ConvolutionShape&) const = default;
};

}  // namespace GRADIVA_NAMESPACE::kernels
