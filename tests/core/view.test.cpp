#include <type_traits>

#include "catch.hpp"

#include "gradiva/core/types.hpp"

using namespace gradiva;

namespace {

using Row = Eigen::Matrix<float, 1, Eigen::Dynamic>;

const float* data_of(ConstMatrixRef<float> view) { return view.data(); }
const float* data_of_vector(ConstVectorRef<float> view) { return view.data(); }
const float* data_of_row(ConstRowRef<float> view) { return view.data(); }
float sum_of(ConstMatrixRef<float> view) { return view.sum(); }
float weighed_sum_of(ConstVectorRef<float> view) { return view[0] + 10 * view[1]; }

Matrix<float> numbered(Index rows, Index columns) {
    Matrix<float> m(rows, columns);
    for (Index i = 0; i < m.size(); ++i) m.data()[i] = static_cast<float>(i);
    return m;
}

}  // namespace

TEST_CASE("vectors, rows and other views bind to a view without a copy") {
    Matrix<float> m = numbered(3, 5);
    Vector<float> v(4);
    Row r(4);
    CHECK(data_of_vector(v) == v.data());
    CHECK(data_of_vector(m.col(2)) == m.data() + 6);
    CHECK(data_of_vector(r) == r.data());
    CHECK(data_of_row(m.row(1)) == m.data() + 1);
    CHECK(data_of(v) == v.data());
    CHECK(data_of(v.segment(1, 2)) == v.data() + 1);
    CHECK(ConstMatrixRef<float>(v.segment(1, 2)).outerStride() == 2);
    CHECK(ConstMatrixRef<float>(m.col(1).segment(1, 2)).outerStride() == 2);
    const ConstMatrixRef<float> row = m.row(1);
    CHECK(row.rows() == 1);
    CHECK(row(0, 2) == m(1, 2));
    CHECK(row.outerStride() == 1);  // a copy: the columns of a network's input lie together
    const MatrixRef<float> writable(m);
    CHECK(data_of(writable) == m.data());
    CHECK(data_of(ConstMatrixRef<float>(writable)) == m.data());
}

TEST_CASE("a read-only view evaluates expressions and other layouts into its own storage") {
    const Matrix<float> m = numbered(2, 3);
    CHECK(sum_of(m + m) == 30);
    CHECK(sum_of(m.transpose()) == 15);
    CHECK(sum_of(Matrix<float>::Constant(2, 2, 3)) == 12);
    CHECK(weighed_sum_of(m.row(1)) == 31);
    const ConstMatrixRef<float> sum = m + m;
    CHECK(ConstMatrixRef<float>(sum).data() == sum.data());
}

TEST_CASE("a view writes to the elements that it refers to, and no constant binds to a view that writes") {
    Matrix<float> m = numbered(3, 5);
    MatrixRef<float> columns = m.middleCols(1, 2);
    columns = MatrixRef<float>(m.middleCols(3, 2));
    CHECK(m(2, 2) == 14);
    VectorRef<float>(m.col(0)).setZero();
    RowRef<float>(m.row(2)) += Row::Ones(5);
    CHECK(m(0, 0) == 0);
    CHECK(m(2, 0) == 1);
    static_assert(std::is_convertible_v<Matrix<float>&, MatrixRef<float>>);
    static_assert(std::is_convertible_v<const MatrixMap<float>&, MatrixRef<float>>);
    static_assert(!std::is_convertible_v<const Matrix<float>&, MatrixRef<float>>);
    static_assert(!std::is_convertible_v<Matrix<float>, MatrixRef<float>>);
    static_assert(!std::is_convertible_v<ConstMatrixMap<float>, MatrixRef<float>>);
    static_assert(!std::is_convertible_v<ConstMatrixRef<float>, MatrixRef<float>>);
    static_assert(!std::is_convertible_v<Matrix<double>&, ConstMatrixRef<float>>);
}
