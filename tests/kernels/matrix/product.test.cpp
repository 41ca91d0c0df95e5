#include "catch.hpp"

#include "gradiva/kernels/matrix/product.hpp"
#include "helpers/guarded_matrix.hpp"
#include "helpers/random.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

using namespace gradiva;
using gradiva_test::Edge;
using gradiva_test::GuardedMatrix;
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

// Element i, j of start + A B, and the sum of its terms' sizes; by a plain loop over pointers, which stays quick
// without optimisation.
template <class T>
std::pair<double, double> plain_sums(const Matrix<T>& a, const Matrix<T>& b, double start, Index i, Index j) {
    const T* const of_a = a.data();
    const T* const of_b = b.data();
    const Index inner = a.cols(), rows = a.rows();
    double sum = start, size = std::abs(start);
    for (Index k = 0; k < inner; ++k) {
        const double term = static_cast<double>(of_a[i + k * rows]) * static_cast<double>(of_b[k + j * inner]);
        sum += term;
        size += term < 0 ? -term : term;
    }
    return {sum, size};
}

// True where |C - A B| is within rounding, element by element.
template <class T>
bool is_product(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& start, const Matrix<T>& c) {
    for (Index i = 0; i < a.rows(); ++i) {
        for (Index j = 0; j < b.cols(); ++j) {
            const auto [sum, size] = plain_sums(a, b, static_cast<double>(start(i, j)), i, j);
            const double rounding = std::numeric_limits<T>::epsilon() * static_cast<double>(a.cols() + 2);
            if (!(std::abs(static_cast<double>(c(i, j)) - sum) <= rounding * size)) return false;
        }
    }
    return true;
}

// True where f(A B + b) is within rounding of f over the sums of a plain loop.
template <class T>
bool is_layer(Activation f, const Matrix<T>& a, const Matrix<T>& b, const Vector<T>& bias, Window<T>& c) {
    Matrix<T> sums(a.rows(), b.cols());
    for (Index j = 0; j < b.cols(); ++j) {
        for (Index i = 0; i < a.rows(); ++i) {
            const double sum = plain_sums(a, b, static_cast<double>(bias[i]), i, j).first;
            sums(i, j) = static_cast<T>(f == Activation::tanh ? std::tanh(sum) : std::max(sum, 0.0));
        }
    }
    const T rounding = std::numeric_limits<T>::epsilon() * static_cast<T>(8 * (a.cols() + 2));
    return ((c.inside() - sums).array().abs() <= rounding).all() && c.border_is_untouched();
}

template <class T>
void check_layers(Index rows, Index inner, Index columns, Rng& rng) {
    CAPTURE(rows, inner, columns);
    const Matrix<T> a = random_matrix<T>(rows, inner, rng);
    const Matrix<T> at = a.transpose();
    const Matrix<T> b = random_matrix<T>(inner, columns, rng);
    const Vector<T> bias = random_matrix<T>(rows, 1, rng);
    const Matrix<T> output = random_matrix<T>(rows, columns, rng);
    Window<T> c(rows, columns);
    kernels::multiply_plus_bias<T>(plain(a), plain(b), bias, c.inside());
    const Matrix<T> start = bias.replicate(1, columns);
    REQUIRE(is_product<T>(a, b, start, c.inside()));
    for (const Activation f : {Activation::relu, Activation::tanh}) {
        kernels::multiply_and_activate<T>(f, plain(a), plain(b), bias, c.inside());
        REQUIRE(is_layer<T>(f, a, b, bias, c));
        // The derivative's factor comes after the same sums, so only its own rounding is left.
        Window<T> d(rows, columns);
        Matrix<T> expected(rows, columns);
        kernels::multiply_and_differentiate<T>(f, transposed(at), plain(b), output, d.inside());
        kernels::multiply<T>(transposed(at), plain(b), expected);
        kernels::multiply_by_derivative<T>(f, output, expected);
        const T size = expected.array().abs().maxCoeff() + 1;
        REQUIRE(((d.inside() - expected).array().abs() <= 64 * std::numeric_limits<T>::epsilon() * size).all());
        REQUIRE(d.border_is_untouched());
    }
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
            Matrix<T> dense = start;  // no gap between columns: the end of one may be stored over the next one's start
            kernels::multiply_add<T>(left, right, dense);
            REQUIRE(is_product<T>(a, b, start, dense));
        }
    }
}

/// What all kinds of products make of matrices at this edge of memory.
template <class T>
std::vector<Matrix<T>> products_at(Edge edge, Index rows, Index inner, Index columns) {
    Rng rng(8);
    const Matrix<T> a = random_matrix<T>(rows, inner, rng), b = random_matrix<T>(inner, columns, rng);
    const GuardedMatrix<T> plain_a(a, edge), transposed_a(a.transpose(), edge);
    const GuardedMatrix<T> plain_b(b, edge), transposed_b(b.transpose(), edge);
    const Matrix<T> start = random_matrix<T>(rows, columns, rng);
    const GuardedMatrix<T> output(random_matrix<T>(rows, columns, rng), edge);
    const GuardedMatrix<T> bias(random_matrix<T>(rows, 1, rng), edge);
    GuardedMatrix<T> c(start, edge), sums(Vector<T>::Zero(rows), edge);
    std::vector<Matrix<T>> results;
    const auto keep = [&](const auto& multiply) {
        c.view() = start;
        multiply(c.view());
        results.push_back(c.view());
    };
    for (const auto& left : {plain(plain_a.view()), transposed(transposed_a.view())}) {
        for (const auto& right : {plain(plain_b.view()), transposed(transposed_b.view())}) {
            keep([&](MatrixRef<T> out) { kernels::multiply<T>(left, right, out); });
            keep([&](MatrixRef<T> out) { kernels::multiply_add<T>(left, right, out); });
            keep([&](MatrixRef<T> out) { kernels::multiply_plus_bias<T>(left, right, bias.vector(), out); });
            for (const Activation f : {Activation::relu, Activation::tanh}) {
                keep([&](MatrixRef<T> out) { kernels::multiply_and_activate<T>(f, left, right, bias.vector(), out); });
                keep([&](MatrixRef<T> out) {
                    kernels::multiply_and_differentiate<T>(f, left, right, output.view(), out);
                });
            }
            keep([&](MatrixRef<T> out) {
                kernels::multiply_add_with_row_sums<T>(plain_a.view(), right, out, sums.vector());
            });
        }
    }
    results.push_back(sums.view());
    return results;
}

}  // namespace

TEMPLATE_TEST_CASE("products read and write nothing beyond their matrices", "", float, double) {
    for (const Index rows : {1, 3, 7, 16, 17, 35, 70}) {
        for (const Index inner : {1, 3, 8, 9, 19}) {
            for (const Index columns : {1, 2, 5, 13, 20}) {
                CAPTURE(rows, inner, columns);
                REQUIRE(products_at<TestType>(Edge::before, rows, inner, columns) ==
                        products_at<TestType>(Edge::after, rows, inner, columns));
            }
        }
    }
}

TEMPLATE_TEST_CASE("products of all shapes equal those of a plain loop", "", float, double) {
    Rng rng(1);
    for (Index size = 1; size <= 70; ++size) {
        check_products<TestType>(size, 1 + rng.below(70), 1 + rng.below(70), rng);
        check_products<TestType>(1 + rng.below(70), size, 1 + rng.below(20), rng);
        check_products<TestType>(1 + rng.below(20), 1 + rng.below(70), size, rng);
    }
}

TEMPLATE_TEST_CASE("products with bias, activation and derivative equal those done after one another", "", float,
                   double) {
    Rng rng(5);
    for (Index size = 1; size <= 70; ++size) {
        check_layers<TestType>(size, 1 + rng.below(70), 1 + rng.below(70), rng);
        check_layers<TestType>(1 + rng.below(70), 1 + rng.below(70), 1 + size % 20, rng);
    }
    for (const Index inner : {127, 128, 129, 600, 1100}) {
        for (const Index rows : {1, 3, 19, 64}) check_layers<TestType>(rows, inner, 11, rng);
    }
    for (const Index rows : {1, 2, 3}) check_layers<TestType>(rows, 30'000, 2, rng);  // too long a row to be copied
}

TEMPLATE_TEST_CASE("a derivative may be written over the output that it is taken from", "", float, double) {
    using T = TestType;
    Rng rng(9);
    for (const Index rows : {1, 5, 16, 17, 64, 70}) {
        for (const Index inner : {Index(1), Index(64), kernels::most_in_place<T>}) {
            for (const Index columns : {1, 2, 7, 13}) {
                for (const Activation f : {Activation::relu, Activation::tanh}) {
                    CAPTURE(rows, inner, columns, f == Activation::tanh);
                    const Matrix<T> at = random_matrix<T>(inner, rows, rng), b = random_matrix<T>(inner, columns, rng);
                    const Matrix<T> output = random_matrix<T>(rows, columns, rng);
                    Matrix<T> beside(rows, columns), over = output;
                    kernels::multiply_and_differentiate<T>(f, transposed(at), plain(b), output, beside);
                    kernels::multiply_and_differentiate<T>(f, transposed(at), plain(b), over, over);
                    REQUIRE(over == beside);
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("a product that adds up rows as well is the same product, with the sums", "", float, double) {
    Rng rng(6);
    for (const Index rows : {1, 3, 15, 16, 17, 40, 64, 70}) {
        for (const Index columns : {0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 64}) {
            for (const Index inner : {0, 1, 33, 300, 1100}) {
                CAPTURE(rows, columns, inner);
                const Matrix<TestType> a = random_matrix<TestType>(rows, inner, rng);
                const Matrix<TestType> bt = random_matrix<TestType>(columns, inner, rng);
                const Matrix<TestType> start = random_matrix<TestType>(rows, columns, rng);
                const Vector<TestType> before = random_matrix<TestType>(rows, 1, rng);
                Window<TestType> c(rows, columns);
                c.inside() = start;
                Vector<TestType> sums = before;
                kernels::multiply_add_with_row_sums<TestType>(a, transposed(bt), c.inside(), sums);
                REQUIRE(is_product<TestType>(a, bt.transpose(), start, c.inside()));
                REQUIRE(c.border_is_untouched());
                REQUIRE(is_product<TestType>(a, Matrix<TestType>::Ones(inner, 1), before, sums));
            }
        }
    }
}

TEMPLATE_TEST_CASE("an infinite number stays in its column", "", float, double) {
    using T = TestType;
    Rng rng(10);
    for (const Index rows : {1, 5, 17, 40, 70}) {
        for (const Index inner : {3, 20}) {
            CAPTURE(rows, inner);
            const Matrix<T> a = random_matrix<T>(rows, inner, rng), at = a.transpose();
            Matrix<T> b = random_matrix<T>(inner, 9, rng);
            Matrix<T> expected = random_matrix<T>(rows, 9, rng), c = expected;
            kernels::multiply_add<T>(transposed(at), plain(b), expected);
            b(1, 4) = std::numeric_limits<T>::infinity();
            kernels::multiply_add<T>(transposed(at), plain(b), c);
            REQUIRE_FALSE(c.col(4).allFinite());
            REQUIRE(c.leftCols(4) == expected.leftCols(4));
            REQUIRE(c.rightCols(4) == expected.rightCols(4));
        }
    }
}

TEST_CASE("a sum that is not a number stays so through a ReLU") {
    Matrix<float> a = Matrix<float>::Ones(20, 3);
    a(7, 1) = std::numeric_limits<float>::quiet_NaN();
    const Matrix<float> b = Matrix<float>::Ones(3, 9);
    Matrix<float> c(20, 9);
    kernels::multiply_and_activate<float>(Activation::relu, plain(a), plain(b), Vector<float>::Zero(20), c);
    CHECK(c.row(7).array().isNaN().all());
    CHECK(c.array().isNaN().count() == 9);
}

TEMPLATE_TEST_CASE("products deeper than one panel add up all panels", "", float, double) {
    Rng rng(2);
    for (const Index inner : {255, 256, 257, 300, 512, 700}) check_products<TestType>(19, inner, 11, rng);
}

TEMPLATE_TEST_CASE("products of a matrix whose panels were packed have the same bits", "", float, double) {
    using T = TestType;
    Rng rng(6);
    for (const Index rows : {1, 5, 16, 33, 65, 130, 200}) {
        for (const Index inner : {1, 7, 64, 129, 300}) {
            for (const Index columns : {1, 3, 40}) {
                CAPTURE(rows, inner, columns);
                const Matrix<T> a = random_matrix<T>(rows, inner, rng), at = a.transpose();
                const Matrix<T> b = random_matrix<T>(inner, columns, rng);
                for (const auto& left : {plain(a), transposed(at)}) {
                    Buffer<T> panels;
                    kernels::pack_panels(left, panels);
                    constexpr Index lane = simd::lanes<T>;
                    if (left.row_stride != 1) REQUIRE(panels.size() == (rows + lane - 1) / lane * lane * inner);
                    kernels::Strided<T> packed = left;
                    packed.panels = panels.data();
                    Matrix<T> c(rows, columns), d(rows, columns);
                    kernels::multiply<T>(left, plain(b), c);
                    kernels::multiply<T>(packed, plain(b), d);
                    REQUIRE(c == d);
                }
            }
        }
    }
}

TEST_CASE("panels that are not needed any more are cleared") {
    Rng rng(7);
    Buffer<float> panels;
    kernels::pack_panels(transposed(random_matrix<float>(9, 7, rng)), panels);
    CHECK(panels.size() > 0);
    kernels::pack_panels(plain(random_matrix<float>(9, 7, rng)), panels);
    CHECK(panels.empty());
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

TEST_CASE("a product of no terms is zero, and an empty batch stays as it is") {
    Matrix<float> c = Matrix<float>::Ones(3, 4);
    kernels::multiply_add<float>(plain(Matrix<float>(3, 0)), plain(Matrix<float>(0, 4)), c);
    CHECK(c == Matrix<float>::Ones(3, 4));
    kernels::multiply<float>(plain(Matrix<float>(3, 0)), plain(Matrix<float>(0, 4)), c);
    CHECK(c == Matrix<float>::Zero(3, 4));
    Matrix<float> tall = Matrix<float>::Ones(70, 40);
    kernels::multiply<float>(transposed(Matrix<float>(0, 70)), transposed(Matrix<float>(40, 0)), tall);
    CHECK(tall == Matrix<float>::Zero(70, 40));
    const Matrix<float> a = Matrix<float>::Ones(3, 5);
    Matrix<float> none(3, 0);
    kernels::multiply<float>(plain(a), plain(Matrix<float>(5, 0)), none);
    CHECK(none.size() == 0);
}

TEMPLATE_TEST_CASE("a column has the same bits in a batch of any width", "", float, double) {
    Rng rng(4);
    for (const Index inner : {5, 64, 300}) {
        for (const Index rows : {1, 2, 3, 4, 7, 16, 32, 33, 64}) {
            const Matrix<TestType> a = random_matrix<TestType>(rows, inner, rng);
            const Matrix<TestType> b = random_matrix<TestType>(inner, 13, rng);
            const Matrix<TestType> start = random_matrix<TestType>(rows, 13, rng);
            const Vector<TestType> bias = random_matrix<TestType>(rows, 1, rng);
            const auto products = [&](Index first, Index columns) {
                Matrix<TestType> all(rows, 4 * columns);
                const auto part = b.middleCols(first, columns);
                all.middleCols(columns, columns) = start.middleCols(first, columns);
                kernels::multiply<TestType>(plain(a), plain(part), all.leftCols(columns));
                kernels::multiply_add<TestType>(plain(a), plain(part), all.middleCols(columns, columns));
                kernels::multiply_and_activate<TestType>(Activation::tanh, plain(a), plain(part), bias,
                                                         all.middleCols(2 * columns, columns));
                kernels::multiply_and_activate<TestType>(Activation::relu, plain(a), plain(part), bias,
                                                         all.rightCols(columns));
                return all;
            };
            const Matrix<TestType> whole = products(0, 13);
            for (const Index width : {1, 3, 8}) {
                for (Index first = 0; first + width <= 13; ++first) {
                    CAPTURE(inner, rows, width, first);
                    const Matrix<TestType> some = products(first, width);
                    const auto bytes = static_cast<std::size_t>(rows * width) * sizeof(TestType);
                    for (Index kind = 0; kind < 4; ++kind) {
                        const auto *const x = some.col(kind * width).data(), *const y =
                                                                                 whole.col(13 * kind + first).data();
                        REQUIRE(std::memcmp(x, y, bytes) == 0);
                    }
                }
            }
        }
    }
}
