// Whether a column's numbers have the same bits alone, in a batch of any width and wherever it stands in it.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <string>

#include <fmt/core.h>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/rng.hpp"

namespace gradiva_bits {

using gradiva::Index;
using gradiva::MatrixBuffer;
using gradiva::Range;
using gradiva::Rng;

/// The widest batch that is tried: more columns than two registers of floats hold, and not a multiple of a register.
inline constexpr Index most_columns = 40;

/// How many functions gave a column other bits. Every failure is printed as it is found.
inline int failures = 0;
/// How many functions were tried.
inline int tried = 0;

inline bool same_bits(double a, double b) {
    return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

/// What a function gave for some columns: one list of numbers per column, as doubles.
class Outputs {
public:
    explicit Outputs(Index columns) : numbers_(static_cast<std::size_t>(columns)) {}

    void add(Index column, double number) { numbers_[static_cast<std::size_t>(column)].push_back(number); }

    /// The columns of a matrix, or the elements of a vector as columns of one number.
    template <class M>
    void add_columns(const M& m) {
        if constexpr (M::IsVectorAtCompileTime) {
            for (Index j = 0; j < m.size(); ++j) add(j, static_cast<double>(m[j]));
        } else {
            for (Index j = 0; j < m.cols(); ++j) {
                for (Index i = 0; i < m.rows(); ++i) add(j, static_cast<double>(m(i, j)));
            }
        }
    }

    bool same_column(Index column, const Outputs& other, Index other_column) const {
        const auto& a = numbers_[static_cast<std::size_t>(column)];
        const auto& b = other.numbers_[static_cast<std::size_t>(other_column)];
        return std::equal(a.begin(), a.end(), b.begin(), b.end(), same_bits);
    }

private:
    std::vector<std::vector<double>> numbers_;
};

/// Calls `run(columns, outputs)` for every range of columns, of 1 to `most_columns` and from every offset, and compares
/// each column with what it gave alone.
template <class Run>
void check_columns(const std::string& name, const Run& run) {
    ++tried;
    const auto outputs_of = [&](Range range) {
        Outputs outputs(range.size());
        run(range, outputs);
        return outputs;
    };
    std::vector<Outputs> alone;
    for (Index j = 0; j < most_columns; ++j) alone.push_back(outputs_of({j, j + 1}));
    Index different = 0;
    std::string first;
    for (Index width = 1; width <= most_columns; ++width) {
        for (Index begin = 0; begin + width <= most_columns; ++begin) {
            const Outputs together = outputs_of({begin, begin + width});
            for (Index j = 0; j < width; ++j) {
                if (together.same_column(j, alone[static_cast<std::size_t>(begin + j)], 0)) continue;
                if (different++ == 0) first = fmt::format("column {} of {} from {} on", j, width, begin);
            }
        }
    }
    if (different == 0) return;
    ++failures;
    fmt::print("{}: {} columns have other bits than alone; the first is {}\n", name, different, first);
}

/// Normal numbers, rows x `most_columns`.
template <class Scalar>
MatrixBuffer<Scalar> normal_columns(Index rows, Rng& rng, double deviation = 1) {
    MatrixBuffer<Scalar> m(rows, most_columns);
    for (Index i = 0; i < rows * most_columns; ++i) m.data()[i] = static_cast<Scalar>(deviation * rng.normal());
    return m;
}

template <class Scalar>
const char* scalar_name() {
    return sizeof(Scalar) == 4 ? "float" : "double";
}

/// What each part does; see the files of these names.
void check_kernels();
void check_distributions();
void check_networks();
void check_recurrent();
void check_trainings();

}  // namespace gradiva_bits
