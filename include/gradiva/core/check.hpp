#pragma once

#include "gradiva/core/namespace.hpp"

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>

#include <fmt/core.h>  // declares what fmt's library holds; fmt/format.h and `format_to` compile that into each program

/// Checks a precondition inside a kernel; define it before including a header to choose another handler.
#ifndef GRADIVA_ASSERT
#define GRADIVA_ASSERT(condition) assert(condition)
#endif

namespace GRADIVA_NAMESPACE {

/// What went wrong with an argument, a file or an environment: what, which value, and how to mend it.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Gets the text of an `Error` in a program whose compiler has exceptions disabled (-fno-exceptions).
using ErrorHandler = void (*)(const char* text);

namespace detail {

inline void print_error(const char* text) { std::fprintf(stderr, "gradiva: %s\n", text); }

inline std::atomic<ErrorHandler> error_handler = &print_error;

}  // namespace detail

/// Sets what is called for an error in code that was compiled without exceptions, and returns what was set before; a
/// null pointer sets the one that stands at the beginning, which prints the text to stderr. The handler runs in the
/// thread that met the error, which may be one of a `Threads`, and in several at once if several meet one; when it
/// returns, the program ends by `std::abort`. It is that of code for the same target (core/namespace.hpp). Code that
/// was compiled with exceptions throws an `Error` and calls no handler. May be called at any time, by any thread.
inline ErrorHandler set_error_handler(ErrorHandler handler) {
    return detail::error_handler.exchange(handler != nullptr ? handler : &detail::print_error);
}

namespace detail {

/// An argument of an error's text: one of a few types, so that a call with other arguments instantiates nothing of fmt.
struct ErrorArgument {
    using Value = fmt::basic_format_arg<fmt::format_context>;

    ErrorArgument(char x) : value(value_of(x)) {}
    ErrorArgument(int x) : value(value_of(x)) {}
    ErrorArgument(unsigned x) : value(value_of(x)) {}
    ErrorArgument(long x) : value(value_of(x)) {}
    ErrorArgument(unsigned long x) : value(value_of(x)) {}
    ErrorArgument(long long x) : value(value_of(x)) {}
    ErrorArgument(unsigned long long x) : value(value_of(x)) {}
    ErrorArgument(float x) : value(value_of(x)) {}
    ErrorArgument(double x) : value(value_of(x)) {}
    ErrorArgument(const char* x) : value(value_of(x)) {}
    ErrorArgument(std::string_view x) : value(value_of(x)) {}
    ErrorArgument(const std::string& x) : value(value_of(std::string_view(x))) {}

    const Value value;

private:
    template <class T>
    static Value value_of(T x) {
        return fmt::format_args(fmt::make_format_args(x)).get(0);
    }
};

/// The one place that formats and throws: a check costs its caller a comparison and a call.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_error(const char* text, fmt::format_args args) {
#ifdef __cpp_exceptions
    throw Error(fmt::vformat(text, args));
#else
    const std::string whole = fmt::vformat(text, args);
    error_handler.load()(whole.c_str());
    std::abort();
#endif
}

/// No constant expression: a call of it while compiling is an error there, which shows the line of the call.
inline void reject_error_text(const char*) {}

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
            if (at[1] != '}' && at[1] != ':') {
                reject_error_text("gradiva: an error's text names no argument, and has no {{");
            }
        }
        if (places != Arguments) reject_error_text("gradiva: an error's text needs one {} for each argument");
    }
};

}  // namespace detail

/// Throws an `Error` with the formatted text; with exceptions disabled see `set_error_handler`.
template <class... Args>
[[noreturn]] void fail(detail::ErrorText<sizeof...(Args)> text, const Args&... args) {
    if constexpr (sizeof...(Args) == 0) {
        detail::throw_error(text.text, {});
    } else {
        const detail::ErrorArgument::Value values[] = {detail::ErrorArgument(args).value...};
        detail::throw_error(text.text, {values, sizeof...(Args)});
    }
}

/// As `fail`, unless the condition holds. For constructors, loaders and what comes from outside; kernels assert
/// instead.
template <class... Args>
void require(bool condition, detail::ErrorText<sizeof...(Args)> text, const Args&... args) {
    if (!condition) fail(text, args...);
}

}  // namespace GRADIVA_NAMESPACE
