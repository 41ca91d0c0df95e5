#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "gradiva/core/check.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The keywords of C and C++, of all editions up to C23 and C++23, each between spaces.
inline constexpr std::string_view c_keywords =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t"
    " class co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue"
    " decltype default delete do double dynamic_cast else enum explicit export extern false float for friend"
    " goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private"
    " protected public register reinterpret_cast requires restrict return short signed sizeof static"
    " static_assert static_cast struct switch template this thread_local throw true try typedef typeid"
    " typename typeof typeof_unqual union unsigned using virtual void volatile wchar_t while xor xor_eq ";

/// C99 tells names apart by their first 63 characters; the longest one of a header adds 23 to the policy's.
inline constexpr std::size_t longest_c_name = 40;

/// Throws an `Error` that begins with `who` unless names of C and C++ can begin with `name` and an underscore.
inline void check_c_name(const char* who, std::string_view name) {
    constexpr auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    constexpr auto is_part = [=](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '_'; };
    require(!name.empty(), "{}: the name is empty; give the word with which all names of the header begin", who);
    require(std::all_of(name.begin(), name.end(), is_part) && (is_letter(name[0]) || name[0] == '_'),
            "{}: the name '{}' is no identifier of C; give letters of the English alphabet, digits and underscores, a "
            "letter first",
            who, name);
    require(c_keywords.find(" " + std::string(name) + " ") == std::string_view::npos,
            "{}: the name '{}' is a keyword of C or C++; give another word", who, name);
    require(
        name.front() != '_' && name.back() != '_' && name.find("__") == std::string_view::npos,
        "{}: C and C++ reserve names such as '{}'; give one that neither begins nor ends with an underscore and has "
        "no two in a row",
        who, name);
    require(name.size() <= longest_c_name, "{}: the name '{}' has {} characters; give at most {}", who, name,
            name.size(), longest_c_name);
}

/// The name with capital letters.
inline std::string in_capitals(std::string name) {
    for (char& c : name) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return name;
}

}  // namespace GRADIVA_NAMESPACE::detail
