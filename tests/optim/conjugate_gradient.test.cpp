#include "catch.hpp"

#include "gradiva/optim/conjugate_gradient.hpp"
#include "helpers/random.hpp"

#include <cmath>
#include <limits>

using namespace gradiva;

namespace {

// Solves M x = g and counts the products.
struct Solution {
    Vector<double> x;
    bool solved = false;
    int products = 0;
    Solution(const Matrix<double>& m, const Vector<double>& g, ConjugateGradientOptions options = {})
        : x(Vector<double>::Constant(g.size(), 99)) {
        ConjugateGradient<double> solver(options);
        const auto multiply = [&](std::span<const double> v, std::span<double> out) {
            as_vector(out) = m * as_vector(v);
            ++products;
        };
        const auto n = static_cast<std::size_t>(g.size());
        solved = solver.solve(multiply, std::span(g.data(), n), std::span(x.data(), n));
    }
};

// A symmetric positive definite matrix.
Matrix<double> random_metric(Index size, Rng& rng) {
    const Matrix<double> a = gradiva_test::random_matrix<double>(size, size, rng);
    return a * a.transpose() + Matrix<double>::Identity(size, size);
}

}  // namespace

TEST_CASE("conjugate gradients solve a positive definite system in as many steps as it has unknowns") {
    Rng rng(1);
    for (const Index size : {1, 2, 7, 12}) {
        const Matrix<double> m = random_metric(size, rng);
        const Vector<double> g = gradiva_test::random_vector<double>(size, rng);
        const Solution solution(m, g, {.tolerance = 1e-20});
        CHECK(solution.solved);
        CHECK((m * solution.x).isApprox(g, 1e-9));
        CHECK(solution.products <= size + 1);
    }
}

TEST_CASE("conjugate gradients stop at the tolerance and at the number of iterations") {
    Rng rng(2);
    const Matrix<double> m = random_metric(12, rng);
    const Vector<double> g = gradiva_test::random_vector<double>(12, rng);
    CHECK(Solution(m, g, {.iterations = 3, .tolerance = 0}).products == 3);
    const Solution rough(m, g, {.tolerance = 0.1});
    CHECK(rough.products < 12);
    CHECK((m * rough.x - g).squaredNorm() <= 0.1 * g.squaredNorm());
    const Solution loose(m, g, {.tolerance = 1});
    CHECK(loose.products == 0);
    const Solution nothing(m, Vector<double>::Zero(12));
    CHECK(nothing.solved);
    CHECK(nothing.products == 0);
    CHECK(nothing.x.isZero(0));
}

TEMPLATE_TEST_CASE("the accuracy and the number of products do not depend on the norm of g", "", float, double) {
    using T = TestType;
    Rng rng(3);
    const Matrix<T> m = random_metric(12, rng).cast<T>();
    const Vector<T> g = gradiva_test::random_vector<double>(12, rng).cast<T>();
    const auto solve = [&](int power, int& products) {
        const Vector<T> scaled = g.unaryExpr([power](T value) { return std::ldexp(value, power); });
        Vector<T> x(12);
        const auto multiply = [&](std::span<const T> v, std::span<T> out) {
            as_vector(out) = m * as_vector(v);
            ++products;
        };
        REQUIRE(ConjugateGradient<T>().solve(multiply, std::span(scaled.data(), 12U), std::span(x.data(), 12U)));
        return x;
    };
    int expected_products = 0;
    const Vector<T> expected = solve(0, expected_products);
    CHECK((m * expected).isApprox(g, T(1e-4)));
    const int far = sizeof(T) == 4 ? 100 : 1000;
    for (const int power : {-far, -70, -40, -1, 1, 20, 70, far}) {
        CAPTURE(power);
        int products = 0;
        const Vector<T> x = solve(power, products);
        CHECK(products == expected_products);
        for (Index i = 0; i < 12; ++i) CHECK(std::ldexp(x[i], -power) == expected[i]);
    }
}

TEST_CASE("a g that is not finite is not solved") {
    Rng rng(4);
    const Matrix<double> m = random_metric(5, rng);
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        Vector<double> g = gradiva_test::random_vector<double>(5, rng);
        g[3] = bad;
        const Solution solution(m, g);
        CHECK_FALSE(solution.solved);
        CHECK(solution.products == 0);
    }
    // Nor is one whose x is beyond the scalar.
    CHECK_FALSE(Solution(Matrix<double>::Identity(2, 2) * 1e-200, Vector<double>::Constant(2, 1e200)).solved);
}

TEST_CASE("scale_to_one is a power of two that scales a norm to about 1") {
    for (const double norm : {0.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
        CHECK(scale_to_one<float>(norm) == 1);
        CHECK(scale_to_one<double>(norm) == 1);
    }
    CHECK(scale_to_one<float>(1) == 1);
    CHECK(scale_to_one<float>(1.99) == 1);
    CHECK(scale_to_one<double>(2) == 0.5);
    CHECK(scale_to_one<double>(0.3) == 4);
    CHECK(scale_to_one<double>(0x1p-1000) == 0x1p1000);
    for (const double norm : {1e-45, 3e38, 1e40}) {
        const float scale = scale_to_one<float>(norm);
        CHECK(std::isnormal(scale));
        CHECK(std::isnormal(1 / scale));
    }
}

TEST_CASE("one step of conjugate gradients is that of steepest descent") {
    const Matrix<double> m = Eigen::Vector2d(1, 3).asDiagonal();
    const Solution solution(m, Eigen::Vector2d(1, 1), {.iterations = 1});
    CHECK(solution.x.isApprox(Eigen::Vector2d(0.5, 0.5)));
}

TEST_CASE("a curvature that is not positive or not finite is reported") {
    const Vector<double> g = Vector<double>::Ones(2);
    CHECK_FALSE(Solution(-Matrix<double>::Identity(2, 2), g).solved);
    const Solution flat(Matrix<double>::Zero(2, 2), g);
    CHECK_FALSE(flat.solved);
    CHECK(flat.products == 1);  // nothing was divided by that curvature and gone on with
    CHECK_FALSE(Solution(Matrix<double>::Constant(2, 2, std::numeric_limits<double>::quiet_NaN()), g).solved);
    CHECK_FALSE(Solution(Matrix<double>::Constant(2, 2, std::numeric_limits<double>::infinity()), g).solved);
}
