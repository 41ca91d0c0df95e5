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

/// An argument of an error's text. It converts from the types that errors use, and is given to fmt in `throw_error`
/// alone: a check adds a few stores to its caller, and none of fmt's code.
class ErrorArgument {
public:
    using Formatted = fmt::basic_format_arg<fmt::format_context>;

    ErrorArgument(bool x) : kind_(Kind::boolean), boolean_(x) {}
    ErrorArgument(char x) : kind_(Kind::character), character_(x) {}
    ErrorArgument(int x) : kind_(Kind::integer), integer_(x) {}
    ErrorArgument(unsigned x) : kind_(Kind::natural), natural_(x) {}
    ErrorArgument(long x) : kind_(Kind::integer), integer_(x) {}
    ErrorArgument(unsigned long x) : kind_(Kind::natural), natural_(x) {}
    ErrorArgument(long long x) : kind_(Kind::integer), integer_(x) {}
    ErrorArgument(unsigned long long x) : kind_(Kind::natural), natural_(x) {}
    ErrorArgument(float x) : kind_(Kind::single), single_(x) {}
    ErrorArgument(double x) : kind_(Kind::real), real_(x) {}
    ErrorArgument(const char* x) : kind_(Kind::text), text_(x) {}
    ErrorArgument(std::string_view x) : kind_(Kind::text), text_(x) {}
    ErrorArgument(const std::string& x) : kind_(Kind::text), text_(x) {}

    Formatted formatted() const {
        switch (kind_) {
            case Kind::boolean: return formatted(boolean_);
            case Kind::character: return formatted(character_);
            case Kind::integer: return formatted(integer_);
            case Kind::natural: return formatted(natural_);
            case Kind::single: return formatted(single_);
            case Kind::real: return formatted(real_);
            case Kind::text: break;
        }
        return formatted(text_);
    }

private:
    enum class Kind { boolean, character, integer, natural, single, real, text };

    template <class T>
    static Formatted formatted(T x) {
        return fmt::format_args(fmt::make_format_args(x)).get(0);
    }

    Kind kind_;
    union {
        bool boolean_;
        char character_;
        long long integer_;
        unsigned long long natural_;
        float single_;
        double real_;
        std::string_view text_;
    };
};

/// The most arguments of an error's text.
inline constexpr std::size_t most_error_arguments = 12;

/// Formats and throws; not inlined, so that a check costs its caller a comparison and a call.
[[noreturn, gnu::cold, gnu::noinline]] inline void throw_error(const char* text, const ErrorArgument* arguments,
                                                               std::size_t count) {
    ErrorArgument::Formatted formatted[most_error_arguments];
    for (std::size_t i = 0; i < count; ++i) formatted[i] = arguments[i].formatted();
    const std::string whole = fmt::vformat(text, {formatted, static_cast<int>(count)});
#ifdef __cpp_exceptions
    throw Error(whole);
#else
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
    static_assert(sizeof...(Args) <= detail::most_error_arguments);
    if constexpr (sizeof...(Args) == 0) {
        detail::throw_error(text.text, nullptr, 0);
    } else {
        const detail::ErrorArgument arguments[] = {args...};
        detail::throw_error(text.text, arguments, sizeof...(Args));
    }
}

/// Calls `fail` unless `condition` holds. For checks of constructors, files and environments; kernels use
/// `GRADIVA_ASSERT` instead.
template <class... Args>
void require(bool condition, detail::ErrorText<sizeof...(Args)> text, const Args&... args) {
    if (!condition) fail(text, args...);
}

}  // namespace GRADIVA_NAMESPACE
