// What numbers the example programs take.
#pragma once

#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <string>

namespace example {

/// Takes whole numbers from `least` to `most`, in digits, and nothing else: without it -1 would count as 2^64 - 1, and
/// what is too large as the largest number.
template <class Number>
CLI::Validator whole_number(Number least, Number most) {
    const auto check = [=](const std::string& text) {
        Number value{};
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, value);
        const bool right = error == std::errc{} && stop == end && value >= least && value <= most;
        return right ? std::string() : fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
    };
    return {check, fmt::format("from {} to {}", least, most)};
}

/// Takes finite numbers.
inline CLI::Validator finite_number() {
    const auto check = [](const std::string& text) {
        double value = 0;
        const bool right = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
        return right ? std::string() : fmt::format("'{}' is not a finite number", text);
    };
    return {check, "finite"};
}

}  // namespace example
