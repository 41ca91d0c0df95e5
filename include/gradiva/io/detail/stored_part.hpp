#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/dtype.hpp"
#include "gradiva/core/state_image.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The pieces of one object within a `StateImage`, by their names within the object. Throws an `Error` that begins with
/// `who` where a piece is missing, or has another type or size than is asked for. Borrows the image and `who`.
class StoredPart {
public:
    StoredPart(const std::string& who, const StateImage& image, std::string path)
        : who_(who), image_(image), path_(std::move(path)) {}

    /// The object that is a piece of this one.
    StoredPart part(std::string_view name) const { return {who_, image_, of(name)}; }

    const std::string& who() const { return who_; }
    std::string of(std::string_view name) const { return path_ + "/" + std::string(name); }
    bool has(std::string_view name) const { return image_.find(of(name)) != nullptr; }

    const StateArray& array(std::string_view name) const {
        const StateArray* const found = image_.find(of(name));
        require(found != nullptr, "{}: {} is missing; give a file that save_policy or Checkpoint wrote", who_,
                of(name));
        return *found;
    }

    std::string text(std::string_view name) const {
        const StateArray& found = array(name);
        require(found.type == Dtype::u8, "{}: {} is no text", who_, of(name));
        return {reinterpret_cast<const char*>(found.data), static_cast<std::size_t>(found.bytes)};
    }

    /// All numbers of a piece, whose type is T's.
    template <class T>
    std::vector<T> numbers(std::string_view name) const {
        const StateArray& found = array(name);
        require(found.type == dtype_of<T>(), "{}: {} has the type {}, not {}", who_, of(name), dtype_name(found.type),
                dtype_name(dtype_of<T>()));
        std::vector<T> values(static_cast<std::size_t>(found.size()));
        if (found.bytes > 0) std::memcpy(values.data(), found.data, static_cast<std::size_t>(found.bytes));
        return values;
    }

    template <class T>
    T number(std::string_view name) const {
        const std::vector<T> values = numbers<T>(name);
        require(values.size() == 1, "{}: {} has {} numbers, not 1", who_, of(name), values.size());
        return values.front();
    }

    bool flag(std::string_view name) const {
        const StateArray& found = array(name);
        require(found.type == Dtype::boolean && found.bytes == 1, "{}: {} is not true or false", who_, of(name));
        return *found.data != std::byte{0};
    }

    /// Numbers of type f32 or f64, all finite.
    std::vector<double> finite_numbers(std::string_view name) const {
        std::vector<double> values;
        if (array(name).type == Dtype::f32) {
            const std::vector<float> floats = numbers<float>(name);
            values.assign(floats.begin(), floats.end());
        } else {
            values = numbers<double>(name);
        }
        for (std::size_t i = 0; i < values.size(); ++i) {
            require(std::isfinite(values[i]), "{}: {}[{}] is {}; the policy has diverged: save one with finite weights",
                    who_, of(name), i, values[i]);
        }
        return values;
    }

private:
    const std::string& who_;
    const StateImage& image_;
    std::string path_;
};

}  // namespace GRADIVA_NAMESPACE::detail
