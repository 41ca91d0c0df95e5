#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

#include "gradiva/core/state_image.hpp"

namespace GRADIVA_NAMESPACE {

/// The path of the first array of `a` that is not in `b`, or differs there in type, shape or any bit of its numbers;
/// then that of the first that only `b` has; empty where the images are equal.
inline std::string first_difference(const StateImage& a, const StateImage& b) {
    for (const StateArray& array : a.arrays()) {
        const StateArray* const other = b.find(array.path);
        const bool equal =
            other != nullptr && other->type == array.type && other->shape == array.shape &&
            other->bytes == array.bytes &&
            (array.bytes == 0 || std::memcmp(other->data, array.data, static_cast<std::size_t>(array.bytes)) == 0);
        if (!equal) return array.path;
    }
    for (const StateArray& array : b.arrays()) {
        if (a.find(array.path) == nullptr) return array.path;
    }
    return {};
}

/// A hash of names, types, shapes and all bits of the numbers, in the order of the arrays. Source: Fowler, Noll and Vo,
/// FNV-1a of 64 bits.
inline std::uint64_t hash_of(const StateImage& image) {
    std::uint64_t hash = 0xcbf29ce484222325U;
    const auto add = [&hash](const void* data, std::size_t bytes) {
        const auto* const begin = static_cast<const unsigned char*>(data);
        for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ begin[i]) * 0x100000001b3U;
    };
    for (const StateArray& array : image.arrays()) {
        add(array.path.data(), array.path.size());
        add(&array.type, sizeof(array.type));
        add(array.shape.data(), array.shape.size() * sizeof(Index));
        add(array.data, static_cast<std::size_t>(array.bytes));
    }
    return hash;
}

}  // namespace GRADIVA_NAMESPACE
