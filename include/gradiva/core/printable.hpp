#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <string_view>

namespace GRADIVA_NAMESPACE {

/// Text from a file for the text of an error: at most 80 bytes, control characters as '?'.
inline std::string printable(std::string_view whole) {
    std::string text(whole.substr(0, 80));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return whole.size() > 80 ? text + "..." : text;
}

}  // namespace GRADIVA_NAMESPACE
