// Whether a text is well-formed XML of the kind that the library writes: elements, attributes in double quotes, texts.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace gradiva_test {

/// Where the text breaks a rule, in words; nothing where it is well-formed.
inline std::string xml_mistake(std::string_view text) {
    std::vector<std::string> open;
    const auto is_name = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == ':';
    };
    const auto bad_text = [](std::string_view part) {
        for (std::size_t at = 0; at < part.size(); ++at) {
            if (part[at] == '<' || static_cast<unsigned char>(part[at]) < 0x09) return true;
            if (part[at] != '&') continue;
            const std::string_view rest = part.substr(at);
            if (!rest.starts_with("&lt;") && !rest.starts_with("&gt;") && !rest.starts_with("&amp;") &&
                !rest.starts_with("&quot;"))
                return true;
        }
        return false;
    };
    std::size_t at = 0, elements = 0;
    while (at < text.size()) {
        if (text[at] != '<') {
            const std::size_t end = std::min(text.find('<', at), text.size());
            const std::string_view part = text.substr(at, end - at);
            if (bad_text(part)) return "text at " + std::to_string(at);
            if (open.empty() && part.find_first_not_of(" \n") != part.npos)
                return "text outside at " + std::to_string(at);
            at = end;
            continue;
        }
        const bool closes = text.substr(at).starts_with("</");
        std::size_t end = at + (closes ? 2 : 1);
        std::string name;
        while (end < text.size() && is_name(text[end])) name += text[end++];
        if (name.empty()) return "no name at " + std::to_string(at);
        if (closes) {
            if (open.empty() || open.back() != name || end >= text.size() || text[end] != '>')
                return "end of " + name + " at " + std::to_string(at);
            open.pop_back();
            at = end + 1;
            continue;
        }
        std::set<std::string> attributes;
        while (end < text.size() && text[end] == ' ') {
            std::string attribute;
            while (++end < text.size() && is_name(text[end])) attribute += text[end];
            if (attribute.empty() || !attributes.insert(attribute).second || !text.substr(end).starts_with("=\""))
                return "attribute at " + std::to_string(end);
            const std::size_t quote = text.find('"', end + 2);
            if (quote == text.npos || bad_text(text.substr(end + 2, quote - end - 2)))
                return "value at " + std::to_string(end);
            end = quote + 1;
        }
        if (text.substr(end).starts_with("/>")) {
            end += 2;
        } else if (text.substr(end).starts_with(">")) {
            open.push_back(name);
            ++end;
        } else {
            return "start of " + name + " at " + std::to_string(at);
        }
        if (open.empty() && elements > 0) return "a second root at " + std::to_string(at);
        ++elements;
        at = end;
    }
    return open.empty() && elements > 0 ? "" : "the end is missing";
}

}  // namespace gradiva_test
