#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/stored_part.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The network of an actor, and behind its parameters those of the distribution.
struct StoredNetwork {
    Dtype scalar = Dtype::f32;
    DescribedNetwork network = {};
    std::vector<double> own_parameters = {};
};

/// Gives the next numbers of a list, in the order in which `MlpNetwork` has its parameters.
class ParameterReader {
public:
    ParameterReader(const std::string& who, std::span<const double> all) : who_(who), left_(all) {}

    std::vector<double> next(Index count) {
        require(count <= static_cast<Index>(left_.size()), "{}: the network has fewer parameters than its sizes say",
                who_);
        const auto taken = left_.first(static_cast<std::size_t>(count));
        left_ = left_.subspan(taken.size());
        return {taken.begin(), taken.end()};
    }

    /// A width above the number of parameters cannot be true; products of smaller ones do not overflow.
    void check_width(Index width) const {
        require(width >= 1 && width <= static_cast<Index>(left_.size()) && width < (Index{1} << 31),
                "{}: a layer of the network has {} units, with {} parameters left", who_, width, left_.size());
    }

    std::vector<double> rest() const { return {left_.begin(), left_.end()}; }

private:
    const std::string& who_;
    std::span<const double> left_;
};

inline std::vector<DescribedLayer> described_layers(const StoredPart& mlp, ParameterReader& parameters) {
    const std::vector<Index> widths = mlp.numbers<Index>("widths");
    require(!widths.empty(), "{}: {} has no numbers; a network has inputs", mlp.who(), mlp.of("widths"));
    const bool has_output_layer = mlp.flag("output_layer");
    const bool layer_norm = mlp.flag("layer_norm");
    std::vector<DescribedLayer> layers;
    for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
        parameters.check_width(widths[l]);
        parameters.check_width(widths[l + 1]);
        DescribedLayer layer{.inputs = widths[l], .outputs = widths[l + 1]};
        layer.weight = parameters.next(layer.inputs * layer.outputs);
        layer.bias = parameters.next(layer.outputs);
        if (layer_norm && (l + 2 < widths.size() || !has_output_layer)) {
            layer.gain = parameters.next(layer.outputs);
            layer.shift = parameters.next(layer.outputs);
        }
        layers.push_back(std::move(layer));
    }
    return layers;
}

inline StoredNetwork described_network(const StoredPart& part) {
    const std::string type = part.text("type");
    require(type == "Mlp" || type == "SharedTrunk", "{}: {} is {}, which this version does not know", part.who(),
            part.of("type"), printable(type));
    const bool is_trunk = type == "SharedTrunk";
    const StoredPart mlp = is_trunk ? part.part("trunk") : part;
    require(mlp.text("type") == "Mlp", "{}: {} is {}, which this version does not know", part.who(), mlp.of("type"),
            printable(mlp.text("type")));
    const std::vector<double> numbers = part.finite_numbers("parameters");
    ParameterReader parameters(part.who(), numbers);
    StoredNetwork stored{.scalar = part.array("parameters").type};
    DescribedNetwork& network = stored.network;
    network.layers = described_layers(mlp, parameters);
    if (is_trunk) {
        for (DescribedLayer& layer : described_layers(part.part("actor"), parameters)) {
            network.layers.push_back(std::move(layer));
        }
        described_layers(part.part("critic"), parameters);
    }
    require(!network.layers.empty(), "{}: the network has no layer", part.who());
    stored.own_parameters = parameters.rest();
    const int activation = mlp.number<int>("activation");
    require(activation >= 0 && activation <= static_cast<int>(Activation::leaky_relu),
            "{}: {} is {}, which this version does not know", part.who(), mlp.of("activation"), activation);
    network.activation = static_cast<Activation>(activation);
    if (mlp.flag("normalize_observations")) {
        network.mean = mlp.finite_numbers("normalizer/mean");
        network.scale = mlp.finite_numbers("normalizer/scale");
        for (const char* moments : {"normalizer/moments/mean", "normalizer/moments/squares"}) {
            if (mlp.has(moments)) mlp.finite_numbers(moments);
        }
        const auto inputs = static_cast<std::size_t>(network.inputs());
        require(network.mean.size() == inputs && network.scale.size() == inputs,
                "{}: the normaliser has {} means and {} scales, the network {} inputs", part.who(), network.mean.size(),
                network.scale.size(), inputs);
    }
    return stored;
}

}  // namespace GRADIVA_NAMESPACE::detail
