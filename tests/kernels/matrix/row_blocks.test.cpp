#include "catch.hpp"

#include "gradiva/kernels/matrix/row_blocks.hpp"

#include <algorithm>
#include <vector>

using namespace gradiva;
using kernels::detail::for_each_row_block;
using kernels::detail::Overhang;
using kernels::detail::RowBlock;

namespace {

constexpr Index lane = simd::lanes<float>;

/// Stores a block as kernels do: whole registers where the overhang allows it, with -1 in place of what reaches beyond
/// the block, and elements one by one elsewhere. Element (i, j) is i + 1000 j.
template <class Block>
void store(const Block& block, const Overhang& overhang, Index columns, Index stride, std::vector<float>& c) {
    for (Index j = 0; j < columns; ++j) {
        const Index stored = j < overhang.whole_columns() ? Block::height : overhang.rows();
        for (Index i = 0; i < stored; ++i) {
            const Index row = block.first + i;
            const Index at = row + j * stride;
            REQUIRE(at < static_cast<Index>(c.size()));
            c[to_size(at)] = i < block.rows ? static_cast<float>(row + 1000 * j) : -1;
        }
    }
}

/// A matrix of `rows` x `columns`, stored block by block.
template <Index Most>
void check_stored(Index rows, Index columns, Index stride) {
    CAPTURE(Most, rows, columns, stride);
    std::vector<float> memory(to_size(stride * columns), -2);
    const Eigen::Map<Matrix<float>, 0, ColumnStride> map(memory.data(), rows, columns, ColumnStride(stride));
    const MatrixRef<float> c = map;
    for_each_row_block<float, Most>(rows,
                                    [&](auto block) { store(block, Overhang(block, c), columns, stride, memory); });
    for (Index j = 0; j < columns; ++j) {
        for (Index i = 0; i < stride; ++i) {
            REQUIRE(memory[to_size(i + j * stride)] == (i < rows ? static_cast<float>(i + 1000 * j) : -2));
        }
    }
}

/// The overhang of a block of one register, of rows [first, first + rows) of a dense matrix.
Overhang overhang_of(Index first, Index rows, Index columns, bool reads_c = false) {
    Matrix<float> c(first + rows, columns);
    return Overhang(RowBlock<float, 1>{first, rows}, MatrixRef<float>(c), reads_c);
}

}  // namespace

TEST_CASE("what row blocks store beyond their rows is overwritten, and nothing beyond the matrix is stored") {
    for (Index rows = 1; rows <= 6 * lane; ++rows) {
        for (const Index columns : {1, 2, 3, 7, 20}) {
            for (const Index gap : {0, 1, 5}) {
                check_stored<2>(rows, columns, rows + gap);
                check_stored<4>(rows, columns, rows + gap);
            }
        }
    }
}

TEST_CASE("row blocks cover all rows from the last to the first, and only the last may be partial") {
    for (Index rows = 0; rows <= 10 * lane; ++rows) {
        CAPTURE(rows);
        Index begin = rows;
        for_each_row_block<float, 4>(rows, [&](auto block) {
            REQUIRE(block.first + block.rows == begin);
            REQUIRE((block.is_full() || begin == rows));
            REQUIRE((block.rows >= 1 && block.rows <= block.height && block.height <= 4 * lane));
            begin = block.first;
        });
        REQUIRE(begin == 0);
    }
}

TEST_CASE("an overhang is stored in as many columns as end within the matrix") {
    for (Index first = 0; first <= 3 * lane; ++first) {
        for (Index rows = 1; rows < lane; ++rows) {
            for (Index columns = 1; columns <= 40; ++columns) {
                CAPTURE(first, rows, columns);
                const Index height = first + rows;
                Index fit = 0;
                while (fit < columns && fit * height + first + lane <= height * columns) ++fit;
                REQUIRE(overhang_of(first, rows, columns).whole_columns() == fit);
            }
        }
    }
}

TEST_CASE("a full block is stored whole everywhere, a partial one nowhere if its computation reads the matrix") {
    for (const bool reads_c : {false, true}) {
        CHECK(overhang_of(3, lane, 5, reads_c).whole_columns() == 5);
        CHECK(overhang_of(3, lane, 5, reads_c).rows() == lane);
    }
    CHECK(overhang_of(lane, 1, 5, true).whole_columns() == 0);
    CHECK(overhang_of(lane, 1, 5).whole_columns() == 4);
    CHECK(overhang_of(lane, 1, 5).rows() == 1);
}
