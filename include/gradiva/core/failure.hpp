#pragma once

#include <string>
#include <utility>

#include "gradiva/core/check.hpp"

#ifdef __cpp_exceptions
#include <exception>
#endif

// All handling of exceptions in the library; check.hpp throws. With exceptions disabled an error ends the program
// (`set_error_handler`), so that there is nothing to undo.

namespace GRADIVA_NAMESPACE {

/// Runs several functions that may throw, keeps the first exception and rethrows it at the end.
class CaughtException {
public:
    /// Calls `body()`; returns whether it ended without an exception. Exceptions after the first are dropped.
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

/// Returns `body()`. When it throws, calls `undo()`, which must not throw, and rethrows.
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

/// Calls `body()`; returns the text of the exception that it throws, empty where it throws none.
template <class Body>
std::string failure_of(const Body& body) {
#ifdef __cpp_exceptions
    try {
        body();
    } catch (const std::exception& exception) {
        const std::string text = exception.what();
        return text.empty() ? "an exception without a text" : text;
    } catch (...) {
        return "what is no std::exception";
    }
#else
    body();
#endif
    return {};
}

/// The text of the exception that is being handled, in the `undo` of `undo_unless_done`.
inline std::string text_of_failure() {
#ifdef __cpp_exceptions
    return failure_of([] { throw; });
#else
    return {};
#endif
}

/// Whether that exception is an `Error`.
inline bool failure_is_error() {
#ifdef __cpp_exceptions
    try {
        throw;
    } catch (const Error&) {
        return true;
    } catch (...) {
        return false;
    }
#else
    return true;
#endif
}

/// Returns `body()`. An `Error` that it throws is rethrown with `text()` and a colon in front of its text; with
/// exceptions disabled the error handler receives the text without this prefix.
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

/// Returns `body()`. An `Error` that it throws is rethrown with a semicolon and `text()` behind its text, unless that is
/// empty; with exceptions disabled the error handler receives the text without it.
template <class Body, class Text>
decltype(auto) with_suffix(const Body& body, [[maybe_unused]] const Text& text) {
#ifdef __cpp_exceptions
    try {
        return body();
    } catch (const Error& error) {
        const std::string suffix = text();
        if (suffix.empty()) throw;
        fail("{}; {}", error.what(), suffix);
    }
#else
    return body();
#endif
}

/// Returns `body()`. Any exception that it throws becomes an `Error` with the text `text(exception.what())`.
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

}  // namespace GRADIVA_NAMESPACE
