// The blocks of a network's flat parameters, by its description: a gradient that is wrong in one of them, such as a
// small bias, does not hide behind the others' size.
#pragma once

#include "catch.hpp"

#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "helpers/finite_difference.hpp"

namespace gradiva_test {

using gradiva::Index;

/// Weights, bias, gain or shift of one layer.
struct ParameterBlock {
    std::string name;
    Index begin = 0, size = 0;
};

/// The blocks of the described network for observations of `inputs` numbers, in the order that headers state.
/// `outputs` may be `features`.
class ParameterBlocks {
public:
    template <class Description>
    ParameterBlocks(const Description& description, Index inputs, Index outputs) {
        append("", description, inputs, outputs);
    }

    const std::vector<ParameterBlock>& all() const { return blocks_; }
    Index size() const { return size_; }

private:
    void add(const std::string& name, Index size) {
        blocks_.push_back({name, size_, size});
        size_ += size;
    }

    /// These return the number of outputs.
    Index append_dense(const std::string& who, Index width, const std::vector<Index>& hidden, bool layer_norm,
                       Index outputs) {
        std::vector<Index> widths = hidden;
        if (outputs != gradiva::features) widths.push_back(outputs);
        for (std::size_t l = 0; l < widths.size(); ++l) {
            const std::string layer = who + "layer " + std::to_string(l) + ", ";
            add(layer + "weights", widths[l] * width);
            add(layer + "bias", widths[l]);
            if (layer_norm && l < hidden.size()) {
                add(layer + "gain", widths[l]);
                add(layer + "shift", widths[l]);
            }
            width = widths[l];
        }
        return width;
    }

    Index append(const std::string& who, const gradiva::Mlp& mlp, Index inputs, Index outputs) {
        return append_dense(who, mlp.inputs ? mlp.inputs->size() : inputs, mlp.hidden, mlp.layer_norm, outputs);
    }

    Index append(const std::string& who, const gradiva::Convolution& image, Index, Index outputs) {
        Index height = image.shape.at(0), width = image.shape.at(1), channels = image.shape.at(2);
        for (std::size_t l = 0; l < image.layers.size(); ++l) {
            const auto& [count, kernel, stride, padding] = image.layers[l];
            const std::string layer = who + "convolution " + std::to_string(l) + ", ";
            add(layer + "weights", count * kernel * kernel * channels);
            add(layer + "bias", count);
            height = (height + 2 * padding - kernel) / stride + 1;
            width = (width + 2 * padding - kernel) / stride + 1;
            channels = count;
        }
        return append_dense(who, height * width * channels, image.hidden, image.layer_norm, outputs);
    }

    Index append(const std::string& who, const gradiva::Join& join, Index inputs, Index outputs) {
        Index width = 0;
        for (std::size_t k = 0; k < join.networks.size(); ++k) {
            width += append(who + "network " + std::to_string(k) + ": ", join.networks[k],
                            join.inputs ? join.inputs->size() : inputs, gradiva::features);
        }
        return append_dense(who, width, join.hidden, join.layer_norm, outputs);
    }

    Index append(const std::string& who, const gradiva::NetworkPart& network, Index inputs, Index outputs) {
        return std::visit([&](const auto& described) { return append(who, described, inputs, outputs); },
                          network.description);
    }

    Index append(const std::string& who, const gradiva::SharedTrunk& shared, Index inputs, Index outputs) {
        const Index width = append(who + "trunk: ", shared.trunk, inputs, gradiva::features);
        append(who + "actor: ", shared.actor, width, outputs);
        append(who + "critic: ", shared.critic, width, 1);
        return outputs;
    }

    std::vector<ParameterBlock> blocks_;
    Index size_ = 0;
};

/// Each block of a gradient agrees with that by differences.
inline void check_blocks(const ParameterBlocks& blocks, std::span<const double> gradient,
                         std::span<const double> numeric) {
    REQUIRE(static_cast<Index>(gradient.size()) == blocks.size());
    REQUIRE(static_cast<Index>(numeric.size()) == blocks.size());
    for (const ParameterBlock& block : blocks.all()) {
        INFO(block.name);
        CHECK(relative_error(gradiva::part(gradient, block.begin, block.size),
                             gradiva::part(numeric, block.begin, block.size)) < 1e-6);
    }
}

}  // namespace gradiva_test
