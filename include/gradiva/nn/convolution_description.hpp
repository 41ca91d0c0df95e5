#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/kernels/activation_functions.hpp"
#include "gradiva/kernels/convolution_shape.hpp"
#include "gradiva/nn/image_layer.hpp"
#include "gradiva/nn/observation_shape.hpp"

namespace GRADIVA_NAMESPACE {

/// One convolution of a `Convolution`, with square kernels. An image of n x n pixels becomes one of
/// floor((n + 2 padding - kernel) / stride) + 1 pixels on each side.
struct ConvolutionLayer {
    Index channels = 0;  ///< of its output, the number of kernels, at least 1
    Index kernel = 0;    ///< height and width of a kernel, from 1 to those of the padded image, at most 2048
    Index stride = 1;    ///< pixels from one position of the kernel to the next, at least 1
    Index padding = 0;   ///< zeros around the image on each side, from 0 to kernel - 1

    bool operator==(const ConvolutionLayer&) const = default;
};

/// Description of convolutions of an image, with dense layers behind them:
///   Convolution{.shape = {84, 84, 4}, .layers = {{32, 8, 4}, {64, 4, 2}, {64, 3}}, .hidden = {512}}
/// The number of outputs follows from where it is used.
struct Convolution {
    /// {height, width, channels} of the image that it reads: element (y, x, c) is row (y width + x) channels + c.
    /// Empty: that of the environments' observation space.
    std::vector<Index> shape = {};
    std::vector<ConvolutionLayer> layers = {};  ///< at least one
    std::vector<Index> hidden = {128};          ///< units of each dense layer behind them; none: only the output layer
    Activation activation = Activation::relu;   ///< after every convolution and hidden layer; the output is linear
    bool layer_norm = false;                    ///< normalise the units of hidden dense layers before their activation
    bool normalize_observations = false;        ///< normalise the image by running moments of each channel
    std::optional<Range> inputs = {};           ///< rows of the observation that are the image; without a value, all
};

/// The most pixels of a kernel's side, and numbers of an image, whether it is trained on, saved or read from a file:
/// products of these do not overflow.
inline constexpr Index largest_kernel_side = 2048;
inline constexpr Index most_image_numbers = Index{1} << 22;

/// The shape of the observation, where the description has none and reads all of it (see `observation_shape.hpp`).
inline Convolution with_observation_shape(Convolution description, const std::vector<Index>& shape) {
    if (description.shape.empty() && reads_all_of(description.inputs, shape)) description.shape = shape;
    return description;
}

/// Whether the image of a convolution has `numbers` numbers; any sizes may be given.
inline bool has_image_of(const kernels::ConvolutionShape& shape, Index numbers) {
    return shape.height >= 1 && shape.width >= 1 && shape.channels >= 1 && numbers % shape.height == 0 &&
           numbers / shape.height % shape.width == 0 && numbers / shape.height / shape.width == shape.channels;
}

/// Throws an `Error` that begins with `name` unless the convolution of an image of 1 to `most_image_numbers` numbers,
/// with so many kernels, is as `ConvolutionLayer` says, and the result is an image of at most as many numbers.
inline void check_convolution(std::string_view name, const kernels::ConvolutionShape& shape, Index kernels) {
    require(kernels >= 1, "{}.channels is {}; give at least 1", name, kernels);
    require(shape.kernel >= 1 && shape.kernel <= largest_kernel_side, "{}.kernel is {}; give 1 to {}", name,
            shape.kernel, largest_kernel_side);
    require(shape.stride >= 1, "{}.stride is {}; give at least 1", name, shape.stride);
    require(shape.padding >= 0 && shape.padding < shape.kernel,
            "{}.padding is {}; give 0 to {}, less than the kernel, which is {}", name, shape.padding, shape.kernel - 1,
            shape.kernel);
    const Index height = shape.height + 2 * shape.padding, width = shape.width + 2 * shape.padding;
    require(shape.kernel <= height && shape.kernel <= width,
            "{}.kernel is {}, and its image, with padding on each side, is {} x {}; give a kernel that fits into it",
            name, shape.kernel, height, width);
    constexpr Index most_of_patch = (Index{1} << 31) - 1;
    require(shape.patch() <= most_of_patch,
            "{}.kernel is {}, and there are {} channels; give a kernel with at most {} numbers of the image under it",
            name, shape.kernel, shape.channels, most_of_patch);
    require(shape.positions() <= most_image_numbers && kernels <= most_image_numbers / shape.positions(),
            "{}.channels is {}, and there are {} positions; give an image of at most {} numbers", name, kernels,
            shape.positions(), most_image_numbers);
}

namespace detail {

inline void check_shape(const std::vector<Index>& shape, Index read) {
    require(!shape.empty(),
            "Convolution: there is no shape; give shape, a height, a width and channels, or environments whose "
            "observation space has one and is read as a whole");
    require(shape.size() == 3, "Convolution: shape has {} numbers; give three, height, width and channels",
            shape.size());
    const Index height = shape[0], width = shape[1], channels = shape[2];
    require(height >= 1 && width >= 1 && channels >= 1,
            "Convolution: shape is {} x {} x {}; give a height, a width and channels of at least 1", height, width,
            channels);
    require(has_image_of({height, width, channels}, read),
            "Convolution: shape is {} x {} x {}, and the rows that are read are {}; give the shape of these rows, or "
            "other rows in inputs",
            height, width, channels, read);
    require(read <= most_image_numbers, "Convolution: shape is {} x {} x {}; give an image of at most {} numbers",
            height, width, channels, most_image_numbers);
}

/// The convolutions of a description whose network reads `read` rows. Throws `Error` where it is not as its comments
/// say.
inline std::vector<ImageLayer> image_layers(const Convolution& description, Index read) {
    check_shape(description.shape, read);
    require(!description.layers.empty(), "Convolution: layers is empty; give at least one, or an Mlp in its place");
    std::vector<ImageLayer> layers;
    Index height = description.shape[0], width = description.shape[1], channels = description.shape[2], offset = 0;
    for (std::size_t i = 0; i < description.layers.size(); ++i) {
        const ConvolutionLayer& layer = description.layers[i];
        const kernels::ConvolutionShape shape{height, width, channels, layer.kernel, layer.stride, layer.padding};
        check_convolution(fmt::format("Convolution: layers[{}]", i), shape, layer.channels);
        layers.push_back({shape, {shape.patch(), layer.channels, offset}});
        offset += layers.back().parameter_count();
        height = shape.out_height();
        width = shape.out_width();
        channels = layer.channels;
    }
    return layers;
}

}  // namespace detail
}  // namespace GRADIVA_NAMESPACE
