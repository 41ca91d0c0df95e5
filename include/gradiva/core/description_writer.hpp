#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <fmt/core.h>

#include "gradiva/core/crc64.hpp"
#include "gradiva/core/description.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

namespace detail {

/// Calls `use` with the number at `data`, of a type that pieces of state have, as bool, integer of 64 bits or double.
template <class Use>
void with_number(Dtype type, const std::byte* data, const Use& use) {
    const auto read = [&]<class Stored, class Shown>(Stored number, Shown) {
        std::memcpy(&number, data, sizeof(number));
        use(static_cast<Shown>(number));
    };
    switch (type) {
        case Dtype::boolean: return use(*data != std::byte{0});
        case Dtype::f64: return read(double{}, double{});
        case Dtype::f32: return read(float{}, double{});
        case Dtype::i64: return read(std::int64_t{}, std::int64_t{});
        case Dtype::i32: return read(std::int32_t{}, std::int64_t{});
        case Dtype::i16: return read(std::int16_t{}, std::int64_t{});
        case Dtype::i8: return read(std::int8_t{}, std::int64_t{});
        case Dtype::u64: return read(std::uint64_t{}, std::uint64_t{});
        case Dtype::u32: return read(std::uint32_t{}, std::int64_t{});
        case Dtype::u16: return read(std::uint16_t{}, std::int64_t{});
        case Dtype::u8: return read(std::uint8_t{}, std::int64_t{});
        case Dtype::f16:
        case Dtype::bf16: break;
    }
}

}  // namespace detail

/// The visitor that keeps what is fixed of objects, for `description_of`.
class DescriptionWriter final : public State {
public:
    explicit DescriptionWriter(Description& description)
        : State(false, Episodes::kept, true), description_(description) {}

    /// A list that has more numbers, or a text that has more bytes, is described by their number and a checksum.
    static constexpr std::size_t most_numbers = 64, most_bytes = 1000;

private:
    void visit(const StatePiece& piece) override {
        if (!piece.fixed) return;
        DescriptionValue value = value_of(piece);
        const bool first = std::all_of(objects().begin(), objects().end(), [](Index i) { return i == 0; });
        if (!first) {
            const DescriptionValue* const before = description_.find(path());
            if (before != nullptr) value = joined(*before, std::move(value));
        }
        description_.set(path(), std::move(value));
    }

    static DescriptionValue value_of(const StatePiece& piece) {
        const auto* const bytes = static_cast<const std::byte*>(piece.data);
        if (piece.text) return text_of(piece);
        if (piece.rank == 0) return number_of(piece, bytes);
        std::vector<double> numbers;
        for (Index i = 0; i < std::min(piece.size(), static_cast<Index>(most_numbers) + 1); ++i) {
            detail::with_number(piece.type, bytes + to_size(i) * dtype_bytes(piece.type),
                                [&](auto number) { numbers.push_back(static_cast<double>(number)); });
        }
        if (numbers.size() <= most_numbers) return numbers;
        return summary(piece, "numbers");
    }

    static DescriptionValue text_of(const StatePiece& piece) {
        if (piece.size() > static_cast<Index>(most_bytes)) return summary(piece, "bytes");
        return std::string(static_cast<const char*>(piece.data), to_size(piece.size()));
    }

    static DescriptionValue number_of(const StatePiece& piece, const std::byte* bytes) {
        if (piece.enumerator != nullptr) return piece.enumerator(piece.data);
        DescriptionValue value;
        detail::with_number(piece.type, bytes, [&](auto number) {
            if constexpr (std::is_same_v<decltype(number), std::uint64_t>) {
                if (number <= std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
                    value = static_cast<std::int64_t>(number);
                    return;
                }
            }
            value = number;
        });
        if (value == DescriptionValue(std::int64_t{std::numeric_limits<Index>::max()})) value = std::string("all");
        return value;
    }

    static std::string summary(const StatePiece& piece, const char* what) {
        Crc64 crc;
        crc.add(std::span(static_cast<const std::byte*>(piece.data), to_size(piece.bytes())));
        const auto digits = hex_digits(crc.value());
        return fmt::format("{} {}, CRC-64 {}", piece.size(), what, std::string_view(digits.data(), digits.size()));
    }

    /// Of several objects: their value where it is the same of all, else a text of their values that differ from the
    /// one before.
    static DescriptionValue joined(const DescriptionValue& before, DescriptionValue value) {
        if (before == value) return value;
        std::string text, last;
        append_json_value(last, value);
        if (const auto* const list = std::get_if<std::string>(&before)) {
            if (list->ends_with("; " + last) || list->size() > most_bytes) return *list;
            text = *list;
        } else {
            append_json_value(text, before);
        }
        return text + "; " + last;
    }

    Description& description_;
};

/// What an object with `visit_state` is: its pieces that are fixed. An enumeration is the name of its value, a schedule
/// a number or a text, the largest `Index`, which stands for all there are, the text "all". Pieces of several objects
/// of a list have one value where they are equal, else a text of those that differ.
template <HasVisitState Part>
Description description_of(Part& part) {
    Description description;
    DescriptionWriter writer(description);
    part.visit_state(writer);
    return description;
}

}  // namespace GRADIVA_NAMESPACE
