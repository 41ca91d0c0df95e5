#pragma once

#include "gradiva/core/namespace.hpp"

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>

#include <fmt/core.h>

// Text in UTF-8, and in JSON. All is appended to a string, so that a program can use its memory again.

namespace GRADIVA_NAMESPACE {

/// Bytes of the UTF-8 character at the front of `text`, which is not empty; 0 where there is none: of overlong forms,
/// surrogates, and beyond U+10FFFF.
inline std::size_t utf8_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned first = byte(0), second = byte(1);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF && follows(1)) return 2;
    if (first >= 0xE0 && first <= 0xEF && follows(1) && follows(2)) {
        return (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ? 0 : 3;
    }
    if (first >= 0xF0 && first <= 0xF4 && follows(1) && follows(2) && follows(3)) {
        return (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ? 0 : 4;
    }
    return 0;
}

namespace detail {

/// Calls `use` for each character of `text`; for each byte that belongs to none, with that of U+FFFD.
template <class Use>
void for_each_character(std::string_view text, const Use& use) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        use(length > 0 ? text.substr(0, length) : std::string_view("\xEF\xBF\xBD"));
        text.remove_prefix(length > 0 ? length : 1);
    }
}

}  // namespace detail

inline bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

/// Appends text as UTF-8: each byte that belongs to no character becomes U+FFFD, the replacement character.
inline void append_utf8(std::string& out, std::string_view text) {
    detail::for_each_character(text, [&](std::string_view character) { out += character; });
}

/// Appends text in quotes, as UTF-8 (see `append_utf8`).
inline void append_json(std::string& out, std::string_view text) {
    out += '"';
    detail::for_each_character(text, [&](std::string_view character) {
        const char c = character.front();
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += "\\u00";
            out += "0123456789abcdef"[(c >> 4) & 0xF];
            out += "0123456789abcdef"[c & 0xF];
        } else {
            out += character;
        }
    });
    out += '"';
}
inline void append_json(std::string& out, const char* text) { append_json(out, std::string_view(text)); }

/// Appends an integer with all its digits, or true or false.
template <std::integral T>
void append_json(std::string& out, T value) {
    if constexpr (std::same_as<T, bool>) {
        out += value ? "true" : "false";
    } else {
        char digits[24];
        out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
    }
}

/// Appends the shortest digits that give the number again. JSON has none for those that are not finite: these become
/// the texts "nan", "inf" and "-inf", in quotes.
inline void append_json(std::string& out, double number) {
    if (!std::isfinite(number)) {
        append_json(out, std::isnan(number) ? "nan" : number > 0 ? "inf" : "-inf");
        return;
    }
    char digits[32];
    out.append(digits, fmt::format_to_n(digits, sizeof digits, "{}", number).out);
}

}  // namespace GRADIVA_NAMESPACE
