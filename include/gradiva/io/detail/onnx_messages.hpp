#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/index.hpp"
#include "gradiva/core/protobuf_message.hpp"

// The messages of ONNX that are needed here. The numbers of fields are those of
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3

namespace GRADIVA_NAMESPACE::detail {

/// TensorProto.DataType.
enum class OnnxType { f32 = 1, u8 = 2, i64 = 7, boolean = 9, f64 = 11 };

/// A tensor N x `columns`, or with N elements, whose number N is not fixed: an input or output of the whole graph.
struct OnnxPort {
    std::string name;
    OnnxType type = OnnxType::f32;
    Index columns = 0;  ///< 0: N elements
};

struct OnnxAttribute {
    std::string_view name;
    std::variant<Index, float, std::vector<Index>> value;
};

struct OnnxNode {
    std::string_view operation;
    std::vector<std::string> inputs;
    std::string output;
    std::vector<OnnxAttribute> attributes;
};

/// A TensorProto. The bytes are those of the elements in row-major order, each little-endian.
inline ProtobufMessage onnx_tensor(std::string_view name, OnnxType type, const std::vector<Index>& shape,
                                   std::span<const std::byte> bytes) {
    ProtobufMessage tensor;
    for (const Index size : shape) tensor.integer(1, size);
    tensor.integer(2, static_cast<int>(type));
    tensor.text(8, name);
    tensor.text(9, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    return tensor;
}

/// A ValueInfoProto, with a TypeProto.Tensor and its TensorShapeProto.
inline ProtobufMessage onnx_value_info(const OnnxPort& port) {
    ProtobufMessage shape;
    shape.message(1, ProtobufMessage().text(2, "N"));
    if (port.columns > 0) shape.message(1, ProtobufMessage().integer(1, port.columns));
    ProtobufMessage tensor;
    tensor.integer(1, static_cast<int>(port.type)).message(2, shape);
    return ProtobufMessage().text(1, port.name).message(2, ProtobufMessage().message(1, tensor));
}

/// An AttributeProto.
inline ProtobufMessage onnx_attribute(const OnnxAttribute& attribute) {
    enum Type { real = 1, integer = 2, integers = 7 };
    ProtobufMessage message;
    message.text(1, attribute.name);
    if (const auto* one = std::get_if<Index>(&attribute.value)) {
        message.integer(3, *one).integer(20, integer);
    } else if (const auto* number = std::get_if<float>(&attribute.value)) {
        message.real(2, *number).integer(20, real);
    } else {
        for (const Index value : std::get<std::vector<Index>>(attribute.value)) message.integer(8, value);
        message.integer(20, integers);
    }
    return message;
}

/// A NodeProto; its name is that of its output.
inline ProtobufMessage onnx_node(const OnnxNode& node) {
    ProtobufMessage message;
    for (const std::string& input : node.inputs) message.text(1, input);
    message.text(2, node.output).text(3, node.output).text(4, node.operation);
    for (const OnnxAttribute& attribute : node.attributes) message.message(5, onnx_attribute(attribute));
    return message;
}

/// A ModelProto with ir_version 8 and opset 17. Texts are its metadata.
inline ProtobufMessage onnx_model(std::string_view version, const ProtobufMessage& graph,
                                  const std::vector<std::pair<std::string, std::string>>& texts) {
    ProtobufMessage model;
    model.integer(1, 8).text(2, "gradiva").text(3, version).message(7, graph);
    model.message(8, ProtobufMessage().text(1, "").integer(2, 17));
    for (const auto& text : texts) model.message(14, ProtobufMessage().text(1, text.first).text(2, text.second));
    return model;
}

}  // namespace GRADIVA_NAMESPACE::detail
