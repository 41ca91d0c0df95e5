#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"

namespace GRADIVA_NAMESPACE {

/// Alignment of numeric buffers in bytes, a cache line. As it is fixed, code that handles unaligned ends separately
/// splits an array in the same way, and so gives the same bits, in each run.
inline constexpr std::size_t buffer_alignment = 64;

namespace detail {

/// The storage of a `Buffer`, in bytes: not a template, so that buffers of all types share one copy of this code.
class AlignedBytes {
public:
    AlignedBytes() = default;
    AlignedBytes(const AlignedBytes& other) { assign(other); }
    AlignedBytes(AlignedBytes&& other) noexcept { swap(other); }
    AlignedBytes& operator=(const AlignedBytes& other) {
        if (this != &other) assign(other);
        return *this;
    }
    AlignedBytes& operator=(AlignedBytes&& other) noexcept {
        AlignedBytes taken(std::move(other));
        swap(taken);
        return *this;
    }
    ~AlignedBytes() { release(); }

    std::byte* data() { return data_; }
    const std::byte* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::size_t capacity() const { return capacity_; }

    /// New bytes are zero. Throws `Error` when there is not enough memory.
    void resize(std::size_t size) {
        if (size != size_) change_size(size);
    }

    void reserve(std::size_t capacity) {
        if (capacity > capacity_) reallocate(capacity);
    }

private:
    [[gnu::noinline]] void change_size(std::size_t size) {
        if (size > capacity_) reallocate(std::max(size, 2 * size_));
        if (size > size_) std::memset(data_ + size_, 0, size - size_);
        size_ = size;
    }

    void swap(AlignedBytes& other) noexcept {
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
    }

    [[gnu::noinline]] void assign(const AlignedBytes& other) {
        size_ = 0;
        reserve(other.size_);
        if (other.size_ > 0) std::memcpy(data_, other.data_, other.size_);
        size_ = other.size_;
    }

    [[gnu::noinline]] void reallocate(std::size_t capacity) {
        auto* const memory =
            static_cast<std::byte*>(::operator new (capacity, std::align_val_t{buffer_alignment}, std::nothrow));
        require(memory != nullptr,
                "there is no memory for {} more bytes; give fewer environments, a shorter horizon or smaller networks",
                capacity);
        if (size_ > 0) std::memcpy(memory, data_, size_);
        release();
        data_ = memory;
        capacity_ = capacity;
    }

    [[gnu::noinline]] void release() noexcept {
        if (data_ != nullptr) ::operator delete (data_, std::align_val_t{buffer_alignment});
    }

    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

/// Calls `copy(size)`, with a compile-time constant for common small sizes, so that each copy becomes a few moves.
template <class Copy>
void with_size(std::size_t size, const Copy& copy) {
    switch (size) {
        case 0: return;
        case 1: return copy(std::integral_constant<std::size_t, 1>{});
        case 2: return copy(std::integral_constant<std::size_t, 2>{});
        case 4: return copy(std::integral_constant<std::size_t, 4>{});
        case 8: return copy(std::integral_constant<std::size_t, 8>{});
        case 12: return copy(std::integral_constant<std::size_t, 12>{});
        case 16: return copy(std::integral_constant<std::size_t, 16>{});
        default: return copy(size);
    }
}

template <class Size>
void gather_pieces(Size size, const std::byte* from, const Index* order, Index count, std::byte* to) {
#pragma GCC unroll 4
    for (Index j = 0; j < count; ++j, to += size) {
        std::memcpy(to, from + static_cast<std::size_t>(order[j]) * size, size);
    }
}

template <class Size>
void spread_pieces(Size size, const std::byte* from, Index count, std::byte* to, std::size_t stride) {
    for (Index j = 0; j < count; ++j, from += size, to += stride) std::memcpy(to, from, size);
}

/// Gather: copies elements `order[0]`, ..., `order[count - 1]` of the array at `source`, of `size` bytes each, to
/// contiguous elements at `to`.
inline void gather_bytes(const void* source, std::size_t size, const Index* order, Index count, void* to) {
    with_size(size, [=](auto bytes) {
        gather_pieces(bytes, static_cast<const std::byte*>(source), order, count, static_cast<std::byte*>(to));
    });
}

}  // namespace detail

/// Copies `count` contiguous elements of `size` bytes each to addresses `stride` bytes apart.
inline void spread_bytes(const void* source, std::size_t size, Index count, void* to, std::size_t stride) {
    detail::with_size(size, [=](auto bytes) {
        detail::spread_pieces(bytes, static_cast<const std::byte*>(source), count, static_cast<std::byte*>(to), stride);
    });
}

/// A resizable array of trivially copyable elements, aligned to 64 bytes and indexed by `Index`. New elements are zero.
/// Growing keeps the contents and reserves at least twice the former size; shrinking keeps the memory. Throws `Error`
/// when there is not enough memory.
template <class T>
class Buffer {
    static_assert(std::is_trivially_copyable_v<T>, "gradiva: Buffer holds numbers, or structs of numbers");

public:
    Buffer() = default;
    explicit Buffer(Index size, T value = T{}) { assign(size, value); }

    Index size() const { return static_cast<Index>(bytes_.size() / sizeof(T)); }
    void resize(Index size) { bytes_.resize(to_bytes(size)); }
    /// Resizes, and sets all elements to `value`.
    void assign(Index size, T value) {
        bytes_.resize(to_bytes(size));
        std::fill(begin(), end(), value);
    }
    /// Allocates memory for at least `size` elements.
    void reserve(Index size) { bytes_.reserve(to_bytes(size)); }
    Index capacity() const { return static_cast<Index>(bytes_.capacity() / sizeof(T)); }
    void push_back(const T& value) {
        const T copy = value;  // `value` may refer to an element, which a reallocation moves
        bytes_.resize(bytes_.size() + sizeof(T));
        end()[-1] = copy;
    }
    /// Replaces the contents by elements `order[0]`, ..., `order[count - 1]` of the array at `source`.
    void gather(const T* source, const Index* order, Index count) {
        resize(count);
        detail::gather_bytes(source, sizeof(T), order, count, data());
    }
    /// Resizes to 0; keeps the memory.
    void clear() { bytes_.resize(0); }
    bool empty() const { return bytes_.size() == 0; }

    T& operator[](Index i) {
        GRADIVA_ASSERT(i >= 0 && i < size());
        return data()[i];
    }
    const T& operator[](Index i) const {
        GRADIVA_ASSERT(i >= 0 && i < size());
        return data()[i];
    }
    T* data() { return reinterpret_cast<T*>(bytes_.data()); }
    const T* data() const { return reinterpret_cast<const T*>(bytes_.data()); }
    T* begin() { return data(); }
    const T* begin() const { return data(); }
    T* end() { return data() + size(); }
    const T* end() const { return data() + size(); }

    std::span<T> span() { return {data(), bytes_.size() / sizeof(T)}; }
    std::span<const T> span() const { return {data(), bytes_.size() / sizeof(T)}; }
    VectorMap<T> vector() { return {data(), size()}; }
    ConstVectorMap<T> vector() const { return {data(), size()}; }
    VectorMap<T> segment(Range r) { return {data() + r.begin, r.size()}; }
    ConstVectorMap<T> segment(Range r) const { return {data() + r.begin, r.size()}; }

    friend bool operator==(const Buffer& a, const Buffer& b) {
        return std::equal(a.begin(), a.end(), b.begin(), b.end());
    }

private:
    static std::size_t to_bytes(Index size) { return static_cast<std::size_t>(size) * sizeof(T); }

    detail::AlignedBytes bytes_;
};

/// A column-major matrix without gaps in a `Buffer`. Resizing keeps the contents of the buffer, which are the columns
/// as long as the number of rows is the same; new elements are zero.
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

    /// Allocates memory for at least `elements` = rows x columns elements.
    void reserve(Index elements) { values_.reserve(elements); }

    /// Copies the columns `from` of `source`, which has as many rows, to this matrix, beginning at column `to`.
    void copy_columns(Index to, const MatrixBuffer& source, Range from) {
        GRADIVA_ASSERT(source.rows_ == rows_ && from.end <= source.columns_ && to + from.size() <= columns_);
        std::copy_n(source.data() + from.begin * rows_, from.size() * rows_, data() + to * rows_);
    }

    /// Sets the columns `r` to zero.
    void clear_columns(Range r) { std::fill_n(data() + r.begin * rows_, r.size() * rows_, T{}); }

    /// Becomes the columns `order[0]`, ..., `order[count - 1]` of the matrix of `rows` rows, without gaps, at `source`.
    template <class S>
    void gather_columns(const S* source, Index rows, const Index* order, Index count) {
        resize(rows, count);
        if constexpr (std::is_same_v<S, T>) {
            detail::gather_bytes(source, to_size(rows) * sizeof(T), order, count, data());
        } else {
            for (Index j = 0; j < count; ++j) std::copy_n(source + order[j] * rows, rows, data() + j * rows);
        }
    }

    T& operator()(Index row, Index column) { return values_[column * rows_ + row]; }
    const T& operator()(Index row, Index column) const { return values_[column * rows_ + row]; }
    // Views of all columns, of a range of columns and of one column.

    MatrixMap<T> matrix() { return columns({0, columns_}); }
    ConstMatrixMap<T> matrix() const { return columns({0, columns_}); }
    MatrixMap<T> columns(Range r) { return {detail::not_null(values_.data()) + r.begin * rows_, rows_, r.size()}; }
    ConstMatrixMap<T> columns(Range r) const {
        return {detail::not_null(values_.data()) + r.begin * rows_, rows_, r.size()};
    }
    std::span<T> column(Index c) { return values_.span().subspan(to_size(c * rows_), to_size(rows_)); }
    std::span<const T> column(Index c) const { return values_.span().subspan(to_size(c * rows_), to_size(rows_)); }
    T* data() { return values_.data(); }
    const T* data() const { return values_.data(); }

    friend bool operator==(const MatrixBuffer&, const MatrixBuffer&) = default;

private:
    Index rows_ = 0;
    Index columns_ = 0;
    Buffer<T> values_;
};

/// A view of the span as an Eigen vector.
template <class T>
VectorMap<T> as_vector(std::span<T> values) {
    return {values.data(), static_cast<Index>(values.size())};
}

template <class T>
ConstVectorMap<T> as_vector(std::span<const T> values) {
    return {values.data(), static_cast<Index>(values.size())};
}

/// The `size` elements of a span from index `begin` on.
template <class T>
std::span<T> part(std::span<T> values, Index begin, Index size) {
    GRADIVA_ASSERT(begin >= 0 && size >= 0 && begin + size <= static_cast<Index>(values.size()));
    return values.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
}

}  // namespace GRADIVA_NAMESPACE
