// Matrices at the edge of memory: the page after their last number, or that before their first, may not be touched.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>

#include "gradiva/core/types.hpp"

namespace gradiva_test {

/// Which end of a matrix is at the edge.
enum class Edge { before, after };

/// A copy of a matrix at the edge of memory: what reads or writes one byte beyond it ends the program.
template <class T>
class GuardedMatrix {
public:
    template <class Derived>
    GuardedMatrix(const Eigen::MatrixBase<Derived>& m, Edge edge) : rows_(m.rows()), columns_(m.cols()) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const std::size_t bytes = static_cast<std::size_t>(m.size()) * sizeof(T);
        const std::size_t inside = (bytes + page - 1) / page * page;
        length_ = inside + page;
        room_ = mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (room_ == MAP_FAILED) throw std::bad_alloc();
        auto* const start = static_cast<std::byte*>(room_);
        const bool at_end = edge == Edge::after;
        if (mprotect(at_end ? start + inside : start, page, PROT_NONE) != 0) throw std::bad_alloc();
        data_ = reinterpret_cast<T*>(at_end ? start + inside - bytes : start + page);
        view() = m;
    }
    GuardedMatrix(const GuardedMatrix&) = delete;
    GuardedMatrix& operator=(const GuardedMatrix&) = delete;
    ~GuardedMatrix() { munmap(room_, length_); }

    auto view() { return gradiva::MatrixMap<T>(data_, rows_, columns_); }
    auto view() const { return gradiva::ConstMatrixMap<T>(data_, rows_, columns_); }
    auto vector() { return Eigen::Map<gradiva::Vector<T>>(data_, rows_ * columns_); }
    auto vector() const { return Eigen::Map<const gradiva::Vector<T>>(data_, rows_ * columns_); }

private:
    gradiva::Index rows_, columns_;
    void* room_;
    std::size_t length_;
    T* data_;
};

}  // namespace gradiva_test
