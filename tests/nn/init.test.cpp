#include "catch.hpp"

#include "gradiva/nn/init.hpp"
#include "helpers/largest.hpp"
#include "helpers/sanitizer.hpp"

#include <cmath>
#include <vector>

using namespace gradiva;

namespace {

/// Normal vectors made orthogonal one after the other by the method of Gram and Schmidt, twice over.
Matrix<double> plain_orthonormal(Index length, Index count, Rng& rng) {
    Matrix<double> q(length, count);
    for (Index j = 0; j < count; ++j) {
        for (Index i = 0; i < length; ++i) q(i, j) = rng.normal();
        for (int pass = 0; pass < 2; ++pass) {
            for (Index k = 0; k < j; ++k) q.col(j) -= q.col(k).dot(q.col(j)) * q.col(k);
        }
        q.col(j).normalize();
    }
    return q;
}

/// The largest element of the product of the shorter side with itself, less the identity.
template <class Scalar>
double orthogonality_error(const Matrix<Scalar>& w) {
    Matrix<double> tall = w.template cast<double>();
    if (w.rows() < w.cols()) tall.transposeInPlace();
    Matrix<double> square = tall.transpose() * tall;
    square.diagonal().array() -= 1;
    return gradiva_test::largest_size(square);
}

/// The vectors as columns.
Matrix<double> as_matrix(const detail::OrthonormalVectors& basis, Index length, Index count) {
    Matrix<double> q(length, count);
    for (Index j = 0; j < count; ++j) {
        for (Index i = 0; i < length; ++i) q(i, j) = basis(i, j);
    }
    return q;
}

}  // namespace

TEST_CASE("orthogonal weights have orthogonal rows, or columns where there are fewer, of the length given") {
    Rng rng(1);
    for (const auto& [rows, columns] :
         std::vector<std::pair<Index, Index>>{{3, 7}, {7, 3}, {5, 5}, {1, 9}, {9, 1}, {1, 1}, {64, 4}, {64, 64}}) {
        for (const double gain : {1.0, 0.01, 1.4}) {
            CAPTURE(rows, columns, gain);
            Matrix<double> w(rows, columns);
            orthogonal_init<double>(w, gain, rng);
            const Matrix<double> square = rows <= columns ? Matrix<double>(w * w.transpose()) : w.transpose() * w;
            CHECK((square / (gain * gain)).isIdentity(1e-12));
        }
    }
}

TEST_CASE("orthogonal weights in float keep to the rounding of float") {
    Rng rng(2);
    Matrix<float> w(6, 64);
    orthogonal_init<float>(w, 2, rng);
    CHECK((w * w.transpose() / 4).isIdentity(1e-5F));
}

TEST_CASE("orthogonal weights have mean 0 in every element") {
    // The mean of each element, of which every second has the variance 1/2, over 2000 matrices.
    Rng rng(3);
    Matrix<double> mean = Matrix<double>::Zero(2, 2);
    Matrix<double> w(2, 2);
    for (int i = 0; i < 2000; ++i) {
        orthogonal_init<double>(w, 1, rng);
        mean += w / 2000;
    }
    CHECK(gradiva_test::largest_size(mean) < 4 * std::sqrt(0.5 / 2000));
}

TEST_CASE("the same stream draws the same weights, another stream others") {
    const auto draw = [](Rng rng) {
        Matrix<float> w(4, 6);
        orthogonal_init<float>(w, 1, rng);
        return w;
    };
    CHECK(draw(Rng(1)) == draw(Rng(1)));
    CHECK(draw(Rng(1)) != draw(Rng(2)));
}

TEMPLATE_TEST_CASE("orthogonal weights are those of a plain method, for any shape", "", float, double) {
    using T = TestType;
    std::vector<std::pair<Index, Index>> shapes = {{1, 700}, {700, 1}, {700, 2}};
    if (!gradiva_test::sanitized) shapes.insert(shapes.end(), {{512, 300}, {300, 512}, {400, 400}});
    for (const Index rows : {1, 2, 7, 8, 31, 32, 33, 64, 65, 97, 130}) {
        for (const Index columns : {1, 2, 5, 31, 32, 33, 64, 96, 130}) shapes.emplace_back(rows, columns);
    }
    for (const auto& [rows, columns] : shapes) {
        CAPTURE(rows, columns);
        Rng rng(static_cast<std::uint64_t>(1000 * rows + columns)), other = rng;
        Matrix<T> w(rows, columns);
        orthogonal_init<T>(w, 1, rng);
        const Matrix<double> expected = plain_orthonormal(std::max(rows, columns), std::min(rows, columns), other);
        const Matrix<double> difference =
            (rows >= columns ? expected : Matrix<double>(expected.transpose())) - w.template cast<double>();
        REQUIRE(gradiva_test::largest_size(difference) < (sizeof(T) == 4 ? 1e-6 : 1e-9));
        REQUIRE(orthogonality_error(w) < (sizeof(T) == 4 ? 1e-6 : 1e-12));
        CHECK(rng.normal() == other.normal());  // as many numbers were drawn
    }
}

TEST_CASE("orthogonal weights of a wide layer are orthogonal to the rounding of their scalar") {
    constexpr Index size = gradiva_test::sanitized ? 256 : 2048, some = 32;
    Rng rng(1), same(1);
    Matrix<float> w(size, size);
    Matrix<double> v(size, size);
    orthogonal_init<float>(w, 1, rng);
    orthogonal_init<double>(v, 1, same);
    CHECK(gradiva_test::largest_size(w.cast<double>() - v) < 1e-7);
    // The first, which are drawn first, some of the middle and the last, of which least was left, with all.
    for (const Index begin : {Index{0}, size / 2 - 5, size - some}) {
        Matrix<double> product = v.transpose() * v.middleCols(begin, some);
        product.middleRows(begin, some).diagonal().array() -= 1;
        CHECK(gradiva_test::largest_size(product) < 1e-11);
        const Matrix<double> in_double = w.cast<double>();
        product = in_double.transpose() * in_double.middleCols(begin, some);
        product.middleRows(begin, some).diagonal().array() -= 1;
        CHECK(gradiva_test::largest_size(product) < 1e-6);
    }
}

TEST_CASE("linearly dependent vectors, and nearly dependent ones, become orthonormal too") {
    constexpr Index length = 100;
    for (const double apart : {1e-3, 1e-7, 1e-10, 1e-13, 0.0}) {
        for (const Index count : {10, 40, 100}) {
            CAPTURE(apart, count);
            Rng rng(5);
            std::vector<double> first(length);
            for (double& x : first) x = rng.normal();
            Index drawn = 0;
            // Each third vector is almost the first, until all have been drawn once.
            const detail::OrthonormalVectors basis(length, count, [&] {
                const Index vector = drawn / length, element = drawn % length;
                ++drawn;
                if (vector % 3 != 0 || vector >= count) return rng.normal();
                return first[static_cast<std::size_t>(element)] + apart * rng.normal();
            });
            CHECK(orthogonality_error(as_matrix(basis, length, count)) < 1e-12);
        }
    }
}

TEST_CASE("a vector of one element is its sign") {
    for (const double x : {2.0, -2.0, 1e-9, -1e-9}) {
        CHECK(detail::OrthonormalVectors(1, 1, [x] { return x; })(0, 0) == (x > 0 ? 1 : -1));
    }
    int draws = 0;
    CHECK(detail::OrthonormalVectors(1, 1, [&draws] { return ++draws < 3 ? 0.0 : -3.0; })(0, 0) == -1);
    CHECK(draws == 3);
}
