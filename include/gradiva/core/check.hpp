#pragma once

#include <cassert>
#include <cstddef>
#include <stdexcept>
#include <utility>

#include <fmt/core.h>  // declares what fmt's library holds; fmt/format.h and `format_to` compile that into each program

/// Checks a precondition inside a kernel; define it before including a header to choose another handler.
#ifndef GRADIVA_ASSERT
#define GRADIVA_ASSERT(condition) assert(condition)
#endif

namespace gradiva {

/// What went wrong with an argument, a file or an environment: what, which value, and how to mend it.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

namespace detail {

/// The one place that formats and throws: a check costs its caller a comparison and a call.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_error(const char* text, fmt::format_args args) {
    throw Error(fmt::vformat(text, args));
}

/// A text for fmt with one `{}`, or `{:...}`, for each of so many arguments. To count them costs compilers far less
/// than the check of `fmt::format_string`, which they make anew for each combination of arguments and length of text.
template <std::size_t Arguments>
struct ErrorText {
    const char* text;

    consteval ErrorText(const char* t) : text(t) {
        std::size_t places = 0;
        for (const char* at = t; *at != 0; ++at) {
            if (*at != '{') continue;
            ++places;
            if (at[1] != '}' && at[1] != ':') throw "gradiva: an error's text names no argument, and has no {{";
        }
        if (places != Arguments) throw "gradiva: an error's text needs one {} for each argument";
    }
};

}  // namespace detail

/// Throws an `Error` with the formatted text.
template <class... Args>
[[noreturn]] void fail(detail::ErrorText<sizeof...(Args)> text, const Args&... args) {
    detail::throw_error(text.text, fmt::make_format_args(args...));
}

/// Throws an `Error` with the formatted text unless the condition holds. For constructors, loaders and what comes from
/// outside; kernels assert instead.
template <class... Args>
void require(bool condition, detail::ErrorText<sizeof...(Args)> text, const Args&... args) {
    if (!condition) detail::throw_error(text.text, fmt::make_format_args(args...));
}

}  // namespace gradiva
