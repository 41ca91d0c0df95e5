#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/dtype.hpp"
#include "gradiva/io/detail/c_header/mathematics.hpp"
#include "gradiva/io/detail/c_header/text.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/kernels/activation.hpp"
#include "gradiva/kernels/layer_norm.hpp"
#include "gradiva/nn/normalizer.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The numbers between two layers lie in two buffers in turn: the first has the outputs of layers 1, 3, ..., the second
/// the network's input, where observations are converted, and the outputs of layers 2, 4, ...; 0 where it is not used.
struct CBuffers {
    Index first = 0, second = 0;

    explicit CBuffers(const PolicyDescription& policy) {
        if (converts(policy)) second = policy.network.inputs();
        for (std::size_t l = 0; l + 1 < policy.network.layers.size(); ++l) {
            Index& size = l % 2 == 0 ? first : second;
            size = std::max(size, policy.network.layers[l].outputs);
        }
    }

    /// Whether the first layer reads something else than the observation.
    static bool converts(const PolicyDescription& policy) {
        return policy.scalar == Dtype::f64 || !policy.network.mean.empty();
    }
};

template <class Scalar>
void add_weights(CText& code, const DescribedLayer& layer, std::size_t number) {
    code.array<Scalar>(fmt::format("weight_{}", number), layer.weight);
    code.array<Scalar>(fmt::format("bias_{}", number), layer.bias);
    if (layer.gain.empty()) return;
    code.array<Scalar>(fmt::format("gain_{}", number), layer.gain);
    code.array<Scalar>(fmt::format("shift_{}", number), layer.shift);
}

/// The products of row i with `columns` columns of the matrix, from that at w on, and a, b, c, ...; in pairs, so that a
/// processor waits for half as many additions.
inline std::string c_products(Index rows, Index columns) {
    std::string text;
    for (Index k = 0; k < columns; ++k) {
        const std::string_view before = k == 0 ? "(" : k % 2 == 0 ? ") + (" : " + ";
        const std::string row = k == 0 ? "i" : "i + " + std::to_string(k * rows);
        text += fmt::format("{}w[{}] * {}", before, row, static_cast<char>('a' + k));
    }
    return text + ")";
}

/// y := W x + b, eight columns of the matrix at once: sums are then loaded and stored an eighth as often. What eight
/// columns leave over comes first, with b.
inline std::string c_product(const DescribedLayer& layer) {
    constexpr Index most_columns = 8;
    const Index n = layer.outputs, first = (layer.inputs - 1) % most_columns + 1;
    const auto add_columns = [n](Index begin, std::string_view end, Index columns, std::string_view sum) {
        std::string factors;
        for (Index k = 0; k < columns; ++k) {
            factors += fmt::format("{}{} = x[j{}]", k == 0 ? "" : ", ", static_cast<char>('a' + k),
                                   k == 0 ? "" : " + " + std::to_string(k));
        }
        return fmt::format(
                   "    for (j = {}; j < {}; j += {}) {{\n"
                   "        const policy_real* const w = policy_weight_$l + j * $outputs;\n"
                   "        const policy_real {};\n",
                   begin, end, columns, factors) +
               CText::loop(n, fmt::format("y[i] = {} + {};", sum, c_products(n, columns)), std::string(8, ' ')) +
               "    }\n";
    };
    std::string code = add_columns(0, std::to_string(first), first, "policy_bias_$l[i]");
    if (first < layer.inputs) code += add_columns(first, "$inputs", most_columns, "y[i]");
    return code;
}

/// The mean is taken of the differences from the first unit, as the library does: where all are equal all become 0.
inline std::string c_normalisation(Index units) {
    return "    first = y[0];\n" +                                                                      //
           CText::loop(units, "y[i] -= first;") + "    mean = policy_sum(y, $outputs) / $outputs;\n" +  //
           CText::loop(units, "y[i] -= mean;") +
           "    scale = policy_inverse_root(policy_sum_of_squares(y, $outputs) / $outputs + (policy_real)$epsilon);\n" +
           CText::loop(units, "y[i] = policy_gain_$l[i] * (scale * y[i]) + policy_shift_$l[i];");
}

/// The activation's name in the library and in functions of C.
inline std::string_view c_activation_name(Activation activation) {
    switch (activation) {
        case Activation::tanh: return "tanh";
        case Activation::relu: return "relu";
        case Activation::elu: return "elu";
        case Activation::silu: return "silu";
        case Activation::gelu: return "gelu";
        case Activation::leaky_relu: break;
    }
    return "leaky_relu";
}

inline std::string c_activation(Activation activation, Index units) {
    switch (activation) {
        case Activation::tanh: return fmt::format("    policy_tanh(y, {});\n", units);
        case Activation::relu: return CText::loop(units, "y[i] = y[i] < 0 ? 0 : y[i];");
        case Activation::leaky_relu: return CText::loop(units, "y[i] = y[i] > 0 ? y[i] : y[i] * (policy_real)0.01;");
        default:
            return CText::loop(units,
                               fmt::format("y[i] = (policy_real)policy_{}(y[i]);", c_activation_name(activation)));
    }
}

/// Whether the functions that `c_activation` calls need `policy_exp`.
inline bool activates_by_exp(const DescribedNetwork& network) {
    const Activation f = network.activation;
    return network.layers.size() > 1 && (f == Activation::elu || f == Activation::silu || f == Activation::gelu);
}

/// The functions that `c_activation` calls.
inline void add_activation(CText& code, Activation activation, bool of_floats) {
    switch (activation) {
        case Activation::tanh: code.add(of_floats ? c_tanh_float : c_tanh_double); return code.add(c_tanh);
        case Activation::elu: return code.add(c_elu);
        case Activation::silu: return code.add(c_silu);
        case Activation::gelu: return code.add(c_gelu);
        default: return;
    }
}

inline void add_layer(CText& code, const DescribedNetwork& network, std::size_t number) {
    const DescribedLayer& layer = network.layers[number - 1];
    const bool normalised = !layer.gain.empty();
    std::string text =
        "\nstatic inline void policy_layer_$l(const policy_real* x, policy_real* POLICY_RESTRICT y)\n{\n";
    if (normalised) text += "    policy_real first, mean, scale;\n";
    text += "    int i, j;\n" + c_product(layer);
    if (normalised) text += c_normalisation(layer.outputs);
    if (number < network.layers.size()) text += c_activation(network.activation, layer.outputs);
    code.add(text + "}\n", {{"inputs", std::to_string(layer.inputs)},
                            {"outputs", std::to_string(layer.outputs)},
                            {"l", std::to_string(number)},
                            {"epsilon", c_constant(kernels::layer_norm_epsilon)}});
}

/// `policy_head`: the network.
inline void add_head(CText& code, const PolicyDescription& policy) {
    const DescribedNetwork& network = policy.network;
    const CBuffers buffers(policy);
    std::string text =
        "\n/* head := the network's output, POLICY_HEAD_SIZE numbers, for a finite observation. */\n"
        "static inline void policy_head(const float* observation, policy_real* head)\n{\n";
    if (buffers.first > 0) text += fmt::format("    policy_real first[{}];\n", buffers.first);
    if (buffers.second > 0) text += fmt::format("    policy_real second[{}];\n", buffers.second);
    if (CBuffers::converts(policy)) text += "    int i;\n";
    if (!network.mean.empty()) {
        text +=
            "    for (i = 0; i < POLICY_OBSERVATION_SIZE; ++i) {\n"
            "        const double z = ((double)observation[i] - policy_mean[i]) * policy_scale[i];\n"
            "        second[i] = (policy_real)(z < -$limit ? -$limit : z > $limit ? $limit : z);\n"
            "    }\n";
    } else if (CBuffers::converts(policy)) {
        text += "    for (i = 0; i < POLICY_OBSERVATION_SIZE; ++i) second[i] = observation[i];\n";
    }
    std::string_view from = CBuffers::converts(policy) ? "second" : "observation";
    for (std::size_t l = 1; l <= network.layers.size(); ++l) {
        const std::string_view to = l == network.layers.size() ? "head" : l % 2 == 1 ? "first" : "second";
        text += fmt::format("    policy_layer_{}({}, {});\n", l, from, to);
        from = to;
    }
    code.add(text + "}\n", {{"limit", c_constant(Normalizer<double>::limit)}});
}

/// Constants and functions of the network.
template <class Scalar>
void add_network(CText& code, const PolicyDescription& policy) {
    const DescribedNetwork& network = policy.network;
    const std::size_t layers = network.layers.size();
    if (!network.mean.empty()) {
        code.array<double>("mean", network.mean);
        code.array<double>("scale", network.scale);
    }
    for (std::size_t l = 1; l <= layers; ++l) add_weights<Scalar>(code, network.layers[l - 1], l);
    if (layers > 1) add_activation(code, network.activation, std::is_same_v<Scalar, float>);
    if (!network.layers.front().gain.empty()) code.add(c_layer_norm);
    for (std::size_t l = 1; l <= layers; ++l) add_layer(code, network, l);
    add_head(code, policy);
}

}  // namespace GRADIVA_NAMESPACE::detail
