#pragma once

#include <cassert>
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
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_error(fmt::string_view text, fmt::format_args args) {
    throw Error(fmt::vformat(text, args));
}

}  // namespace detail

/// Throws an `Error` with the formatted text.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<const Args&...> text, const Args&... args) {
    detail::throw_error(text, fmt::make_format_args(args...));
}

/// Throws an `Error` with the formatted text unless the condition holds. For constructors, loaders and what comes from
/// outside; kernels assert instead.
template <class... Args>
void require(bool condition, fmt::format_string<const Args&...> text, const Args&... args) {
    if (!condition) detail::throw_error(text, fmt::make_format_args(args...));
}

}  // namespace gradiva
