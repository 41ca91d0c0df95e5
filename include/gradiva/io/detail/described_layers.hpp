#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/check_network.hpp"
#include "gradiva/io/detail/parameter_reader.hpp"
#include "gradiva/io/detail/stored_part.hpp"
#include "gradiva/io/policy_description.hpp"

// What every network in a file has: the rows that it reads, and dense layers.

namespace GRADIVA_NAMESPACE::detail {

inline Activation described_activation(const StoredPart& part) {
    const int activation = part.number<int>("activation");
    require(activation >= 0 && activation <= static_cast<int>(Activation::leaky_relu),
            "{}: {} is {}, which this version does not know", part.who(), part.of("activation"), activation);
    return static_cast<Activation>(activation);
}

/// Files that were written before networks could read some rows have an Mlp of all.
inline bool is_of_all_rows(const StoredPart& mlp) { return !mlp.has("observed") && !mlp.has("rows"); }

/// What the rows that a network reads are normalised by.
inline void read_normalizer(const StoredPart& part, Index observed, DescribedNetwork& network) {
    if (!part.flag("normalize_observations")) return;
    network.mean = part.finite_numbers("normalizer/mean");
    network.scale = part.finite_numbers("normalizer/scale");
    for (const char* moments : {"normalizer/moments/mean", "normalizer/moments/squares"}) {
        if (part.has(moments)) part.finite_numbers(moments);
    }
    const auto inputs = to_size(network.rows_of(observed).size());
    require(network.mean.size() == inputs && network.scale.size() == inputs,
            "{}: the normaliser has {} means and {} scales, the network {} inputs", part.who(), network.mean.size(),
            network.scale.size(), inputs);
}

/// The rows that a network reads of an input of `observed` numbers, and what they are normalised by; the latter is for
/// networks that have layers of their own on these rows.
inline void read_input(const StoredPart& part, Index observed, DescribedNetwork& network, bool has_layers = true) {
    if (is_of_all_rows(part)) return read_normalizer(part, observed, network);
    const Index own = part.number<Index>("observed");
    require(own == observed, "{}: {} is {}, where there are {} numbers", part.who(), part.of("observed"), own,
            observed);
    const std::vector<Index> rows = part.numbers<Index>("rows");
    require(rows.size() == 2, "{}: {} has {} numbers, not 2", part.who(), part.of("rows"), rows.size());
    check_rows(part.who(), part.of(""), {rows[0], rows[1]}, observed);
    if (rows[0] > 0 || rows[1] < observed) network.rows = Range{rows[0], rows[1]};
    if (has_layers || part.has("normalize_observations")) read_normalizer(part, observed, network);
    require(has_layers || network.mean.empty(), "{}: {} is true, where only the networks within normalise", part.who(),
            part.of("normalize_observations"));
}

/// The dense layers of an `Mlp` that gets `inputs` numbers.
inline void read_layers(const StoredPart& mlp, Index inputs, ParameterReader& parameters, DescribedNetwork& network) {
    const std::vector<Index> widths = mlp.numbers<Index>("widths");
    network.activates_last = !is_of_all_rows(mlp) && !mlp.flag("output_layer");
    const std::size_t least = network.activates_last ? 1 : 2;
    require(widths.size() >= least, "{}: {} has {} numbers; a network has inputs and outputs", mlp.who(),
            mlp.of("widths"), widths.size());
    require(widths[0] == inputs, "{}: {} begins with {}, where the layers get {} numbers", mlp.who(), mlp.of("widths"),
            widths[0], inputs);
    const bool layer_norm = mlp.flag("layer_norm");
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
        parameters.check_width(widths[l]);
        parameters.check_width(widths[l + 1]);
        DescribedLayer layer{.inputs = widths[l], .outputs = widths[l + 1]};
        layer.weight = parameters.next(layer.inputs * layer.outputs);
        layer.bias = parameters.next(layer.outputs);
        if (layer_norm && (network.activates_last || l + 2 < widths.size())) {
            layer.gain = parameters.next(layer.outputs);
            layer.shift = parameters.next(layer.outputs);
        }
        network.layers.push_back(std::move(layer));
    }
}

inline void check_is_mlp(const StoredPart& part) {
    const std::string type = part.text("type");
    require(type == "Mlp", "{}: {} is {}, not Mlp", part.who(), part.of("type"), printable(type));
}

/// The layers of the `Mlp` at `name`, which gets what the network around it computed before.
inline void read_dense(const StoredPart& part, const char* name, Index inputs, ParameterReader& parameters,
                       DescribedNetwork& network) {
    const StoredPart dense = part.part(name);
    check_is_mlp(dense);
    DescribedNetwork input;
    read_input(dense, inputs, input);
    require(!input.rows && input.mean.empty(), "{}: {} does not take the whole of what was computed before, as it is",
            part.who(), part.of(name));
    read_layers(dense, inputs, parameters, network);
    network.activation = described_activation(dense);
}

}  // namespace GRADIVA_NAMESPACE::detail
