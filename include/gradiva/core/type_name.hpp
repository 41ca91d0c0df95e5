#pragma once

#include "gradiva/core/namespace.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

// Names of types and enumerators as text, from the compiler's name of a function.

namespace GRADIVA_NAMESPACE {

namespace detail {

/// The name of this function, with T.
template <class T>
constexpr const char* function_with_type() {
    return __PRETTY_FUNCTION__;
}
template <auto value>
constexpr const char* function_with_value() {
    return __PRETTY_FUNCTION__;
}

/// What stands for the template argument in the name of a function: "... [with T = NAME]" (GCC), "... [T = NAME]"
/// (Clang).
inline std::string_view argument_within(std::string_view function) {
    const std::size_t begin = function.find(" = ", function.find('[')) + 3;
    return function.substr(begin, function.rfind(']') - begin);
}

/// Removes every `part` from `text`.
inline void remove_all(std::string& text, std::string_view part) {
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
        text.erase(at, part.size());
    }
}

/// Whether 16 values can be converted to the enumeration: not where its values determine its underlying type.
template <class E>
concept HasFixedType = requires {
    E{0};
};

template <class E, std::size_t... i>
std::string_view function_with_enumerator(std::size_t number, std::index_sequence<i...>) {
    constexpr std::array<const char*, sizeof...(i)> functions = {function_with_value<static_cast<E>(i)>()...};
    return functions[number];
}

}  // namespace detail

/// The name of a type, such as "TimeLimit<CartPole>": without the namespaces `gradiva` and those without a name, and
/// without <float>, the default, which some compilers leave out: `Adam<float>` is "Adam".
template <class T>
std::string type_name() {
    std::string name(detail::argument_within(detail::function_with_type<T>()));
#define GRADIVA_TEXT_OF(name) #name
#define GRADIVA_EXPANDED_TEXT_OF(name) GRADIVA_TEXT_OF(name)
    // The namespace's definition reads "gradiva::inline v32_fma".
    static constexpr std::string_view whole = GRADIVA_EXPANDED_TEXT_OF(GRADIVA_NAMESPACE);
#undef GRADIVA_EXPANDED_TEXT_OF
#undef GRADIVA_TEXT_OF
    detail::remove_all(name, std::string(whole.substr(whole.rfind(' ') + 1)) + "::");
    for (const char* part : {"gradiva::", "{anonymous}::", "(anonymous namespace)::", "<float>", "<>"}) {
        detail::remove_all(name, part);
    }
    for (std::size_t at = name.find(" >"); at != std::string::npos; at = name.find(" >")) name.erase(at, 1);
    return name;
}

/// The name of an enumerator without its scope, such as "tanh"; the number where the enumeration has no such value, its
/// value is not one from 0 to 15, or its underlying type is not fixed.
template <class E>
std::string enumerator_name(E value) {
    static_assert(std::is_enum_v<E>);
    const auto number = static_cast<std::int64_t>(value);
    if constexpr (detail::HasFixedType<E>) {
        constexpr std::size_t values = std::is_same_v<std::underlying_type_t<E>, bool> ? 2 : 16;
        if (number >= 0 && number < static_cast<std::int64_t>(values)) {
            const std::string_view name = detail::argument_within(detail::function_with_enumerator<E>(
                static_cast<std::size_t>(number), std::make_index_sequence<values>()));
            const std::string_view last = name.substr(name.find_last_of(":)") + 1);  // npos + 1 is 0
            if (last.front() > '9') return std::string(last);                        // else "(Type)7"
        }
    }
    return std::to_string(number);
}

}  // namespace GRADIVA_NAMESPACE
