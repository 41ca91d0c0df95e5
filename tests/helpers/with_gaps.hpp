// Matrices with gaps between their columns, and comparison by bits.
#pragma once

#include <cstring>
#include <limits>
#include <vector>

#include "gradiva/core/types.hpp"

namespace gradiva_test {

/// The same numbers with a gap after each column, which holds NaN.
template <class T>
struct WithGaps {
    explicit WithGaps(const gradiva::Matrix<T>& m)
        : rows(m.rows()),
          all(gradiva::Matrix<T>::Constant(m.rows() + 2, m.cols(), std::numeric_limits<T>::quiet_NaN())) {
        all.topRows(rows) = m;
    }
    auto view() { return all.topRows(rows); }
    gradiva::Matrix<T> numbers() const { return all.topRows(rows); }

    gradiva::Index rows;
    gradiva::Matrix<T> all;
};

template <class A, class B>
bool same_bits(const A& a, const B& b) {
    return a.rows() == b.rows() && a.cols() == b.cols() &&
           (a.size() == 0 ||
            std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(a(0, 0))) == 0);
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
    return same_bits(gradiva::ConstVectorMap<T>(a.data(), gradiva::Index(a.size())),
                     gradiva::ConstVectorMap<T>(b.data(), gradiva::Index(b.size())));
}

}  // namespace gradiva_test
