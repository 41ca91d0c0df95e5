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

#include <fmt/core.h>  // only declarations of the compiled library: fmt/format.h would be compiled in each program

/// Checks a precondition of a kernel, as `assert`. May be defined before the first include of a header of the library.
#ifndef GRADIVA_ASSERT
#define GRADIVA_ASSERT(condition) assert(condition)
#endif

namespace GRADIVA_NAMESPACE {

/// The exception of the library, for a wrong argument, file or environment. Its text says what is wrong, which value it
/// has, and how to mend it.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A function that receives the text of an `Error` in code compiled without exceptions (-fno-exceptions).
using ErrorHandler = void (*)(const char* text);

namespace detail {

inline void print_error(const char* text) { std::fprintf(stderr, "gradiva: %s\n", text); }

inline std::atomic<ErrorHandler> error_handler = &print_error;

}  // namespace detail

/// Sets the handler of errors in code compiled without exceptions, and returns the previous one. A null pointer
/// restores the default handler, which prints the text to stderr. The handler runs in the thread in which the error
/// occurred, possibly one of a `Threads`, and in several at once if several fail; when it returns, the program ends by
/// `std::abort`. There is one handler for each target (core/namespace.hpp). Code compiled with exceptions throws an
/// `Error` and calls no handler. Thread-safe.
inline ErrorHandler set_error_handler(ErrorHandler handler) {
    return detail::error_handler.exchange(handler != nullptr ? handler : &detail::print_error);
}

namespace detail {

/// An argument of an error's text. It converts from the types that errors use, so that fmt's templates are instantiated
/// for these only, and not for each combination of arguments.
struct ErrorArgument {
    using Value = fmt::basic_format_arg<fmt::format_context>;

    ErrorArgument(bool x) : value(value_of(x)) {}
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

/// Formats and throws; not inlined, so that a check costs its caller a comparison and a call.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_error(const char* text, fmt::format_args args) {
#ifdef __cpp_exceptions
    throw Error(fmt::vformat(text, args));
#else
    const std::string whole = fmt::vformat(text, args);
    error_handler.load()(whole.c_str());
    std::abort();
#endif
}

/// Not constexpr: a call during constant evaluation is a compile-time error, which shows the line of the call.
inline void reject_error_text(const char*) {}

/// A format string with exactly `Arguments` replacement fields, `{}` or `{:...}`, checked at compile time. Counting is
/// far cheaper to compile than `fmt::format_string`, whose check is instantiated for each combination of argument
/// types.
template <std::size_t Arguments>
struct ErrorText {
    const char* text;

    consteval ErrorText(const char* t) : text(t) {
        std::size_t fields = 0;
        for (const char* at = t; *at != 0; ++at) {
            if (*at != '{') continue;
            ++fields;
            if (at[1] != '}' && at[1] != ':') {
                reject_error_text("gradiva: an error's text names no argument, and has no {{");
            }
        }
        if (fields != Arguments) reject_error_text("gradiva: an error's text needs one {} for each argument");
    }
};

}  // namespace detail

/// Throws an `Error` with the formatted text. Without exceptions it calls the handler of `set_error_handler`.
template <class... Args>
[[noreturn]] void fail(detail::ErrorText<sizeof...(Args)> text, const Args&... args) {
    if constexpr (sizeof...(Args) == 0) {
        detail::throw_error(text.text, {});
    } else {
        const detail::ErrorArgument::Value values[] = {detail::ErrorArgument(args).value...};
        detail::throw_error(text.text, {values, sizeof...(Args)});
    }
}

/// Calls `fail` unless `condition` holds. For checks of constructors, files and environments; kernels use
/// `GRADIVA_ASSERT` instead.
template <class... Args>
void require(bool condition, detail::ErrorText<sizeof...(Args)> text, const Args&... args) {
    if (!condition) fail(text, args...);
}

}  // namespace GRADIVA_NAMESPACE
