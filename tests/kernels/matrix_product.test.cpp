#include "catch.hpp"

#include "gradiva/kernels/matrix_product.hpp"
#include "helpers/random.hpp"

#include <cmath>
#include <cstring>
#include <limits>

using namespace gradiva;
using gradiva_test::random_matrix;
using kernels::plain;
using kernels::transposed;

namespace {

// The product in a window of a larger matrix of NaN, which shows what else was written.
template <class T>
struct Window {
    Matrix<T> whole;
    Window(Index rows, Index columns) : whole(rows + 5, columns + 2) {
        whole.setConstant(std::numeric_limits<T>::quiet_NaN());
    }
    auto inside() { return whole.block(2, 1, whole.rows() - 5, whole.cols() - 2); }
    bool border_is_untouched() {
        Matrix<T> copy = whole;
        copy.block(2, 1, whole.rows() - 5, whole.cols() - 2).setConstant(0);
        return copy.array().isNaN().count() == whole.size() - inside().size();
    }
};

// True where |C - A B| is within rounding, element by element; summed by a plain loop.
template <class T>
bool is_product(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& start, const Matrix<T>& c) {
    for (Index i = 0; i < a.rows(); ++i) {
        for (Index j = 0; j < b.cols(); ++j) {
            double sum = static_cast<double>(start(i, j));
            double size = std::abs(sum);
            for (Index k = 0; k < a.cols(); ++k) {
                const double term = static_cast<double>(a(i, k)) * static_cast<double>(b(k, j));
                sum += term;
                size += std::abs(term);
            }
            const double rounding = std::numeric_limits<T>::epsilon() * static_cast<double>(a.cols() + 2);
            if (!(std::abs(static_cast<double>(c(i, j)) - sum) <= rounding * size)) return false;
        }
    }
    return true;
}

template <class T>
void check_products(Index rows, Index inner, Index columns, Rng& rng) {
    CAPTURE(rows, inner, columns);
    const Matrix<T> a = random_matrix<T>(rows, inner, rng);
    const Matrix<T> b = random_matrix<T>(inner, columns, rng);
    const Matrix<T> at = a.transpose();
    const Matrix<T> bt = b.transpose();
    const Matrix<T> zero = Matrix<T>::Zero(rows, columns);
    const Matrix<T> start = random_matrix<T>(rows, columns, rng);
    for (const auto& left : {plain(a), transposed(at)}) {
        for (const auto& right : {plain(b), transposed(bt)}) {
            Window<T> c(rows, columns);
            kernels::multiply<T>(left, right, c.inside());
            REQUIRE(is_product<T>(a, b, zero, c.inside()));
            c.inside() = start;
            kernels::multiply_add<T>(left, right, c.inside());
            REQUIRE(is_product<T>(a, b, start, c.inside()));
            REQUIRE(c.border_is_untouched());
        }
    }
}

}  // namespace

TEMPLATE_TEST_CASE("products of all shapes equal those of a plain loop", "", float, double) {
    Rng rng(1);
    for (Index size = 1; size <= 70; ++size) {
        check_products<TestType>(size, 1 + rng.below(70), 1 + rng.below(70), rng);
        check_products<TestType>(1 + rng.below(70), size, 1 + rng.below(20), rng);
        check_products<TestType>(1 + rng.below(20), 1 + rng.below(70), size, rng);
    }
}

TEMPLATE_TEST_CASE("products deeper than one panel add up all panels", "", float, double) {
    Rng rng(2);
    for (const Index inner : {255, 256, 257, 300, 512, 700}) check_products<TestType>(19, inner, 11, rng);
}

TEST_CASE("an operand may be a part of a larger matrix") {
    Rng rng(3);
    const Matrix<double> big = random_matrix<double>(50, 60, rng);
    const Matrix<double> a = big.block(3, 4, 21, 17);
    const Matrix<double> b = big.block(30, 7, 17, 9);
    Matrix<double> c(21, 9);
    kernels::multiply<double>(plain(big.block(3, 4, 21, 17)), plain(big.block(30, 7, 17, 9)), c);
    CHECK(is_product<double>(a, b, Matrix<double>::Zero(21, 9), c));
}

TEST_CASE("a product over nothing is zero, and a batch of none is let be") {
    Matrix<float> c = Matrix<float>::Ones(3, 4);
    kernels::multiply_add<float>(plain(Matrix<float>(3, 0)), plain(Matrix<float>(0, 4)), c);
    CHECK(c == Matrix<float>::Ones(3, 4));
    kernels::multiply<float>(plain(Matrix<float>(3, 0)), plain(Matrix<float>(0, 4)), c);
    CHECK(c == Matrix<float>::Zero(3, 4));
    const Matrix<float> a = Matrix<float>::Ones(3, 5);
    Matrix<float> none(3, 0);
    kernels::multiply<float>(plain(a), plain(Matrix<float>(5, 0)), none);
    CHECK(none.size() == 0);
}

TEMPLATE_TEST_CASE("a column has the same bits in a batch of any width", "", float, double) {
    Rng rng(4);
    for (const Index inner : {5, 64, 300}) {
        for (const Index rows : {1, 2, 7, 33, 64}) {
            const Matrix<TestType> a = random_matrix<TestType>(rows, inner, rng);
            const Matrix<TestType> b = random_matrix<TestType>(inner, 13, rng);
            const Matrix<TestType> start = random_matrix<TestType>(rows, 13, rng);
            const auto products = [&](Index first, Index columns) {
                Matrix<TestType> both(rows, 2 * columns);
                const auto part = b.middleCols(first, columns);
                both.rightCols(columns) = start.middleCols(first, columns);
                kernels::multiply<TestType>(plain(a), plain(part), both.leftCols(columns));
                kernels::multiply_add<TestType>(plain(a), plain(part), both.rightCols(columns));
                return both;
            };
            const Matrix<TestType> whole = products(0, 13);
            for (const Index width : {1, 3, 8}) {
                for (Index first = 0; first + width <= 13; ++first) {
                    CAPTURE(inner, rows, width, first);
                    const Matrix<TestType> some = products(first, width);
                    const auto bytes = static_cast<std::size_t>(rows * width) * sizeof(TestType);
                    REQUIRE(std::memcmp(some.data(), whole.col(first).data(), bytes) == 0);
                    REQUIRE(std::memcmp(some.col(width).data(), whole.col(13 + first).data(), bytes) == 0);
                }
            }
        }
    }
}
