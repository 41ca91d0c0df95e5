#pragma once

#include <exception>
#include <utility>

namespace gradiva {

/// Lets pieces of work that may throw run one after the other, all of them, and rethrows the first exception at the
/// end.
class FirstFailure {
public:
    /// Runs `body()`; returns whether it ended without an exception. One that is not the first is dropped.
    template <class Body>
    bool attempt(const Body& body) {
        try {
            body();
            return true;
        } catch (...) {
            if (!failure_) failure_ = std::current_exception();
            return false;
        }
    }

    /// Throws the first exception, if there was any, and forgets it.
    void rethrow() {
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }

private:
    std::exception_ptr failure_;
};

}  // namespace gradiva
