#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Numbers of an array of C, from the one at `offset` on.
struct CPlace {
    std::string array;
    Index offset = 0;

    std::string pointer() const { return offset == 0 ? array : fmt::format("{} + {}", array, offset); }
    /// The element of the index i.
    std::string element() const { return offset == 0 ? array + "[i]" : fmt::format("{}[{} + i]", array, offset); }
};

/// One step of `policy_head`.
struct CStep {
    enum class Kind {
        copy,         ///< also to the policy's number type
        normalise,    ///< by mean and scale of the network
        convolution,  ///< of the network, that of `index`
        layer,        ///< `layer`, activated where `activates`
        memory,       ///< the state after the step, of both sums of the network's memory
    };
    Kind kind;
    const DescribedNetwork* network;
    std::size_t index;  ///< of the convolution in its network
    int number;         ///< from 1: of this among all convolutions and layers, or all that normalise; else 0
    Index outputs;      ///< numbers that are written
    CPlace from, to;
    const DescribedLayer* layer = nullptr;
    bool activates = false;
};

/// The steps of `policy_head` in order, and the arrays between them: `joined_1` and so on have the outputs of parts
/// side by side, one array for each depth, `input_sums` and `state_sums` what the gates of a memory get of its input
/// and of the state before; what else lies between two steps is in `first` and `second` in turn. Borrows the policy.
class CPlan {
public:
    explicit CPlan(const PolicyDescription& policy) : is_double_(policy.scalar == Dtype::f64) {
        add(policy.network, policy.spaces.observation.size, 0, {"head"}, 0);
    }

    const std::vector<CStep>& steps() const { return steps_; }
    /// Their sizes, 0 of those that are not used.
    Index first() const { return first_; }
    Index second() const { return second_; }
    const std::vector<Index>& joined() const { return joined_; }
    /// Of either array of a memory's gates.
    Index sums() const { return sums_; }
    /// Of all arrays.
    Index numbers() const { return std::accumulate(joined_.begin(), joined_.end(), first_ + second_ + 2 * sums_); }
    bool normalises() const { return normalised_ > 0; }

private:
    using Kind = CStep::Kind;

    /// The steps of a network, whose input is the `observed` numbers of the observation from `begin` on.
    void add(const DescribedNetwork& network, Index observed, Index begin, const CPlace& target, std::size_t depth) {
        const Range rows = network.rows_of(observed);
        begin += rows.begin;
        if (!network.parts.empty()) return add_parts(network, rows.size(), begin, target, depth);
        const bool normalises = !network.mean.empty();
        CPlace from{"observation", begin};
        std::size_t left = network.convolutions.size() + network.before.size() + network.layers.size();
        if (is_double_ || normalises || left == 0) {
            const CPlace to = left == 0 ? target : CPlace{"second"};
            add_step({normalises ? Kind::normalise : Kind::copy, &network, 0, normalises ? ++normalised_ : 0,
                      rows.size(), from, to, nullptr, false});
            from = to;
        }
        for (std::size_t i = 0; i < network.convolutions.size(); ++i) {
            add_step({Kind::convolution, &network, i, ++layers_, network.convolutions[i].outputs(), from,
                      --left == 0 ? target : other_than(from), nullptr, true});
            from = steps_.back().to;
        }
        if (network.memory) from = add_memory(network, from);
        add_layers(network, from, target);
    }

    /// The dense layers before a memory, and the memory. Returns where its h is.
    CPlace add_memory(const DescribedNetwork& network, CPlace from) {
        for (const DescribedLayer& layer : network.before) {
            add_layer(network, layer, true, from, other_than(from));
            from = steps_.back().to;
        }
        const DescribedMemory& memory = *network.memory;
        sums_ = memory.gates() * memory.units();
        add_layer(network, memory.input, false, from, {"input_sums"});
        add_layer(network, memory.hidden, false, {"state"}, {"state_sums"});
        add_step({Kind::memory, &network, 0, 0, memory.state_size(), {"state"}, {"next"}, nullptr, false});
        return steps_.back().to;
    }

    void add_parts(const DescribedNetwork& network, Index observed, Index begin, const CPlace& target,
                   std::size_t depth) {
        const bool direct = network.layers.empty();
        CPlace to = target;
        if (!direct) {
            if (joined_.size() <= depth) joined_.resize(depth + 1);
            joined_[depth] = std::max(joined_[depth], network.layers.front().inputs);
            to = {fmt::format("joined_{}", depth + 1)};
        }
        const CPlace from = to;
        for (const DescribedNetwork& part : network.parts) {
            add(part, observed, begin, to, depth + 1);
            to.offset += part.outputs_for(observed);
        }
        if (!direct) add_layers(network, from, target);
    }

    void add_layers(const DescribedNetwork& network, CPlace from, const CPlace& target) {
        for (std::size_t l = 0; l < network.layers.size(); ++l) {
            const bool last = l + 1 == network.layers.size();
            add_layer(network, network.layers[l], !last || network.activates_last, from,
                      last ? target : other_than(from));
            from = steps_.back().to;
        }
    }

    void add_layer(const DescribedNetwork& network, const DescribedLayer& layer, bool activates, const CPlace& from,
                   const CPlace& to) {
        add_step({Kind::layer, &network, 0, ++layers_, layer.outputs, from, to, &layer, activates});
    }

    static CPlace other_than(const CPlace& from) { return {from.array == "first" ? "second" : "first"}; }

    void add_step(CStep step) {
        if (step.to.array == "first") first_ = std::max(first_, step.outputs);
        if (step.to.array == "second") second_ = std::max(second_, step.outputs);
        steps_.push_back(std::move(step));
    }

    bool is_double_;
    std::vector<CStep> steps_;
    Index first_ = 0, second_ = 0, sums_ = 0;
    std::vector<Index> joined_;
    int layers_ = 0, normalised_ = 0;
};

}  // namespace GRADIVA_NAMESPACE::detail
