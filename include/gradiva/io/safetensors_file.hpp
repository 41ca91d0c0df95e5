#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/crc64.hpp"
#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/byte_source.hpp"
#include "gradiva/io/detail/safetensors_format.hpp"
#include "gradiva/io/detail/safetensors_header.hpp"

namespace GRADIVA_NAMESPACE {

/// A tensor of a `SafetensorsFile`: its elements in row-major order as bytes, which need not be aligned.
struct StoredTensor {
    Dtype type;
    std::vector<Index> shape;
    std::span<const std::byte> bytes;
};

/// The whole of a safetensors file (https://huggingface.co/docs/safetensors) in memory. Every size that the file claims
/// is checked before anything of that size is allocated; tensors have to cover the data exactly; names and keys have to
/// differ. Where the file has the checksum of `SafetensorsWriter`, it has to be right; those of other programs have
/// none. Whatever is wrong throws an `Error` that names the file. Not copyable.
class SafetensorsFile {
public:
    using Tensors = std::map<std::string, StoredTensor, std::less<>>;
    using Texts = std::map<std::string, std::string, std::less<>>;

    /// Reads a file. One that another program replaces by another meanwhile is read as it was.
    explicit SafetensorsFile(const std::string& path) : path_(path) { load(detail::FileSource(path)); }

    /// Reads the same from memory, which is copied; `path` stands in errors.
    SafetensorsFile(std::span<const std::byte> bytes, const std::string& path) : path_(path) {
        load(detail::MemorySource(bytes));
    }

    const std::string& path() const { return path_; }

    /// By name. Their bytes live as long as this object.
    const Tensors& tensors() const { return tensors_; }

    /// The metadata by key, without the checksum.
    const Texts& texts() const { return texts_; }

    /// Whether the file has a checksum, which is right.
    bool has_checksum() const { return has_checksum_; }

    /// The tensor of a name, or null.
    const StoredTensor* find(std::string_view name) const {
        const auto found = tensors_.find(name);
        return found == tensors_.end() ? nullptr : &found->second;
    }

    /// The text of a key of the metadata, or null.
    const std::string* find_text(std::string_view key) const {
        const auto found = texts_.find(key);
        return found == texts_.end() ? nullptr : &found->second;
    }

private:
    using Entries = std::map<std::string, detail::TensorEntry, std::less<>>;

    template <class Source>
    void load(Source&& source) {
        size_ = source.size();
        std::uint64_t length = 0;
        if (size_ < 8) refuse(fmt::format("it has {} bytes, too few for a header's length", size_));
        source.read(std::as_writable_bytes(std::span(&length, 1)));
        if (length > size_ - 8 || length > detail::most_header_bytes) {
            refuse(fmt::format("its header would have {} bytes; the file has {}, a header at most {}", length, size_,
                               detail::most_header_bytes));
        }
        bytes_.reset(new (std::nothrow) std::byte[size_]);
        require(bytes_ != nullptr, "SafetensorsFile: no memory for the {} bytes of '{}'", size_, path_);
        const std::size_t begin = 8 + static_cast<std::size_t>(length);
        std::memcpy(bytes_.get(), &length, 8);
        source.read({bytes_.get() + 8, begin - 8});
        const std::string_view text(reinterpret_cast<const char*>(bytes_.get() + 8), begin - 8);
        detail::SafetensorsHeader header = detail::SafetensorsHeaderReader::read(path_, text);
        texts_ = std::move(header.texts);
        check_layout(header.tensors, static_cast<Index>(size_ - begin));
        for (auto& [name, entry] : header.tensors) add(name, entry, begin);
        source.read({bytes_.get() + begin, size_ - begin});
        check_sum(text);
    }

    /// Throws `Error` unless the tensors, in the order of their offsets, cover the data.
    void check_layout(const Entries& entries, Index data) const {
        std::vector<std::tuple<Index, Index, std::string_view>> order;
        for (const auto& [name, entry] : entries) {
            if (entry.offsets->size() != 2) refuse("tensor '" + printable(name) + "' has not two data_offsets");
            order.emplace_back((*entry.offsets)[0], (*entry.offsets)[1], name);
        }
        std::sort(order.begin(), order.end());
        Index covered = 0;
        for (const auto& [from, to, name] : order) {
            if (from != covered || to < from) {
                refuse(fmt::format("tensor '{}' has data_offsets [{}, {}], where byte {} should be next",
                                   printable(name), from, to, covered));
            }
            covered = to;
        }
        if (covered != data) refuse(fmt::format("its tensors have {} bytes and its data {}", covered, data));
    }

    void add(const std::string& name, detail::TensorEntry& entry, std::size_t begin) {
        const std::size_t from = to_size((*entry.offsets)[0]), bytes = to_size((*entry.offsets)[1]) - from;
        if (detail::tensor_bytes(*entry.type, *entry.shape) != bytes) {
            refuse(fmt::format("the shape of tensor '{}' does not fit its {} bytes of {}", printable(name), bytes,
                               dtype_name(*entry.type)));
        }
        const std::span<const std::byte> place(bytes_.get() + begin + from, bytes);
        tensors_.try_emplace(name, StoredTensor{*entry.type, std::move(*entry.shape), place});
    }

    void check_sum(std::string_view header) {
        const auto found = texts_.find(detail::checksum_key);
        if (found == texts_.end()) return;
        const std::string_view digits = found->second;  // 16, if they stand in the file as they are
        const std::size_t before = header.find(detail::checksum_prefix);
        const std::size_t at = before == header.npos ? 0 : before + detail::checksum_prefix.size();
        if (header.substr(at, 16) != digits) refuse("its checksum is not 16 plain digits");
        const std::span<const std::byte> all(bytes_.get(), size_);
        Crc64 crc;
        crc.add(all.first(8 + at));
        crc.add(std::as_bytes(std::span(detail::no_checksum)));
        crc.add(all.subspan(8 + at + 16));
        const auto right = hex_digits(crc.value());
        if (digits != std::string_view(right.data(), 16)) {
            refuse(
                fmt::format("its checksum is {} and that of its bytes {} (who changes a file has to take '{}' out of "
                            "its metadata)",
                            digits, std::string_view(right.data(), 16), detail::checksum_key));
        }
        texts_.erase(found);
        has_checksum_ = true;
    }

    [[noreturn]] void refuse(const std::string& why) const { detail::refuse_file(path_, why); }

    std::string path_;
    std::size_t size_ = 0;
    std::unique_ptr<std::byte[]> bytes_;
    Tensors tensors_;
    Texts texts_;
    bool has_checksum_ = false;
};

}  // namespace GRADIVA_NAMESPACE
