#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/crc64.hpp"
#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/json_text.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/durable_file.hpp"
#include "gradiva/io/detail/safetensors_format.hpp"
#include "gradiva/io/detail/safetensors_header_text.hpp"

namespace GRADIVA_NAMESPACE {

/// Writes a safetensors file (https://huggingface.co/docs/safetensors): named tensors, and metadata of texts. Tensors
/// are not copied: their memory has to live until `write`. They lie in the file by the size of their elements, the
/// largest first, and in the order in which they were added; so each is aligned. The metadata "gradiva.crc64" holds the
/// CRC-64/XZ of the whole file, computed with its own 16 digits as '0'; `SafetensorsFile` checks it.
class SafetensorsWriter {
public:
    /// Forgets tensors and texts, but keeps their memory: writing the same names and shapes again allocates no more
    /// than opening a file does.
    void clear() {
        tensor_count_ = 0;
        text_count_ = 0;
    }

    /// Adds a tensor of elements in row-major order. `data` may be null where a size is 0; an empty shape is one
    /// element. Throws `Error` when a size is negative, or the name is empty, "__metadata__" or not UTF-8.
    void add(std::string_view name, Dtype type, std::span<const Index> shape, const void* data) {
        check_name(name, detail::metadata_name);
        const auto bytes = detail::tensor_bytes(type, shape);
        if (!bytes) {
            fail("SafetensorsWriter: tensor '{}' has a negative size, or is too large; give sizes of at least 0",
                 printable(name));
        }
        if (data == nullptr && *bytes > 0) {
            fail("SafetensorsWriter: tensor '{}' has no data; only one without elements may have none",
                 printable(name));
        }
        Tensor& tensor = next(tensors_, tensor_count_);
        tensor.name.assign(name);
        tensor.type = type;
        tensor.shape.assign(shape.begin(), shape.end());
        tensor.bytes = {static_cast<const std::byte*>(data), static_cast<std::size_t>(*bytes)};
    }

    /// The same, with the type of the elements.
    template <class T>
    void add(std::string_view name, std::span<const Index> shape, const T* data) {
        add(name, dtype_of<T>(), shape, data);
    }

    /// Adds a text to the metadata. Throws `Error` when the key is empty or "gradiva.crc64", or one of both is not
    /// UTF-8.
    void add_text(std::string_view key, std::string_view value) {
        check_name(key, detail::checksum_key);
        if (!is_utf8(value)) {
            fail("SafetensorsWriter: the text of '{}' is not UTF-8; write bytes as a tensor", printable(key));
        }
        Text& text = next(texts_, text_count_);
        text.key.assign(key);
        text.value.assign(value);
    }

    /// The checksum of the file that `write` would write. Throws `Error` when a name was added twice.
    std::uint64_t checksum() {
        check_twice();
        make_header();
        Crc64 crc;
        crc.add(header_.bytes());
        for_each_in_order([&](const Tensor& tensor) { crc.add(tensor.bytes); });
        return crc.value();
    }

    /// Replaces the file `path` as a whole: until all bytes are on the disk, the former file stays. On the way the file
    /// `path`.partial exists. With a `kept` name, `path`.`kept` becomes a hard link to the same bytes, which stays when
    /// `path` is replaced again. Returns the checksum. Throws `Error` when a name was added twice, or when the file
    /// cannot be written.
    std::uint64_t write(const std::string& path, std::string_view kept = {}) {
        const std::uint64_t crc = checksum();
        header_.set_checksum(crc);

        detail::DurableFile file("SafetensorsWriter", path);
        file.write(header_.bytes());
        for_each_in_order([&](const Tensor& tensor) { file.write(tensor.bytes); });
        file.commit(kept);
        return crc;
    }

private:
    struct Tensor {
        std::string name;
        Dtype type;
        std::vector<Index> shape;
        std::span<const std::byte> bytes;
    };
    struct Text {
        std::string key, value;
    };

    /// The next of elements of which `count` are in use.
    template <class T>
    static T& next(std::vector<T>& all, std::size_t& count) {
        if (count == all.size()) all.emplace_back();
        return all[count++];
    }

    static void check_name(std::string_view name, std::string_view reserved) {
        if (name.empty() || name == reserved || !is_utf8(name)) {
            fail("SafetensorsWriter: the name '{}' is empty, reserved or not UTF-8; give another", printable(name));
        }
    }

    template <class Body>
    void for_each_in_order(const Body& body) const {
        for (const std::size_t size : {8U, 4U, 2U, 1U}) {
            for (const Tensor& tensor : std::span(tensors_).first(tensor_count_)) {
                if (dtype_bytes(tensor.type) == size) body(tensor);
            }
        }
    }

    void check_twice() {
        const auto check = [&] {
            std::sort(names_.begin(), names_.end());
            const auto twice = std::adjacent_find(names_.begin(), names_.end());
            if (twice != names_.end()) {
                fail("SafetensorsWriter: '{}' was added twice; give each its own name", printable(*twice));
            }
            names_.clear();
        };
        names_.clear();
        for (std::size_t i = 0; i < tensor_count_; ++i) names_.push_back(tensors_[i].name);
        check();
        for (std::size_t i = 0; i < text_count_; ++i) names_.push_back(texts_[i].key);
        check();
    }

    void make_header() {
        header_.begin();
        for (const Text& text : std::span(texts_).first(text_count_)) header_.add_text(text.key, text.value);
        header_.begin_tensors();
        for_each_in_order([&](const Tensor& tensor) {
            header_.add_tensor(tensor.name, tensor.type, tensor.shape, tensor.bytes.size());
        });
        header_.end();
    }

    std::vector<Tensor> tensors_;
    std::vector<Text> texts_;
    std::size_t tensor_count_ = 0, text_count_ = 0;
    std::vector<std::string_view> names_;
    detail::SafetensorsHeaderText header_;
};

}  // namespace GRADIVA_NAMESPACE
