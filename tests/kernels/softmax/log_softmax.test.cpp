#include "catch.hpp"

#include "helpers/log_softmax.hpp"
#include "helpers/random.hpp"
#include "helpers/softmax.hpp"

#include <limits>

using namespace gradiva;
using Catch::Approx;
using gradiva_test::log_softmax;
using gradiva_test::random_matrix;
using gradiva_test::Softmax;

namespace {

template <class T>
void check_against_reference(const Matrix<T>& z, const Matrix<T>& other) {
    const Softmax<T> is(z);
    const Softmax<T> from(other);
    const double tolerance = 64 * static_cast<double>(std::numeric_limits<T>::epsilon());
    const auto close = [&](double x) { return Approx(x).epsilon(tolerance).margin(tolerance); };
    for (Index j = 0; j < z.cols(); ++j) {
        const std::vector<double> log_p = log_softmax(z, j);
        const std::vector<double> log_q = log_softmax(other, j);
        double sum = 0;
        double entropy = 0;
        double kl = 0;
        for (std::size_t i = 0; i < log_p.size(); ++i) {
            CAPTURE(z.rows(), z.cols(), i, j);
            const auto row = static_cast<Index>(i);
            REQUIRE(static_cast<double>(is.log_p(row, j)) == close(log_p[i]));
            REQUIRE(static_cast<double>(is.p(row, j)) == close(std::exp(log_p[i])));
            sum += static_cast<double>(is.p(row, j));
            entropy -= std::exp(log_p[i]) * log_p[i];
            kl += std::exp(log_q[i]) * (log_q[i] - log_p[i]);
        }
        REQUIRE(sum == close(1));
        REQUIRE(is.entropy(j) == close(entropy));
        REQUIRE(from.kl(is, j) == close(kl));
    }
}

}  // namespace

TEMPLATE_TEST_CASE("log softmax, entropy and divergence equal those of a plain loop", "", float, double) {
    Rng rng(1);
    for (const Index choices : {1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 17, 18, 33, 64, 100}) {
        for (const Index batch : {1, 2, 3, 5, 7, 16, 17, 33}) {
            check_against_reference<TestType>(4 * random_matrix<TestType>(choices, batch, rng),
                                              4 * random_matrix<TestType>(choices, batch, rng));
        }
    }
}

TEMPLATE_TEST_CASE("logits may be as large as ten thousand", "", float, double) {
    using T = TestType;
    for (const T large : {T(1e4), T(-1e4)}) {
        // 17 columns: the vector code and the scalar rest after it.
        Matrix<T> z = Matrix<T>::Zero(3, 17);
        z.row(1).setConstant(large);
        Matrix<T> other = Matrix<T>::Constant(3, 17, large);
        other.row(2).setConstant(large + T(1));
        check_against_reference<T>(z, other);
        CHECK((Softmax<T>(z).probabilities().array() <= T(1)).all());
    }
}

TEMPLATE_TEST_CASE("equal logits share the probability, and one choice takes it all", "", float, double) {
    using T = TestType;
    const Softmax<T> equal(Matrix<T>::Constant(8, 3, T(0.7)));
    CHECK(equal.probabilities().isConstant(T(0.125)));
    CHECK(equal.entropy(2) == Approx(std::log(8.0)));
    CHECK(equal.kl(equal, 1) == 0);
    const Softmax<T> alone(Matrix<T>::Constant(1, 2, T(-300)));
    CHECK(alone.log_p(0, 1) == 0);
    CHECK(alone.p(0, 1) == 1);
    CHECK(alone.entropy(0) == 0);
}

TEMPLATE_TEST_CASE("a column has the same bits wherever it stands, in a batch of any width", "", float, double) {
    using T = TestType;
    Rng rng(2);
    for (const Index choices : {1, 2, 3, 5, 16, 18, 33, 64, 70}) {
        const Matrix<T> z = 5 * random_matrix<T>(choices, 33, rng);
        const Softmax<T> together(z);
        for (Index j = 0; j < z.cols(); ++j) {
            const Softmax<T> alone(z.col(j));
            CAPTURE(choices, j);
            REQUIRE(alone.entropy(0) == together.entropy(j));
            for (Index i = 0; i < choices; ++i) {
                REQUIRE(alone.log_p(i, 0) == together.log_p(i, j));
                REQUIRE(alone.p(i, 0) == together.p(i, j));
            }
        }
    }
}

TEMPLATE_TEST_CASE("logits may be some rows of a larger matrix", "", float, double) {
    using T = TestType;
    Rng rng(3);
    for (const Index choices : {1, 2, 3, 4, 7, 16, 19, 40}) {
        const Matrix<T> all = random_matrix<T>(choices + 5, 37, rng);
        kernels::SoftmaxBatch<T> part;
        kernels::log_softmax<T>(all.middleRows(2, choices), part);
        const Softmax<T> own(all.middleRows(2, choices));
        for (Index j = 0; j < 37; ++j) {
            for (Index i = 0; i < choices; ++i) REQUIRE(part.p(i, j) == own.p(i, j));
        }
    }
}

TEMPLATE_TEST_CASE("NaN or an infinite logit makes NaN of its own column alone", "", float, double) {
    using T = TestType;
    const T infinite = std::numeric_limits<T>::infinity();
    for (const T bad : {std::numeric_limits<T>::quiet_NaN(), infinite}) {
        for (const Index choices : {1, 2, 5, 18, 32, 35}) {
            for (Index row = 0; row < choices; ++row) {
                Matrix<T> z = Matrix<T>::Zero(choices, 19);
                z(row, 17) = bad;
                const Softmax<T> is(z);
                for (Index i = 0; i < choices; ++i) {
                    CHECK(std::isnan(is.log_p(i, 17)));
                    CHECK(std::isnan(is.p(i, 17)));
                    CHECK(std::isfinite(is.log_p(i, 16)));
                    CHECK(std::isfinite(is.log_p(i, 18)));
                }
                CHECK(std::isnan(is.entropy(17)));
            }
        }
    }
}
