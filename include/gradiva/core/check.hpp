#pragma once

#include <cassert>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

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

/// Throws an `Error` with the formatted text.
template <class... Args>
[[noreturn]] void fail(fmt::format_string<Args...> text, Args&&... args) {
    throw Error(fmt::format(text, std::forward<Args>(args)...));
}

/// Throws an `Error` with the formatted text unless the condition holds. For constructors, loaders and what comes from
/// outside; kernels assert instead.
template <class... Args>
void require(bool condition, fmt::format_string<Args...> text, Args&&... args) {
    if (!condition) fail(text, std::forward<Args>(args)...);
}

}  // namespace gradiva
