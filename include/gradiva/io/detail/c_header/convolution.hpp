#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "gradiva/io/detail/c_header/network.hpp"
#include "gradiva/io/detail/c_header/text.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/kernels/convolution_shape.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The loops of a convolution around those of `c_products_of_run`. Inputs of one row of the kernel lie side by side,
/// and so do their weights: `inputs` numbers. Beyond the borders of the image they are left out.
inline constexpr std::string_view c_convolution = R"(
/* $height x $width x $in to $rows x $columns x $out, kernel $kernel, stride $stride, padding $padding */
static inline void policy_layer_$l(const policy_real* x, policy_real* POLICY_RESTRICT y)
{
    int row, column, k, i, j;
    for (row = 0; row < $rows; ++row) {
        const int top = row * $stride - $padding;
$clip_rows        for (column = 0; column < $columns; ++column) {
            const int left = column * $stride - $padding;
$clip_columns            policy_real* const z = y + (row * $columns + column) * $out;
$bias            for (k = $first; k < $last; ++k) {
                const policy_real* const v = x + ((top + k) * $width + $left) * $in;
                const policy_real* w = policy_weight_$l + $run * $out;
$products            }
        }
    }
$activation}
)";

inline constexpr std::string_view c_clip_rows =
    R"(        const int first = top < 0 ? -top : 0, last = $height - top < $kernel ? $height - top : $kernel;
)";
inline constexpr std::string_view c_clip_columns =
    R"(            const int begin = left < 0 ? -left : 0, end = $width - left < $kernel ? $width - left : $kernel;
            const int inputs = (end - begin) * $in;
)";

/// The products of one row of the kernel, four inputs at once as in `c_product`. `inputs` is a number or a name.
inline std::string c_products_of_run(const DescribedConvolution& c, const std::string& inputs) {
    const Index n = c.channels;
    const std::string indent(20, ' ');
    std::string code =
        fmt::format("                for (j = 0; j + 4 <= {}; j += 4, w += {}) {{\n", inputs, 4 * n) +
        "                    const policy_real a = v[j], b = v[j + 1], c = v[j + 2], d = v[j + 3];\n" +
        CText::loop(
            n, fmt::format("z[i] += (w[i] * a + w[i + {}] * b) + (w[i + {}] * c + w[i + {}] * d);", n, 2 * n, 3 * n),
            indent) +
        "                }\n";
    if (c.shape.padding > 0 ? c.shape.channels % 4 == 0 : c.shape.run() % 4 == 0) return code;
    return code + fmt::format("                for (; j < {}; ++j, w += {}) {{\n", inputs, n) +
           "                    const policy_real a = v[j];\n" + CText::loop(n, "z[i] += w[i] * a;", indent) +
           "                }\n";
}

/// The function of a convolution, `number` of all layers, and the activation of its outputs.
inline void add_convolution(CText& code, const DescribedConvolution& c, Activation activation, int number) {
    const kernels::ConvolutionShape& shape = c.shape;
    const bool clips = shape.padding > 0;
    const Index run = shape.run();
    CText text;
    text.add(c_convolution, {{"clip_rows", clips ? std::string(c_clip_rows) : ""},
                             {"clip_columns", clips ? std::string(c_clip_columns) : ""},
                             {"first", clips ? "first" : "0"},
                             {"last", clips ? "last" : std::to_string(shape.kernel)},
                             {"left", clips ? "left + begin" : "left"},
                             {"run", clips ? fmt::format("(k * {} + begin) * {}", shape.kernel, shape.channels)
                                           : fmt::format("k * {}", run)},
                             {"bias", CText::loop(c.channels, "z[i] = policy_bias_$l[i];", "            ")},
                             {"products", c_products_of_run(c, clips ? "inputs" : std::to_string(run))},
                             {"activation", c_activation(activation, c.outputs())}});
    code.add(text.text(), {{"height", std::to_string(shape.height)},
                           {"width", std::to_string(shape.width)},
                           {"in", std::to_string(shape.channels)},
                           {"rows", std::to_string(shape.out_height())},
                           {"columns", std::to_string(shape.out_width())},
                           {"out", std::to_string(c.channels)},
                           {"kernel", std::to_string(shape.kernel)},
                           {"stride", std::to_string(shape.stride)},
                           {"padding", std::to_string(shape.padding)},
                           {"l", std::to_string(number)}});
}

}  // namespace GRADIVA_NAMESPACE::detail
