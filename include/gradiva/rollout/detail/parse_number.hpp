#pragma once

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "gradiva/core/index.hpp"

// Numbers in files, read in the same way whatever the locale.

namespace GRADIVA_NAMESPACE::detail {

enum class NumberKind {
    value,      ///< a number
    no_number,  ///< something else, or more than a number
    too_large,  ///< a number whose magnitude the type cannot hold
};

template <class Number>
struct ParsedNumber {
    NumberKind kind = NumberKind::no_number;
    Number value{};
};

/// Whether the magnitude of a decimal number other than 0 is below 1, by the position of its first nonzero digit.
inline bool is_below_one(std::string_view text) {
    const std::size_t e = std::min(text.find_first_of("eE"), text.size());
    const std::string_view digits = text.substr(0, e);
    const std::size_t point = std::min(digits.find('.'), digits.size());
    const std::size_t first = std::min(digits.find_first_of("123456789"), digits.size());
    // The decimal exponent of the first digit, without what follows the e.
    const Index place = static_cast<Index>(point) - static_cast<Index>(first) - (first < point ? 1 : 0);
    Index exponent = 0;
    if (e < text.size()) {
        const bool negative = text.substr(e + 1).starts_with('-');
        for (const char c : text.substr(e + 1)) {
            if (c >= '0' && c <= '9' && exponent < 1'000'000'000) exponent = 10 * exponent + (c - '0');
        }
        if (negative) exponent = -exponent;
    }
    return place + exponent < 0;
}

/// Converts a real number out of its type's range: underflow gives 0 with its sign.
template <std::floating_point Number>
ParsedNumber<Number> beyond_the_type(std::string_view text) {
    if (!is_below_one(text)) return {NumberKind::too_large, Number(0)};
    return {NumberKind::value, text.starts_with('-') ? -Number(0) : Number(0)};
}

/// Whether the text is a decimal number: optional minus, digits with an optional point, optional exponent.
inline bool is_decimal(std::string_view text) {
    const auto skip_digits = [&text] {
        const std::size_t count = std::min(text.find_first_not_of("0123456789"), text.size());
        text.remove_prefix(count);
        return count;
    };
    if (text.starts_with('-')) text.remove_prefix(1);
    std::size_t digits = skip_digits();
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        digits += skip_digits();
    }
    if (digits == 0 || text.empty()) return digits > 0;
    if (text.front() != 'e' && text.front() != 'E') return false;
    text.remove_prefix(1);
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    return skip_digits() > 0 && text.empty();
}

/// `parse_number` for standard libraries whose `from_chars` reads whole numbers only, such as libc++ before its 20th
/// release. Takes no infinity and no NaN.
template <std::floating_point Number>
ParsedNumber<Number> parse_by_stream(std::string_view text) {
    if (!is_decimal(text)) return {};
    std::istringstream stream{std::string(text)};
    stream.imbue(std::locale::classic());
    Number value{};
    stream >> value;
    return stream.fail() ? beyond_the_type<Number>(text) : ParsedNumber<Number>{NumberKind::value, value};
}

#if defined(__cpp_lib_to_chars)
inline constexpr bool from_chars_reads_reals = true;
#else
inline constexpr bool from_chars_reads_reals = false;
#endif

/// A whole number, or a real one by the nearest number of its type. One too small for the type is 0, with its sign.
template <class Number>
ParsedNumber<Number> parse_number(std::string_view text) {
    if constexpr (std::floating_point<Number> && !from_chars_reads_reals) {
        return parse_by_stream<Number>(text);
    } else {
        Number value{};
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        if (stop != end || error == std::errc::invalid_argument) return {};
        if (error != std::errc::result_out_of_range) return {NumberKind::value, value};
        if constexpr (std::floating_point<Number>) {
            return beyond_the_type<Number>(text);
        } else {
            return {NumberKind::too_large, value};
        }
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
