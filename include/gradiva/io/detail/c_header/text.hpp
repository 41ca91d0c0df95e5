#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// What takes the place of `$key` in code, such as {"inputs", "64"}.
using Replacements = std::initializer_list<std::pair<std::string_view, std::string>>;

/// `text` with `to` in place of each `from`.
inline std::string substituted(std::string text, std::string_view from, std::string_view to) {
    for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
    return text;
}

/// A constant of C with exactly this value, the shortest there is in decimal digits, independent of the locale.
template <class T>
std::string c_constant(T value) {
    std::string text = fmt::format("{}", value);
    if constexpr (std::is_floating_point_v<T>) {
        if (text.find_first_of(".e") == std::string::npos) text += ".0";
        if constexpr (std::is_same_v<T, float>) text += 'f';
    }
    return text;
}

template <class T>
constexpr std::string_view c_type = std::is_same_v<T, float>           ? "float"
                                    : std::is_same_v<T, double>        ? "double"
                                    : std::is_same_v<T, unsigned char> ? "unsigned char"
                                                                       : "int";

/// The code of a C header as it is written. `policy_` and `POLICY_` begin the names in it, until the policy's own name
/// takes their place.
class CText {
public:
    void add(std::string_view code, Replacements replacements = {}) {
        std::string filled(code);
        for (const auto& [key, value] : replacements)
            filled = substituted(std::move(filled), fmt::format("${}", key), value);
        text_ += filled;
    }

    /// `body`, which has the index i, for `rows` rows; in two loops where that leaves one with a multiple of 8, which
    /// compilers turn into vector code at -O2.
    static std::string loop(Index rows, std::string_view body, std::string_view indent = "    ") {
        const Index whole = rows < 8 ? rows : rows / 8 * 8;
        const auto over = [&](Index begin, Index end) {
            return begin == end ? std::string()
                                : fmt::format("{}for (i = {}; i < {}; ++i) {}\n", indent, begin, end, body);
        };
        return over(0, whole) + over(whole, rows);
    }

    /// A constant array of values of T; `numbers` has at least one.
    template <class T, class Numbers>
    void array(std::string_view name, const Numbers& numbers) {
        text_ += fmt::format("static const {} policy_{}[{}] = {{", c_type<T>, name, std::size(numbers));
        std::size_t column = longest_line;
        for (const auto& x : numbers) {
            const std::string number = c_constant(static_cast<T>(x)) + ",";
            const bool wraps = column + 1 + number.size() > longest_line;
            text_ += wraps ? "\n    " : " ";
            column = (wraps ? 4 : column + 1) + number.size();
            text_ += number;
        }
        text_.back() = '\n';  // in place of the last comma
        text_ += "};\n";
        bytes_ += std::size(numbers) * sizeof(T);
    }

    /// The bytes of all arrays.
    std::size_t bytes() const { return bytes_; }
    const std::string& text() const { return text_; }

private:
    static constexpr std::size_t longest_line = 118;

    std::string text_;
    std::size_t bytes_ = 0;
};

}  // namespace GRADIVA_NAMESPACE::detail
