#include "catch.hpp"

#include "gradiva/core/types.hpp"

using namespace gradiva;

namespace {

const float* data_of(ConstMatrixRef<float> view) { return view.data(); }

}  // namespace

TEST_CASE("a view of a matrix, a map or a block of columns does not copy") {
    Matrix<float> m(3, 5);
    m.setZero();
    CHECK(data_of(m) == m.data());
    CHECK(data_of(m.middleCols(2, 2)) == m.data() + 6);
    CHECK(data_of(m.block(1, 2, 2, 2)) == m.data() + 7);
    CHECK(data_of(ConstMatrixMap<float>(m.data(), 5, 3)) == m.data());
    MatrixRef<float>(m.middleCols(1, 1)).setOnes();
    CHECK(m.sum() == 3);
    CHECK(m.col(1).sum() == 3);
}

TEST_CASE("rebind makes a view refer to other elements and copies none") {
    Matrix<float> a = Matrix<float>::Zero(2, 3), b = Matrix<float>::Ones(3, 1);
    MatrixMap<float> view(a.data(), 2, 3);
    rebind(view, {b.data(), 3, 1});
    CHECK(view.data() == b.data());
    CHECK(view.rows() == 3);
    CHECK(view.cols() == 1);
    CHECK(a.isZero());
}
