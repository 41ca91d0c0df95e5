#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/io/detail/torch_layers.hpp"
#include "gradiva/io/detail/torch_tensors.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/nn/dense.hpp"
#include "gradiva/nn/mlp.hpp"

namespace GRADIVA_NAMESPACE {

/// The names of a PyTorch MLP's tensors in a safetensors file, for `load_torch_mlp`.
struct TorchMlpOptions {
    /// Path of a torch.nn.Sequential(Linear, Tanh, Linear, ..., Linear), whose layers are PREFIX.0, PREFIX.2, ...;
    /// empty: the file is the state_dict of the Sequential itself, with layers 0, 2, ... Not together with `layers`.
    std::string prefix = {};
    /// Instead, the path of each Linear, from the first to the last. Stable-Baselines3's actor:
    /// {"mlp_extractor.policy_net.0", "mlp_extractor.policy_net.2", "action_net"}.
    std::vector<std::string> layers = {};
    /// The tensor of log sigma, for an actor with a `DiagonalGaussian` or another distribution with parameters of its
    /// own: one element for each of these, of shape [n] or [1, n]. Else empty.
    std::string log_std = {};
};

namespace detail {

template <class Part>
concept HasMlp = requires(Part& part, const Part& fixed) {
    { part.weights() } -> std::same_as<std::span<typename Part::Scalar>>;
    requires std::same_as<std::remove_cvref_t<decltype(fixed.network())>, MlpNetwork<typename Part::Scalar>>;
};

/// Throws `Error` unless a stack of torch.nn.Linear computes what the network does.
template <class Scalar>
void check_torch_can_fill(const SafetensorsFile& file, const MlpNetwork<Scalar>& network) {
    check_torch_can_fill("load_torch_mlp", file.path(), network.has_layer_norm(), network.normalizer());
}

/// The name of each layer.
inline std::vector<std::string> torch_layers(const SafetensorsFile& file, const TorchMlpOptions& options,
                                             std::size_t count) {
    require(options.prefix.empty() || options.layers.empty(),
            "load_torch_mlp: for '{}' both prefix and layers are given; give one of them", file.path());
    std::vector<std::string> names = options.layers;
    if (names.empty()) {
        for (std::size_t l = 0; l < count; ++l) {
            names.push_back(fmt::format("{}{}{}", options.prefix, options.prefix.empty() ? "" : ".", 2 * l));
        }
    }
    require(names.size() == count,
            "load_torch_mlp: layers has {} names for '{}', and the network {} layers; name each Linear", names.size(),
            file.path(), count);
    return names;
}

/// Weights of `count` elements: the layers' W and b, then log sigma.
inline std::vector<double> read_torch_weights(const SafetensorsFile& file, double largest,
                                              const TorchMlpOptions& options, std::span<const Dense> layers,
                                              std::size_t count) {
    const std::vector<std::string> names = torch_layers(file, options, layers.size());
    TorchTensors tensors("load_torch_mlp", file, largest);
    std::vector<double> weights(count);
    for (std::size_t l = 0; l < layers.size(); ++l) read_torch_layer(tensors, names[l], layers[l], weights);
    const Index own = layers.back().offset + layers.back().parameter_count();
    read_torch_log_std(tensors, options.log_std, std::span(weights).subspan(to_size(own)));
    check_torch_all_read(tensors, names);
    return weights;
}

}  // namespace detail

/// Fills the weights of an actor or a critic, whose network is an `Mlp`, with those of a PyTorch MLP:
///
///   safetensors.torch.save_file(model.state_dict(), "model.safetensors")               # in Python
///   load_torch_mlp("model.safetensors", actor, {.prefix = "actor", .log_std = "log_std"});
///   load_torch_mlp("model.safetensors", critic, {.prefix = "critic"});
///
/// Each layer NAME has the tensors NAME.weight, outputs x inputs, and NAME.bias, in float32 or float64; they are
/// rounded to the part's number type. The activation is no part of such a file: give the `Mlp` that of the model.
///
/// Throws `Error`, naming the file and the tensor, and changes nothing, where a tensor is missing, has another shape or
/// type, or a number that is not finite; where a tensor beside those of a layer is left over, in the Sequential from
/// which it is taken or in the layer itself; and where the network normalises layers, or inputs without moments yet.
template <class Part>
void load_torch_mlp(const SafetensorsFile& file, Part& part, const TorchMlpOptions& options = {}) {
    static_assert(detail::HasMlp<Part>,
                  "gradiva: load_torch_mlp fills an Actor or a Critic whose network is an Mlp, and which is not const");
    if constexpr (detail::HasMlp<Part>) {
        using Scalar = typename Part::Scalar;
        detail::check_torch_can_fill(file, part.network());
        const std::vector<double> weights = detail::read_torch_weights(
            file, std::numeric_limits<Scalar>::max(), options, part.network().layers(), part.weights().size());
        std::transform(weights.begin(), weights.end(), part.weights().begin(),
                       [](double weight) { return static_cast<Scalar>(weight); });
    }
}

/// The same, of the file `path`.
template <class Part>
void load_torch_mlp(const std::string& path, Part& part, const TorchMlpOptions& options = {}) {
    load_torch_mlp(SafetensorsFile(path), part, options);
}

}  // namespace GRADIVA_NAMESPACE
