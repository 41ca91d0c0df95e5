#pragma once

#include <concepts>
#include <cstddef>
#include <string>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A line of a CSV file of numbers. Real numbers are written as floats, with as many digits as reading them back to the
/// bit needs.
class NumberLine {
public:
    void clear() { text_.clear(); }

    void add(std::integral auto number) { text_ += fmt::format("{},", number); }
    void add(std::floating_point auto number) { text_ += fmt::format("{:.9g},", static_cast<float>(number)); }

    void add_empty(Index cells) { text_.append(static_cast<std::size_t>(cells), ','); }

    /// Ends the line, which holds a cell at least.
    const std::string& ended() {
        text_.back() = '\n';
        return text_;
    }

private:
    std::string text_;
};

}  // namespace GRADIVA_NAMESPACE::detail
