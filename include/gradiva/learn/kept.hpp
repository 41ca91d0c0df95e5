#pragma once

#include "gradiva/core/namespace.hpp"

#include <concepts>
#include <utility>

#include "gradiva/core/failure.hpp"

namespace GRADIVA_NAMESPACE {

/// What changes in an update besides weights, such as an optimiser, and how it was after the last one that went well:
/// to go back to when an update fails, at a point that may depend on the number of threads.
template <std::copyable T>
class Kept {
public:
    explicit Kept(T value) : now_(std::move(value)), before_(now_) {}

    T& operator*() { return now_; }
    T* operator->() { return &now_; }

    void keep() { before_ = now_; }
    void put_back() { now_ = before_; }

private:
    T now_, before_;
};

/// Returns what `body()` returns, and keeps what it made of the parts; when it throws, they are as they were before.
template <class Body, class... T>
auto keep_or_put_back(const Body& body, Kept<T>&... parts) {
    return detail::undo_unless_done(
        [&] {
            auto result = body();
            (parts.keep(), ...);
            return result;
        },
        [&] { (parts.put_back(), ...); });
}

}  // namespace GRADIVA_NAMESPACE
