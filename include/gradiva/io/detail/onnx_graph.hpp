#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"
#include "gradiva/io/detail/onnx_messages.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A graph of ONNX operations, built from the inputs on. Tensors are known by their names.
class OnnxGraph {
public:
    using Value = std::string;

    Value input(const OnnxPort& port) {
        inputs_.push_back(port);
        return port.name;
    }

    /// A constant tensor. Its elements are converted to `type`, f32 or f64.
    Value constant(const Value& name, OnnxType type, const std::vector<Index>& shape, std::span<const double> values) {
        if (type == OnnxType::f64) return constant_bytes(name, type, shape, values);
        const std::vector<float> floats(values.begin(), values.end());
        return constant_bytes(name, type, shape, std::span<const float>(floats));
    }
    Value constant(const Value& name, OnnxType type, std::span<const double> values) {
        return constant(name, type, {static_cast<Index>(values.size())}, values);
    }
    /// A constant vector of integers.
    Value integers(const Value& name, std::span<const std::int64_t> values) {
        return constant_bytes(name, OnnxType::i64, {static_cast<Index>(values.size())}, values);
    }
    /// A single number, written once.
    Value constant(OnnxType type, double value) {
        const Value name = fmt::format("{}{}", value, type == OnnxType::f32 ? "f" : "");
        return numbers_.insert(name).second ? constant(name, type, {}, {&value, 1}) : name;
    }

    /// The result of an operation.
    Value operate(std::string_view operation, std::vector<Value> inputs, std::vector<OnnxAttribute> attributes = {}) {
        const Value output = fmt::format("{}_{}", operation, ++count_[operation]);
        nodes_.push_back({operation, std::move(inputs), output, std::move(attributes)});
        return output;
    }

    Value cast(const Value& value, OnnxType from, OnnxType to) {
        return from == to ? value : operate("Cast", {value}, {{"to", static_cast<Index>(to)}});
    }

    /// Columns `range` of N x `columns` numbers.
    Value columns(const Value& value, Range range, Index columns) {
        if (range.begin == 0 && range.end == columns) return value;
        return operate("Slice", {value, index(range.begin), index(range.end), index(1)});
    }

    /// Makes the result of an operation an output of the graph, known there by the name of the port.
    void output(const OnnxPort& port, const Value& value) {
        outputs_.push_back(port);
        if (!ports_.emplace(value, port.name).second) nodes_.push_back({"Identity", {value}, port.name, {}});
    }

    /// The same, listed after all other outputs.
    void last_output(const OnnxPort& port, const Value& value) {
        output(port, value);
        outputs_.pop_back();
        last_outputs_.push_back(port);
    }

    /// The GraphProto.
    ProtobufMessage message(std::string_view name) const {
        ProtobufMessage graph;
        for (OnnxNode node : nodes_) {
            for (Value& input : node.inputs) input = final_name(input);
            node.output = final_name(node.output);
            graph.message(1, onnx_node(node));
        }
        graph.text(2, name);
        for (const ProtobufMessage& tensor : constants_) graph.message(5, tensor);
        for (const OnnxPort& port : inputs_) graph.message(11, onnx_value_info(port));
        for (const OnnxPort& port : outputs_) graph.message(12, onnx_value_info(port));
        for (const OnnxPort& port : last_outputs_) graph.message(12, onnx_value_info(port));
        return graph;
    }

private:
    const Value& final_name(const Value& value) const {
        const auto port = ports_.find(value);
        return port == ports_.end() ? value : port->second;
    }

    /// A vector of one integer, written once.
    Value index(Index i) {
        const Value name = fmt::format("[{}]", i);
        const std::int64_t element = i;
        return numbers_.insert(name).second
                   ? constant_bytes(name, OnnxType::i64, {1}, std::span<const std::int64_t>(&element, 1))
                   : name;
    }

    template <class T>
    Value constant_bytes(const Value& name, OnnxType type, const std::vector<Index>& shape, std::span<const T> values) {
        constants_.push_back(onnx_tensor(name, type, shape, std::as_bytes(values)));
        return name;
    }

    std::vector<OnnxNode> nodes_;
    std::vector<ProtobufMessage> constants_;
    std::vector<OnnxPort> inputs_, outputs_, last_outputs_;
    std::map<Value, std::string> ports_;     // the output that a value is
    std::map<std::string_view, int> count_;  // of each operation
    std::set<Value> numbers_;                // constants without a name of their own
};

}  // namespace GRADIVA_NAMESPACE::detail
