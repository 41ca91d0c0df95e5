#include "gradiva/core/contiguous.hpp"

#include "catch.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using gradiva_test::random_matrix;

namespace {

bool copies(const ConstMatrixRef<float>& m, const Matrix<float>& expected) {
    MatrixBuffer<float> room;
    const ConstMatrixMap<float> seen = contiguous<float>(m, room);
    CHECK(seen == expected);
    if (m.size() > 0) CHECK((seen.data() == room.data()) == (seen.data() != m.data()));
    return seen.data() != m.data();
}

}  // namespace

TEST_CASE("contiguous refers to a matrix without gaps and copies one with gaps") {
    Rng rng(1);
    const Matrix<float> m = random_matrix<float>(5, 7, rng);
    CHECK(!copies(m, m));
    CHECK(!copies(m.middleCols(2, 3), m.middleCols(2, 3)));
    CHECK(!copies(m.col(3), m.col(3)));
    CHECK(!copies(m.block(1, 2, 3, 1), m.block(1, 2, 3, 1)));  // one column has no gaps
    CHECK(!copies(Matrix<float>(5, 0), Matrix<float>(5, 0)));
    CHECK(copies(m.topRows(3), m.topRows(3)));
    CHECK(copies(m.block(1, 2, 3, 2), m.block(1, 2, 3, 2)));
    CHECK(copies(m.topRows(1), m.topRows(1)));
}

TEST_CASE("contiguous copies the value of an expression that a view stores") {
    Rng rng(1);
    const Matrix<float> m = random_matrix<float>(5, 7, rng);
    CHECK(copies(m.transpose(), m.transpose()));
    CHECK(copies(m + m, m + m));
    const ConstMatrixRef<float> sum = m + m, same = sum, plain = m;
    CHECK(sum.is_copy());
    CHECK(same.is_copy());
    CHECK(!plain.is_copy());
    CHECK(!MatrixRef<float>(Matrix<float>(m).leftCols(2)).is_copy());
    CHECK(copies(same, m + m));
}
