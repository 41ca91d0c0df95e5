#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/io/detail/torch_layers.hpp"
#include "gradiva/io/detail/torch_tensors.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/nn/dense.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/lstm.hpp"

namespace GRADIVA_NAMESPACE {

/// The names of a PyTorch network with memory in a safetensors file, for `load_torch_recurrent`.
struct TorchRecurrentOptions {
    /// The path of each torch.nn.Linear before the memory, from the first to the last.
    std::vector<std::string> before = {};
    /// The path of the torch.nn.GRU or torch.nn.LSTM; empty: its tensors have no prefix.
    std::string memory = {};
    /// The path of each torch.nn.Linear after it; the last is the output layer, the action's or the value's.
    std::vector<std::string> after = {};
    /// As in `TorchMlpOptions`: the tensor of log sigma, for a distribution with parameters of its own. Else empty.
    std::string log_std = {};
};

namespace detail {

template <class Part>
concept HasGruOrLstm = requires(Part& part) {
    { part.weights() } -> std::same_as<std::span<typename Part::Scalar>>;
    requires std::same_as<std::remove_cvref_t<decltype(part.network())>, GruNetwork<typename Part::Scalar>> ||
        std::same_as<std::remove_cvref_t<decltype(part.network())>, LstmNetwork<typename Part::Scalar>>;
};

inline void check_torch_count(const SafetensorsFile& file, const char* field, const std::vector<std::string>& names,
                              std::size_t count) {
    require(names.size() == count,
            "load_torch_recurrent: {} has {} names for '{}', and the network {} such layers; name each Linear", field,
            names.size(), file.path(), count);
}

/// Throws `Error` where the memory of the file is of another kind than one layer in one direction with biases, or than
/// that of the network, of `gates` gates.
inline void check_torch_memory(const TorchTensors& tensors, const std::string& prefix, Index gates, Index units) {
    const std::string input = prefix + "weight_ih_l0", hidden = prefix + "weight_hh_l0";
    const auto refuse_where = [&](std::string_view name, const char* why) {
        if (tensors.has(prefix + std::string(name))) tensors.refuse(prefix + std::string(name), why);
    };
    refuse_where("weight_ih_l1", "is that of a second layer; the memory has one: train with num_layers = 1");
    refuse_where("weight_ih_l0_reverse",
                 "is that of the other direction of time, which does not exist where an agent acts: train with "
                 "bidirectional = False");
    refuse_where("weight_hr_l0", "maps h to another size; the memory's is its units: train with proj_size = 0");
    const StoredTensor& stored = tensors.find(input);
    tensors.find(hidden);
    if (!tensors.has(prefix + "bias_ih_l0") && !tensors.has(prefix + "bias_hh_l0")) {
        tensors.refuse(input, "is that of a memory without biases; train with bias = True");
    }
    const Index other = gates == 3 ? 4 : 3;
    if (stored.shape.size() == 2 && stored.shape[0] == other * units) {
        tensors.refuse(input, fmt::format("has the {} gates of an nn.{}, and the network is {}", other,
                                          other == 3 ? "GRU" : "LSTM", gates == 3 ? "a Gru" : "an Lstm"));
    }
}

/// Weights of `count` elements: those of the layers before, W, b, U and c, those of the layers after, log sigma.
template <class Layers>
std::vector<double> read_torch_recurrent(const SafetensorsFile& file, const TorchRecurrentOptions& options,
                                         const Layers& layers, std::size_t count) {
    const std::span<const Dense> before = layers.before().layers(), after = layers.after().layers();
    check_torch_count(file, "before", options.before, before.size());
    check_torch_count(file, "after", options.after, after.size());
    TorchTensors tensors("load_torch_recurrent", file, std::numeric_limits<typename Layers::Scalar>::max());
    const std::string prefix = options.memory.empty() ? "" : options.memory + '.';
    check_torch_memory(tensors, prefix, Layers::Cell::gates, layers.memory().units());

    std::vector<double> weights(count);
    const std::span<double> all(weights);
    for (std::size_t l = 0; l < before.size(); ++l) read_torch_layer(tensors, options.before[l], before[l], all);
    const auto read_gates = [&](const std::string& name, const Dense& layer) {
        read_torch_matrix(tensors, prefix + "weight_" + name, prefix + "bias_" + name, "gates * units", layer, all);
    };
    read_gates("ih_l0", layers.memory().input());
    read_gates("hh_l0", layers.memory().hidden());
    const std::span<double> behind = all.subspan(to_size(layers.after_offset()));
    for (std::size_t l = 0; l < after.size(); ++l) read_torch_layer(tensors, options.after[l], after[l], behind);
    read_torch_log_std(tensors, options.log_std, all.subspan(to_size(layers.parameter_count())));

    std::vector<std::string> names = options.before;
    names.insert(names.end(), options.after.begin(), options.after.end());
    check_torch_all_read(tensors, names);
    if (!prefix.empty()) tensors.check_all_read(prefix);
    return weights;
}

}  // namespace detail

/// Fills the weights of an actor or a critic, whose network is a `Gru` or an `Lstm`, with those of a PyTorch network: a
/// torch.nn.GRU or torch.nn.LSTM of one layer, with torch.nn.Linear before and after it.
///
///   safetensors.torch.save_file(model.state_dict(), "model.safetensors")               # in Python
///   load_torch_recurrent("model.safetensors", actor,
///                        {.before = {"encoder.0"}, .memory = "gru", .after = {"actor.0", "actor.2"}});
///
/// The memory NAME has the tensors NAME.weight_ih_l0, gates * units x inputs, NAME.weight_hh_l0, NAME.bias_ih_l0 and
/// NAME.bias_hh_l0, whose gates lie in the order of this library, and which mean the same (see `kernels::GruCell`,
/// `kernels::LstmCell`). A Linear NAME has NAME.weight, outputs x inputs, and NAME.bias. Numbers are float32 or
/// float64, and are rounded to the part's number type. Activations are no part of such a file: a `Gru` or an `Lstm` has
/// them after every dense layer but the last, and none between the memory and the layer after it.
///
/// Throws `Error`, naming the file and the tensor, and changes nothing, where a tensor is missing, has another shape or
/// type, or a number that is not finite; where the memory has several layers, two directions, a projection or no
/// biases; where a tensor beside those of a layer or of the memory is left over, or in the Sequential from which a
/// layer is taken; and where the network normalises layers, or inputs without moments yet.
template <class Part>
void load_torch_recurrent(const SafetensorsFile& file, Part& part, const TorchRecurrentOptions& options = {}) {
    static_assert(
        detail::HasGruOrLstm<Part>,
        "gradiva: load_torch_recurrent fills an Actor or a Critic whose network is a Gru or an Lstm, and which "
        "is not const");
    if constexpr (detail::HasGruOrLstm<Part>) {
        using Scalar = typename Part::Scalar;
        const auto& layers = part.network().structure();
        const bool has_layer_norm = layers.before().has_layer_norm() || layers.after().has_layer_norm();
        detail::check_torch_can_fill("load_torch_recurrent", file.path(), has_layer_norm,
                                     layers.before().input().normalizer());
        const std::vector<double> weights = detail::read_torch_recurrent(file, options, layers, part.weights().size());
        std::transform(weights.begin(), weights.end(), part.weights().begin(),
                       [](double weight) { return static_cast<Scalar>(weight); });
    }
}

/// The same, of the file `path`.
template <class Part>
void load_torch_recurrent(const std::string& path, Part& part, const TorchRecurrentOptions& options = {}) {
    load_torch_recurrent(SafetensorsFile(path), part, options);
}

}  // namespace GRADIVA_NAMESPACE
