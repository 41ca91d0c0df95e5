#pragma once

#include <utility>

#include "gradiva/core/buffer.hpp"

namespace GRADIVA_NAMESPACE {

/// A growing array whose elements never change their address, each allocated on its own. `std::deque` promises the
/// same, with far more code for each element type.
template <class T>
class FixedPlaces {
public:
    FixedPlaces() = default;
    FixedPlaces(FixedPlaces&&) noexcept = default;
    FixedPlaces& operator=(FixedPlaces&& other) noexcept {
        std::swap(places_, other.places_);
        return *this;
    }
    ~FixedPlaces() {
        for (T* place : places_) delete place;
    }

    Index size() const { return places_.size(); }

    /// Makes one more element.
    template <class... Args>
    void emplace_back(Args&&... args) {
        if (size() == places_.capacity()) places_.reserve(2 * size() + 1);  // before `new`, so that nothing leaks
        places_.push_back(new T(std::forward<Args>(args)...));
    }

    /// Appends default-constructed elements until there are `size`, if there are fewer.
    void grow_to(Index size) {
        while (this->size() < size) emplace_back();
    }

    T& operator[](Index i) { return *places_[i]; }
    const T& operator[](Index i) const { return *places_[i]; }

    class Iterator {
    public:
        explicit Iterator(T* const* place) : place_(place) {}
        T& operator*() const { return **place_; }
        Iterator& operator++() {
            ++place_;
            return *this;
        }
        bool operator==(const Iterator&) const = default;

    private:
        T* const* place_;
    };

    Iterator begin() { return Iterator(places_.begin()); }
    Iterator end() { return Iterator(places_.end()); }

private:
    Buffer<T*> places_;
};

}  // namespace GRADIVA_NAMESPACE
