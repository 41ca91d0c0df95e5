#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include "gradiva/core/json_text.hpp"

// Text that others gave, as it can stand in a page.

namespace GRADIVA_NAMESPACE::detail {

/// Text as XML and HTML, between tags and in an attribute in double quotes: what is not UTF-8 becomes U+FFFD, what XML
/// cannot hold becomes '?'.
inline std::string xml_text(std::string_view text) {
    std::string escaped;
    for (const char c : as_utf8(text)) {
        switch (c) {
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '&': escaped += "&amp;"; break;
            case '"': escaped += "&quot;"; break;
            default: escaped += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
        }
    }
    for (const char* forbidden : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {  // U+FFFE, U+FFFF
        for (std::size_t at = 0; (at = escaped.find(forbidden)) != std::string::npos;) {
            escaped[at] = '?';
            escaped.erase(at + 1, 2);
        }
    }
    return escaped;
}

/// JSON as it can stand in a <script>: '<', which is in texts only, is written as \u003c.
inline std::string page_json(std::string_view json) {
    std::string escaped;
    for (const char c : json) {
        if (c == '<') {
            escaped += "\\u003c";
        } else {
            escaped += c;
        }
    }
    return escaped;
}

}  // namespace GRADIVA_NAMESPACE::detail
