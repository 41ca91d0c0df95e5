#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/io/detail/torch_tensors.hpp"
#include "gradiva/nn/dense.hpp"
#include "gradiva/nn/normalizer.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Throws `Error` where a network, which layers of PyTorch are to fill, normalises its layers, or its inputs by moments
/// that it does not have yet.
template <class Scalar>
void check_torch_can_fill(const char* who, const std::string& path, bool has_layer_norm,
                          const Normalizer<Scalar>* normalizer) {
    require(!has_layer_norm, "{}: the network for '{}' normalises its layers; build it without layer_norm", who, path);
    require(normalizer == nullptr || normalizer->moments().front().count > 0,
            "{}: the network for '{}' normalises its inputs and has no moments of them yet; merge those of the model's "
            "training first, by merge_observations, or build it without normalize_observations",
            who, path);
}

/// W and b from two tensors; `outputs` says what the rows of W are.
inline void read_torch_matrix(TorchTensors& tensors, const std::string& weight_name, const std::string& bias_name,
                              const std::string& outputs, const Dense& layer, std::span<double> weights) {
    const auto weight = tensors.read(weight_name, {layer.outputs, layer.inputs}, outputs + " x inputs");
    const auto bias = tensors.read(bias_name, {layer.outputs}, "one per output");
    const ConstMatrixMap<double> transposed(weight.data(), layer.inputs, layer.outputs);
    layer.weight(weights) = transposed.transpose();
    std::copy(bias.begin(), bias.end(), layer.bias(weights).data());
}

/// Those of the torch.nn.Linear `name`.
inline void read_torch_layer(TorchTensors& tensors, const std::string& name, const Dense& layer,
                             std::span<double> weights) {
    read_torch_matrix(tensors, name + ".weight", name + ".bias", "outputs", layer, weights);
}

/// Log sigma, the distribution's own parameters; without a name there are none.
inline void read_torch_log_std(TorchTensors& tensors, const std::string& name, std::span<double> own) {
    require(!name.empty() || own.empty(),
            "{}: the distribution has {} parameters of its own; name their tensor in '{}' by log_std", tensors.who(),
            own.size(), tensors.path());
    require(name.empty() || !own.empty(),
            "{}: log_std is '{}' of '{}', and only some distributions have parameters of their own; leave it out here",
            tensors.who(), name, tensors.path());
    if (name.empty()) return;
    std::vector<Index> shape = {static_cast<Index>(own.size())};
    if (tensors.find(name).shape.size() == 2) shape.insert(shape.begin(), 1);
    const auto values = tensors.read(name, shape, "one per dimension of the action");
    std::copy(values.begin(), values.end(), own.begin());
}

/// Throws `Error` where a layer, or a Sequential of which it is a numbered member, has further tensors.
inline void check_torch_all_read(const TorchTensors& tensors, const std::vector<std::string>& layers) {
    for (const std::string& name : layers) {
        tensors.check_all_read(name + '.');
        const std::size_t number = name.rfind('.') == name.npos ? 0 : name.rfind('.') + 1;
        const bool is_member = number < name.size() && name.find_first_not_of("0123456789", number) == name.npos;
        if (is_member) tensors.check_all_read(name.substr(0, number));
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
