#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gradiva/core/description.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/core/protobuf_message.hpp"

// The messages in event files of TensorBoard, by the numbers of their fields. Sources: event.proto, summary.proto and
// tensor.proto in tensorboard/compat/proto, plugins/scalar/metadata.py, and api.proto and plugin_data.proto in
// plugins/hparams, of https://github.com/tensorflow/tensorboard

namespace GRADIVA_NAMESPACE::detail {

/// An Event without content.
inline ProtobufMessage& begin_event(ProtobufMessage& event, double wall_time, std::int64_t step) {
    return event.clear().real(1, wall_time).integer(2, step);
}

/// SummaryMetadata of a plugin, with its data. `data_class` is 1 for scalars, 0 where there is none.
inline ProtobufMessage plugin_metadata(std::string_view plugin, const ProtobufMessage& content, int data_class) {
    ProtobufMessage data, metadata;
    data.text(1, plugin).message(2, content);
    return metadata.message(1, data).integer(4, data_class);
}

/// A Summary.Value of the plugin hparams, whose tensor holds nothing.
inline ProtobufMessage hparams_value(std::string_view tag, const ProtobufMessage& plugin_data) {
    ProtobufMessage value, shape, tensor;
    shape.message(2, ProtobufMessage());     // one dimension, of size 0
    tensor.integer(1, 1).message(2, shape);  // DT_FLOAT
    value.text(1, tag).message(8, tensor);
    return value.message(9, plugin_metadata("hparams", plugin_data, 0));
}

/// Whether a value is a number, or yes or no, in the tables of hyperparameters; it is a text else. Numbers that are not
/// finite, and integers beyond those that a double holds, are texts.
enum class HparamType { text = 1, truth = 2, number = 3 };

inline HparamType hparam_type(const DescriptionValue& value) {
    if (std::holds_alternative<bool>(value)) return HparamType::truth;
    if (const auto* const x = std::get_if<double>(&value)) {
        return std::isfinite(*x) ? HparamType::number : HparamType::text;
    }
    const auto* const n = std::get_if<std::int64_t>(&value);
    constexpr std::int64_t most = std::int64_t{1} << 53;
    return n != nullptr && *n >= -most && *n <= most ? HparamType::number : HparamType::text;
}

/// A google.protobuf.Value.
inline ProtobufMessage hparam(const DescriptionValue& value) {
    ProtobufMessage message;
    switch (hparam_type(value)) {
        case HparamType::truth: return message.integer(4, std::get<bool>(value) ? 1 : 0);
        case HparamType::number: {
            const auto* const n = std::get_if<std::int64_t>(&value);
            return message.real(2, n != nullptr ? static_cast<double>(*n) : std::get<double>(value));
        }
        case HparamType::text: break;
    }
    if (const auto* const text = std::get_if<std::string>(&value)) return message.text(3, as_utf8(*text));
    std::string text;
    append_json_value(text, value);
    std::erase(text, '"');  // around numbers that are not finite
    return message.text(3, text);
}

/// The Experiment: the hyperparameters by name and type, and the number that tables show beside them.
inline ProtobufMessage experiment(const Description& description, double seconds, std::string_view metric) {
    ProtobufMessage experiment, name, info;
    experiment.real(3, seconds);
    for (const Description::Entry& entry : description.entries) {
        info.clear().text(1, as_utf8(entry.path)).integer(4, static_cast<int>(hparam_type(entry.value)));
        experiment.message(4, info);
    }
    name.text(2, metric);
    experiment.message(5, info.clear().message(1, name));
    return ProtobufMessage().message(2, experiment);
}

/// The SessionStartInfo: the hyperparameters' values.
inline ProtobufMessage session_start(const Description& description, double seconds) {
    ProtobufMessage start, entry_of_map;
    for (const Description::Entry& entry : description.entries) {
        entry_of_map.clear().text(1, as_utf8(entry.path)).message(2, hparam(entry.value));
        start.message(1, entry_of_map);
    }
    start.real(5, seconds);
    return ProtobufMessage().message(3, start);
}

/// The SessionEndInfo.
inline ProtobufMessage session_end(bool success, double seconds) {
    return ProtobufMessage().message(4, ProtobufMessage().integer(1, success ? 1 : 2).real(2, seconds));
}

}  // namespace GRADIVA_NAMESPACE::detail
