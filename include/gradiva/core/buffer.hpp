#pragma once

#include <cstddef>
#include <new>
#include <span>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

namespace gradiva {

/// Numeric buffers start on a cache line: the same data then takes the same vector code, and gives the same bits.
inline constexpr std::size_t buffer_alignment = 64;

namespace detail {

template <class T>
struct AlignedAllocator {
    using value_type = T;
    AlignedAllocator() = default;
    template <class U>
    constexpr AlignedAllocator(const AlignedAllocator<U>&) noexcept {}
    T* allocate(std::size_t n) {
        return static_cast<T*>(::operator new (n * sizeof(T), std::align_val_t{buffer_alignment}));
    }
    void deallocate(T* p, std::size_t) noexcept { ::operator delete (p, std::align_val_t{buffer_alignment}); }
    friend bool operator==(const AlignedAllocator&, const AlignedAllocator&) { return true; }
};

}  // namespace detail

/// A growing array of numbers on 64-byte boundaries, indexed by `Index`. Shrinking keeps the memory, growing keeps the
/// contents and reserves geometrically.
template <class T>
class Buffer {
public:
    Buffer() = default;
    explicit Buffer(Index size, T value = T{}) : values_(static_cast<std::size_t>(size), value) {}

    Index size() const { return static_cast<Index>(values_.size()); }
    void resize(Index size) { values_.resize(static_cast<std::size_t>(size)); }
    void assign(Index size, T value) { values_.assign(static_cast<std::size_t>(size), value); }
    void reserve(Index size) { values_.reserve(static_cast<std::size_t>(size)); }
    Index capacity() const { return static_cast<Index>(values_.capacity()); }
    void push_back(const T& value) { values_.push_back(value); }
    void clear() { values_.clear(); }
    bool empty() const { return values_.empty(); }

    T& operator[](Index i) { return values_[static_cast<std::size_t>(i)]; }
    const T& operator[](Index i) const { return values_[static_cast<std::size_t>(i)]; }
    T* data() { return values_.data(); }
    const T* data() const { return values_.data(); }
    auto begin() { return values_.begin(); }
    auto begin() const { return values_.begin(); }
    auto end() { return values_.end(); }
    auto end() const { return values_.end(); }

    std::span<T> span() { return values_; }
    std::span<const T> span() const { return values_; }
    VectorMap<T> vector() { return {data(), size()}; }
    ConstVectorMap<T> vector() const { return {data(), size()}; }
    VectorMap<T> segment(Range r) { return {data() + r.begin, r.size()}; }
    ConstVectorMap<T> segment(Range r) const { return {data() + r.begin, r.size()}; }

    friend bool operator==(const Buffer&, const Buffer&) = default;

private:
    std::vector<T, detail::AlignedAllocator<T>> values_;
};

/// A column-major matrix over a `Buffer`: resizing keeps the memory; with the same number of rows it keeps the columns.
template <class T>
class MatrixBuffer {
public:
    MatrixBuffer() = default;
    MatrixBuffer(Index rows, Index columns) { resize(rows, columns); }

    Index rows() const { return rows_; }
    Index cols() const { return columns_; }
    void resize(Index rows, Index columns) {
        rows_ = rows;
        columns_ = columns;
        values_.resize(rows * columns);
    }

    void reserve(Index elements) { values_.reserve(elements); }

    T& operator()(Index row, Index column) { return values_[column * rows_ + row]; }
    const T& operator()(Index row, Index column) const { return values_[column * rows_ + row]; }
    MatrixMap<T> matrix() { return {values_.data(), rows_, columns_}; }
    ConstMatrixMap<T> matrix() const { return {values_.data(), rows_, columns_}; }
    MatrixMap<T> columns(Range r) { return {values_.data() + r.begin * rows_, rows_, r.size()}; }
    ConstMatrixMap<T> columns(Range r) const { return {values_.data() + r.begin * rows_, rows_, r.size()}; }
    std::span<T> column(Index c) { return values_.span().subspan(to_size(c * rows_), to_size(rows_)); }
    std::span<const T> column(Index c) const { return values_.span().subspan(to_size(c * rows_), to_size(rows_)); }
    T* data() { return values_.data(); }
    const T* data() const { return values_.data(); }

    friend bool operator==(const MatrixBuffer&, const MatrixBuffer&) = default;

private:
    static std::size_t to_size(Index i) { return static_cast<std::size_t>(i); }

    Index rows_ = 0;
    Index columns_ = 0;
    Buffer<T> values_;
};

/// The span seen as a vector of Eigen.
template <class T>
VectorMap<T> as_vector(std::span<T> values) {
    return {values.data(), static_cast<Index>(values.size())};
}

template <class T>
ConstVectorMap<T> as_vector(std::span<const T> values) {
    return {values.data(), static_cast<Index>(values.size())};
}

/// The piece of a span that starts at `begin` and holds `size` elements.
template <class T>
std::span<T> part(std::span<T> values, Index begin, Index size) {
    GRADIVA_ASSERT(begin >= 0 && size >= 0 && begin + size <= static_cast<Index>(values.size()));
    return values.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
}

}  // namespace gradiva
