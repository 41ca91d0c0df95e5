#include "catch.hpp"

#include "gradiva/optim/conjugate_gradient.hpp"
#include "helpers/random.hpp"

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
    CHECK((m * rough.x - g).squaredNorm() < 0.1);
    const Solution nothing(m, Vector<double>::Zero(12));
    CHECK(nothing.solved);
    CHECK(nothing.products == 0);
    CHECK(nothing.x.isZero(0));
}

TEST_CASE("one step of conjugate gradients is that of steepest descent") {
    const Matrix<double> m = Eigen::Vector2d(1, 3).asDiagonal();
    const Solution solution(m, Eigen::Vector2d(1, 1), {.iterations = 1});
    CHECK(solution.x.isApprox(Eigen::Vector2d(0.5, 0.5)));
}

TEST_CASE("a curvature that is not positive or not finite is reported") {
    const Vector<double> g = Vector<double>::Ones(2);
    CHECK_FALSE(Solution(-Matrix<double>::Identity(2, 2), g).solved);
    CHECK_FALSE(Solution(Matrix<double>::Zero(2, 2), g).solved);
    CHECK_FALSE(Solution(Matrix<double>::Constant(2, 2, std::numeric_limits<double>::quiet_NaN()), g).solved);
    CHECK_FALSE(Solution(Matrix<double>::Constant(2, 2, std::numeric_limits<double>::infinity()), g).solved);
}
