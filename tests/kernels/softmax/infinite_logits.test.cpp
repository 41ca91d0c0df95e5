#include "catch.hpp"

#include "gradiva/kernels/softmax/categorical_gradient.hpp"
#include "helpers/random.hpp"
#include "helpers/softmax.hpp"

#include <cmath>
#include <limits>
#include <vector>

using namespace gradiva;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;
using gradiva_test::Softmax;

namespace {

template <class T>
constexpr T infinity = std::numeric_limits<T>::infinity();

/// Logits of which about a third are minus infinity, or so far below the others that the difference is.
template <class T>
Matrix<T> logits_without_some(Index choices, Index batch, Rng& rng) {
    Matrix<T> z = 3 * random_matrix<T>(choices, batch, rng);
    for (Index j = 0; j < batch; ++j) {
        const Index kept = rng.below(choices);
        for (Index i = 0; i < choices; ++i) {
            if (i != kept && rng.below(3) == 0)
                z(i, j) = rng.below(4) == 0 ? std::numeric_limits<T>::lowest() : -infinity<T>;
        }
    }
    return z;
}

/// What a plain loop in double says of a column.
struct Column {
    std::vector<double> p, log_p;
    double entropy = 0;

    template <class T>
    Column(const Matrix<T>& z, Index j) : p(static_cast<std::size_t>(z.rows())), log_p(p.size()) {
        const double largest = static_cast<double>(z.col(j).maxCoeff());
        double sum = 0;
        for (std::size_t i = 0; i < p.size(); ++i) {
            log_p[i] = static_cast<double>(z(static_cast<Index>(i), j)) - largest;
            sum += p[i] = log_p[i] < -1e30 ? 0 : std::exp(log_p[i]);
        }
        for (std::size_t i = 0; i < p.size(); ++i) {
            p[i] /= sum;
            log_p[i] -= std::log(sum);
            if (p[i] > 0) entropy -= p[i] * log_p[i];
        }
    }

    double kl_to(const Column& to) const {
        double sum = 0;
        for (std::size_t i = 0; i < p.size(); ++i) sum += p[i] > 0 ? p[i] * (log_p[i] - to.log_p[i]) : 0;
        return sum;
    }
};

}  // namespace

TEMPLATE_TEST_CASE("a logit of minus infinity has probability 0 and exactly no share in anything", "", float, double) {
    using T = TestType;
    Rng rng(1);
    const double tolerance = 64 * static_cast<double>(std::numeric_limits<T>::epsilon());
    const auto close = [&](double x) { return Catch::Approx(x).epsilon(tolerance).margin(tolerance); };
    for (const Index choices : {1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 18, 33, 64, 70}) {
        for (const Index batch : {1, 2, 3, 5, 8, 16, 17, 33}) {
            const Matrix<T> z = logits_without_some<T>(choices, batch, rng),
                            other = logits_without_some<T>(choices, batch, rng);
            const Softmax<T> p(z), q(other);
            const Vector<T> w = random_vector<T>(batch, rng);
            Eigen::RowVectorXi choice(batch), mode(batch);
            for (int& c : choice) c = static_cast<int>(rng.below(choices));
            kernels::most_probable_choice<T>(p, mode);
            Vector<T> log_prob = Vector<T>::Zero(batch);
            kernels::add_log_prob<T>(p, choice, log_prob);
            Matrix<T> of_entropy(choices, batch), of_all(choices, batch), fisher(choices, batch);
            kernels::categorical_gradient<T>(p, choice, Vector<T>::Zero(batch), T(0.7), nullptr, 0, of_entropy);
            kernels::categorical_gradient<T>(p, choice, w, T(0.3), &q, T(0.8), of_all);
            kernels::categorical_fisher<T>(p, random_matrix<T>(choices, batch, rng), fisher);
            for (Index j = 0; j < batch; ++j) {
                CAPTURE(choices, batch, j);
                const Column expected(z, j), from(other, j);
                REQUIRE(p.entropy(j) == close(expected.entropy));
                REQUIRE(z(mode[j], j) == z.col(j).maxCoeff());
                const double kl = from.kl_to(expected);
                REQUIRE((kl > 1e30 ? q.kl(p, j) > 1e30 : q.kl(p, j) == close(kl)));
                const double chosen = expected.log_p[static_cast<std::size_t>(choice[j])];
                REQUIRE((chosen < -1e30 ? static_cast<double>(log_prob[j]) < -1e30
                                        : static_cast<double>(log_prob[j]) == close(chosen)));
                REQUIRE((z(choice[j], j) != -infinity<T> || log_prob[j] == -infinity<T>));
                for (Index i = 0; i < choices; ++i) {
                    CAPTURE(i);
                    const double p_i = expected.p[static_cast<std::size_t>(i)],
                                 log_p = expected.log_p[static_cast<std::size_t>(i)];
                    const double share = p_i > 0 ? p_i * (log_p + expected.entropy) : 0;
                    const double picked = choice[j] == i ? static_cast<double>(w[j]) : 0;
                    const double by_kl = p_i - from.p[static_cast<std::size_t>(i)];
                    REQUIRE(static_cast<double>(p.p(i, j)) == close(p_i));
                    REQUIRE(static_cast<double>(of_entropy(i, j)) == close(-0.7 * share));
                    REQUIRE(static_cast<double>(of_all(i, j)) ==
                            close(picked - static_cast<double>(w[j]) * p_i - 0.3 * share + 0.8 * by_kl));
                    if (p_i > 0) continue;
                    REQUIRE((p.p(i, j) == 0 && of_entropy(i, j) == 0 && fisher(i, j) == 0));
                    if (picked == 0 && by_kl == 0) REQUIRE(of_all(i, j) == 0);
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("a logit of minus infinity counts in any weight of the entropy", "", float, double) {
    using T = TestType;
    for (const Index choices : {2, 16, 19}) {
        Matrix<T> z = Matrix<T>::Zero(choices, 5), dz(choices, 5);
        z.row(0).setConstant(-infinity<T>);
        for (const T weight : {T(0), T(-1e-30), T(1e9), T(-1e30)}) {
            kernels::categorical_gradient<T>(Softmax<T>(z), Eigen::RowVectorXi::Ones(5), Vector<T>::Zero(5), weight,
                                             nullptr, 0, dz);
            CHECK(dz.row(0).isZero(0));
            CHECK(dz.allFinite());
        }
    }
}

TEMPLATE_TEST_CASE("a divergence is infinite where a choice of the first has probability 0 in the second", "", float,
                   double) {
    using T = TestType;
    for (const Index choices : {2, 16, 19}) {
        Matrix<T> z = Matrix<T>::Zero(choices, 3), other = z, dz(choices, 3);
        z(choices - 1, 1) = -infinity<T>;
        const Softmax<T> p(z), q(other);
        CHECK(q.kl(p, 0) == 0);
        CHECK(q.kl(p, 1) == std::numeric_limits<double>::infinity());
        CHECK(p.kl(q, 1) == Catch::Approx(std::log(static_cast<double>(choices) / static_cast<double>(choices - 1))));
        CHECK(p.kl(p, 1) == 0);
        kernels::categorical_gradient<T>(p, Eigen::RowVectorXi::Zero(3), Vector<T>::Zero(3), 0, &q, 1, dz);
        CHECK(dz(choices - 1, 1) == Catch::Approx(-1.0 / static_cast<double>(choices)));
    }
}

TEMPLATE_TEST_CASE("where all logits of a column are minus infinity, all of that column is NaN", "", float, double) {
    using T = TestType;
    for (const Index choices : {1, 2, 5, 16, 19, 40}) {
        Matrix<T> z = Matrix<T>::Zero(choices, 19), dz(choices, 19);
        z.col(17).setConstant(-infinity<T>);
        const Softmax<T> p(z), q(Matrix<T>::Zero(choices, 19));
        Vector<T> log_prob = Vector<T>::Zero(19);
        kernels::add_log_prob<T>(p, Eigen::RowVectorXi::Zero(19), log_prob);
        kernels::categorical_gradient<T>(p, Eigen::RowVectorXi::Zero(19), Vector<T>::Ones(19), T(0.3), &q, T(0.8), dz);
        for (Index j = 0; j < 19; ++j) {
            CAPTURE(choices, j);
            CHECK(std::isnan(p.entropy(j)) == (j == 17));
            CHECK(std::isnan(log_prob[j]) == (j == 17));
            CHECK(std::isnan(q.kl(p, j)) == (j == 17));
            CHECK(std::isnan(p.kl(q, j)) == (j == 17));
            for (Index i = 0; i < choices; ++i) REQUIRE(std::isnan(dz(i, j)) == (j == 17));
        }
    }
}

TEMPLATE_TEST_CASE("a choice whose logit is minus infinity is never drawn", "", float, double) {
    using T = TestType;
    constexpr Index batch = 1000;
    Rng seed(3);
    for (const Index choices : {2, 3, 16, 19}) {
        const Matrix<T> z = logits_without_some<T>(choices, batch, seed);
        const Softmax<T> p(z);
        std::vector<Rng> rng;
        for (std::uint64_t j = 0; j < batch; ++j) rng.emplace_back(1, Purpose::action, j);
        Eigen::RowVectorXi choice(batch);
        Index never = 0;
        for (int round = 0; round < 20; ++round) {
            kernels::draw_choice<T>(p, rng, choice);
            for (Index j = 0; j < batch; ++j) never += z(choice[j], j) < -1e30 ? 1 : 0;
        }
        CHECK(never == 0);
    }
}

TEST_CASE("a choice far below the others has its share of the entropy and its gradient to the last digits") {
    for (const Index choices : {2, 8, 11}) {
        for (const double below : {-20.0, -30.0, -100.0, -700.0}) {
            Matrix<double> z = Matrix<double>::Zero(choices, 3), dz(choices, 3);
            z.row(0).setConstant(below);
            const double n = static_cast<double>(choices - 1), p = std::exp(below) / (n + std::exp(below));
            const double log_p = below - std::log(n + std::exp(below)), log_rest = -std::log(n + std::exp(below));
            const double entropy = -p * log_p - (1 - p) * log_rest;
            const Softmax<double> is(z);
            kernels::categorical_gradient<double>(is, Eigen::RowVectorXi::Ones(3), Vector<double>::Zero(3), 1, nullptr,
                                                  0, dz);
            CAPTURE(choices, below);
            CHECK(is.entropy(1) - std::log(n) == Catch::Approx(entropy - std::log(n)).margin(1e-15));
            CHECK(dz(0, 1) == Catch::Approx(-p * (log_p + entropy)).margin(0));
        }
    }
}
