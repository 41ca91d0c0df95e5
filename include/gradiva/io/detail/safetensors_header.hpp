#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradiva/core/check.hpp"
#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/safetensors_format.hpp"

namespace GRADIVA_NAMESPACE::detail {

[[noreturn]] inline void refuse_file(const std::string& path, const std::string& why) {
    fail("SafetensorsFile: '{}' is damaged or no safetensors file: {}; give another file", path, why);
}

/// What a header says of one tensor.
struct TensorEntry {
    std::optional<Dtype> type;
    std::optional<std::vector<Index>> shape, offsets;
};

/// What a header says, before it is compared with the file.
struct SafetensorsHeader {
    std::map<std::string, TensorEntry, std::less<>> tensors;
    std::map<std::string, std::string, std::less<>> texts;
};

/// Receives the JSON of a header piece by piece (nlohmann's SAX interface), and refuses at once what has no place
/// there: other nesting than that of the format, and second values of one key.
class SafetensorsHeaderReader {
public:
    explicit SafetensorsHeaderReader(const std::string& path) : path_(path) {}

    /// Reads the header, `text`, of the file `path`.
    static SafetensorsHeader read(const std::string& path, std::string_view text) {
        SafetensorsHeaderReader reader(path);
        if (!text.starts_with("{") || text.find('\0') != std::string_view::npos)
            reader.refuse("its header is no JSON object");
        nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
        return std::move(reader.header_);
    }

    bool start_object(std::size_t) {
        if (at_ == At::outside) {
            at_ = At::top;
        } else if (at_ == At::top && name_ == metadata_name) {
            if (std::exchange(has_texts_, true)) refuse("its header has two __metadata__");
            at_ = At::texts;
        } else if (at_ == At::top) {
            const auto [place, added] = header_.tensors.try_emplace(name_);
            if (!added) refuse("its header has two tensors '" + printable(name_) + "'");
            tensor_ = &place->second;
            at_ = At::tensor;
        } else {
            misplaced("an object");
        }
        return true;
    }

    bool end_object() {
        if (at_ == At::tensor && !(tensor_->type && tensor_->shape && tensor_->offsets)) {
            refuse("tensor '" + printable(name_) + "' lacks dtype, shape or data_offsets");
        }
        at_ = at_ == At::top ? At::outside : At::top;
        return true;
    }

    bool key(std::string& key) {
        if (at_ == At::top) {
            name_ = std::move(key);
        } else {
            key_ = std::move(key);
        }
        return true;
    }

    bool start_array(std::size_t) {
        std::optional<std::vector<Index>>* list = nullptr;
        if (at_ == At::tensor && key_ == "shape") list = &tensor_->shape;
        if (at_ == At::tensor && key_ == "data_offsets") list = &tensor_->offsets;
        if (list == nullptr) misplaced("a list");
        if (*list) twice();
        numbers_ = &list->emplace();
        at_ = At::numbers;
        return true;
    }

    bool end_array() {
        at_ = At::tensor;
        return true;
    }

    bool string(std::string& text) {
        if (at_ == At::texts) {
            if (!header_.texts.try_emplace(key_, std::move(text)).second) twice();
        } else if (at_ == At::tensor && key_ == "dtype") {
            if (tensor_->type) twice();
            tensor_->type = dtype_named(text);
            if (!tensor_->type)
                refuse("tensor '" + printable(name_) + "' has the unknown dtype '" + printable(text) + "'");
        } else {
            misplaced("a text");
        }
        return true;
    }

    bool number_unsigned(std::uint64_t number, const std::string& = {}) {
        if (at_ != At::numbers) misplaced("a number");
        if (number > static_cast<std::uint64_t>(std::numeric_limits<Index>::max())) misplaced("too large a number");
        numbers_->push_back(static_cast<Index>(number));
        return true;
    }

    bool null() { misplaced("null"); }
    bool boolean(bool) { misplaced("a boolean"); }
    bool number_integer(std::int64_t) { misplaced("a negative number"); }
    bool number_float(double, const std::string&) { misplaced("a number that is not whole or too large"); }
    template <class Bytes>
    bool binary(const Bytes&) {
        misplaced("bytes");
    }
    template <class Exception>
    bool parse_error(std::size_t position, const std::string&, const Exception&) {
        refuse("its header is no JSON, by byte " + std::to_string(position) + " of it");
    }

private:
    enum class At { outside, top, texts, tensor, numbers };

    [[noreturn]] void refuse(const std::string& why) const { refuse_file(path_, why); }
    [[noreturn]] void twice() const {
        refuse("its header gives '" + printable(key_) + "' of '" + printable(name_) + "' twice");
    }
    [[noreturn]] void misplaced(const char* what) const {
        refuse("in its header '" + printable(name_) + "' has " + what + " that does not belong there");
    }

    const std::string& path_;
    SafetensorsHeader header_;
    At at_ = At::outside;
    bool has_texts_ = false;
    std::string name_, key_;  // of a tensor or __metadata__; of a value inside
    TensorEntry* tensor_ = nullptr;
    std::vector<Index>* numbers_ = nullptr;
};

}  // namespace GRADIVA_NAMESPACE::detail
