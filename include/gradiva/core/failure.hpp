#pragma once

#include <utility>

#include "gradiva/core/check.hpp"

#ifdef __cpp_exceptions
#include <exception>
#endif

// All that the library does about exceptions, but for what throws an `Error`. Where the compiler has them disabled an
// error ends the program (`set_error_handler`), so that work which fails does not return: nothing is to be undone.

namespace GRADIVA_NAMESPACE::detail {

/// Lets pieces of work that may throw run one after the other, all of them, and rethrows the first exception at the
/// end.
class Failure {
public:
    /// Runs `body()`; returns whether it ended without an exception. One that is not the first is dropped.
    template <class Body>
    bool attempt(const Body& body) {
#ifdef __cpp_exceptions
        try {
            body();
            return true;
        } catch (...) {
            if (!first_) first_ = std::current_exception();
            return false;
        }
#else
        body();
        return true;
#endif
    }

#ifdef __cpp_exceptions
    /// Whether there was an exception.
    explicit operator bool() const { return first_ != nullptr; }

    /// Throws the first exception, if there was any, and forgets it.
    void rethrow() {
        if (first_) std::rethrow_exception(std::exchange(first_, nullptr));
    }

private:
    std::exception_ptr first_;
#else
    explicit operator bool() const { return false; }
    void rethrow() {}
#endif
};

/// Returns what `body()` returns; when it throws, calls `undo()`, which must not throw, and throws the same on.
template <class Body, class Undo>
decltype(auto) undo_unless_done(const Body& body, [[maybe_unused]] const Undo& undo) {
#ifdef __cpp_exceptions
    try {
        return body();
    } catch (...) {
        undo();
        throw;
    }
#else
    return body();
#endif
}

/// Returns what `body()` returns; an `Error` in it begins with `text()` and a colon. With exceptions disabled the error
/// handler gets it without.
template <class Body, class Text>
decltype(auto) with_prefix(const Body& body, [[maybe_unused]] const Text& text) {
#ifdef __cpp_exceptions
    try {
        return body();
    } catch (const Error& error) {
        fail("{}: {}", text(), error.what());
    }
#else
    return body();
#endif
}

/// Returns what `body()` returns; whatever it throws becomes an `Error` of the text `text(what)`, which is given what
/// the exception says.
template <class Body, class Text>
decltype(auto) as_error(const Body& body, [[maybe_unused]] const Text& text) {
#ifdef __cpp_exceptions
    try {
        return body();
    } catch (const std::exception& exception) {
        fail("{}", text(exception.what()));
    } catch (...) {
        fail("{}", text("what is no std::exception"));
    }
#else
    return body();
#endif
}

}  // namespace GRADIVA_NAMESPACE::detail
