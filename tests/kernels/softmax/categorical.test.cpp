#include "catch.hpp"

#include "gradiva/kernels/softmax/categorical_gradient.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/guarded_matrix.hpp"
#include "helpers/random.hpp"
#include "helpers/softmax.hpp"

#include <cstdint>
#include <limits>
#include <utility>

using namespace gradiva;
using Catch::Approx;
using gradiva_test::Edge;
using gradiva_test::GuardedMatrix;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;
using gradiva_test::relative_error;
using gradiva_test::Softmax;

namespace {

// A place in the space of logits, where each gradient is compared with central differences.
struct Place {
    Rng rng{5};
    Matrix<double> z = 2 * random_matrix<double>(4, 3, rng);
    Matrix<double> start = random_matrix<double>(4, 3, rng);
    Matrix<double> dz = start;  // to be overwritten

    double error(const std::function<double()>& f) {
        const auto expected = numeric_gradient({z.data(), 12}, f);
        return relative_error({dz.data(), 12}, expected);
    }
};

}  // namespace

TEMPLATE_TEST_CASE("the log-probability of each choice is added", "", float, double) {
    using T = TestType;
    Rng rng(8);
    for (const Index choices : {1, 3, 17}) {
        for (const Index batch : {1, 5, 33}) {
            const Softmax<T> is(random_matrix<T>(choices, batch, rng));
            Eigen::RowVectorXi choice(batch);
            for (int& c : choice) c = static_cast<int>(rng.below(choices));
            Vector<T> out = Vector<T>::Constant(batch, 10);
            kernels::add_log_prob<T>(is, choice, out);
            for (Index j = 0; j < batch; ++j) CHECK(out[j] == 10 + is.log_p(choice[j], j));
        }
    }
}

TEST_CASE("the most probable choice is the first of the largest logits") {
    Matrix<float> z(3, 2);
    z << 1, 0, 2, 5, 2, 5;
    Eigen::RowVectorXi choice(2), same(2);
    kernels::most_probable_choice<float>(Softmax<float>(z), choice);
    kernels::largest_choice<float>(z, same);
    CHECK(choice == Eigen::RowVector2i(1, 1));
    CHECK(same == choice);
}

TEST_CASE("the gradients of log-probability, entropy and divergence agree with central differences") {
    Place place;
    const Eigen::RowVector3i choice(3, 0, 1);
    const Vector<double> w = random_vector<double>(3, place.rng);
    const Softmax<double> from(random_matrix<double>(4, 3, place.rng));
    const auto error = [&](double log_prob, double entropy, double kl) {
        kernels::categorical_gradient<double>(Softmax<double>(place.z), choice, log_prob * w, entropy,
                                              kl != 0 ? &from : nullptr, kl, place.dz);
        return place.error([&] {
            const Softmax<double> at(place.z);
            const double log_probs = w[0] * at.log_p(3, 0) + w[1] * at.log_p(0, 1) + w[2] * at.log_p(1, 2);
            const double entropies = at.entropy(0) + at.entropy(1) + at.entropy(2);
            return log_prob * log_probs + entropy * entropies + kl * (from.kl(at, 0) + from.kl(at, 1) + from.kl(at, 2));
        });
    };
    CHECK(error(1, 0, 0) < 1e-6);
    CHECK(error(0, -0.7, 0) < 1e-6);
    CHECK(error(0, 0, 1.3) < 1e-6);
    CHECK(error(1, -0.7, 1.3) < 1e-6);
}

TEMPLATE_TEST_CASE("the gradient equals its equation in double, for any number of choices and samples", "", float,
                   double) {
    using T = TestType;
    Rng rng(9);
    const double tolerance = 64 * static_cast<double>(std::numeric_limits<T>::epsilon());
    for (const Index choices : {1, 2, 3, 5, 16, 17, 33, 70}) {
        for (const Index batch : {1, 3, 17, 33}) {
            const Softmax<T> p(3 * random_matrix<T>(choices, batch, rng)), q(random_matrix<T>(choices, batch, rng));
            const Vector<T> w = random_vector<T>(batch, rng);
            Matrix<int> actions(2, batch);  // a row of a matrix: its numbers are not contiguous
            for (Index j = 0; j < batch; ++j) actions(1, j) = static_cast<int>(rng.below(choices));
            Matrix<T> dz = Matrix<T>::Constant(choices + 2, batch, 99);  // some rows of it, to be overwritten
            for (const bool with_q : {false, true}) {
                kernels::categorical_gradient<T>(p, actions.row(1), w, T(0.3), with_q ? &q : nullptr, T(0.8),
                                                 dz.middleRows(1, choices));
                for (Index j = 0; j < batch; ++j) {
                    double entropy = 0;
                    for (Index i = 0; i < choices; ++i) {
                        entropy -= static_cast<double>(p.p(i, j)) * static_cast<double>(p.log_p(i, j));
                    }
                    CHECK((dz(0, j) == 99 && dz(choices + 1, j) == 99));
                    for (Index i = 0; i < choices; ++i) {
                        const auto p_i = static_cast<double>(p.p(i, j)), log_p = static_cast<double>(p.log_p(i, j));
                        const double expected = static_cast<double>(w[j]) * ((actions(1, j) == i ? 1 : 0) - p_i) -
                                                0.3 * p_i * (log_p + entropy) +
                                                (with_q ? 0.8 * (p_i - static_cast<double>(q.p(i, j))) : 0);
                        CAPTURE(choices, batch, i, j, with_q);
                        REQUIRE(static_cast<double>(dz(i + 1, j)) == Approx(expected).margin(tolerance));
                    }
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("log-probability, divergence and gradient of a column are the same bits in a batch of any width", "",
                   float, double) {
    using T = TestType;
    Rng rng(10);
    for (const Index choices : {1, 2, 5, 16, 18, 33, 64, 70}) {
        const Index batch = 33;
        const Matrix<T> z = 5 * random_matrix<T>(choices, batch, rng), other = random_matrix<T>(choices, batch, rng);
        const Vector<T> w = random_vector<T>(batch, rng);
        Eigen::RowVectorXi choice(batch);
        for (int& c : choice) c = static_cast<int>(rng.below(choices));
        const Softmax<T> p(z), q(other);
        Vector<T> log_prob = Vector<T>::Zero(batch);
        kernels::add_log_prob<T>(p, choice, log_prob);
        Matrix<T> dz(choices, batch), dz_alone(choices, 1);
        kernels::categorical_gradient<T>(p, choice, w, T(0.3), &q, T(0.8), dz);
        for (Index j = 0; j < batch; ++j) {
            const Softmax<T> p_alone(z.col(j)), q_alone(other.col(j));
            Vector<T> log_prob_alone = Vector<T>::Zero(1);
            kernels::add_log_prob<T>(p_alone, choice.segment(j, 1), log_prob_alone);
            kernels::categorical_gradient<T>(p_alone, choice.segment(j, 1), w.segment(j, 1), T(0.3), &q_alone, T(0.8),
                                             dz_alone);
            CAPTURE(choices, j);
            REQUIRE(log_prob_alone[0] == log_prob[j]);
            REQUIRE(q_alone.kl(p_alone, 0) == q.kl(p, j));
            REQUIRE(dz_alone == dz.col(j));
        }
    }
}

TEMPLATE_TEST_CASE("NaN in a column is NaN in all that follows from it, and nowhere else", "", float, double) {
    using T = TestType;
    Rng rng(11);
    for (const Index choices : {2, 5, 16, 19, 35}) {
        for (const Index row : {Index{0}, choices / 2, choices - 1}) {
            Matrix<T> z = random_matrix<T>(choices, 19, rng);
            const Softmax<T> q(z);
            z(row, 17) = std::numeric_limits<T>::quiet_NaN();
            const Softmax<T> p(z);
            const Eigen::RowVectorXi choice = Eigen::RowVectorXi::Zero(19);
            Vector<T> log_prob = Vector<T>::Zero(19);
            kernels::add_log_prob<T>(p, choice, log_prob);
            Matrix<T> dz(choices, 19);
            kernels::categorical_gradient<T>(p, choice, Vector<T>::Ones(19), T(0.3), &q, T(0.8), dz);
            for (Index j = 0; j < 19; ++j) {
                CAPTURE(choices, row, j);
                CHECK(std::isnan(log_prob[j]) == (j == 17));
                CHECK(std::isnan(q.kl(p, j)) == (j == 17));
                for (Index i = 0; i < choices; ++i) REQUIRE(std::isnan(dz(i, j)) == (j == 17));
            }
        }
    }
}

TEST_CASE("the Fisher product is the derivative of the probabilities along the direction") {
    // The gradient of KL(q || p) is p - q: its derivative, at p = q, is the Fisher matrix.
    constexpr double h = 1e-5;
    const Place place;
    const Matrix<double> t = place.start;
    const Matrix<double> step = h * t;
    const Matrix<double> expected =
        (Softmax<double>(place.z + step).probabilities() - Softmax<double>(place.z - step).probabilities()) / (2 * h);
    Matrix<double> out(4, 3);
    kernels::categorical_fisher<double>(Softmax<double>(place.z), t, out);
    CHECK(relative_error({out.data(), 12}, {expected.data(), 12}) < 1e-6);
    CHECK(out.colwise().sum().isZero(1e-14));
}

TEMPLATE_TEST_CASE("gradients stay finite where a probability vanishes", "", float, double) {
    using T = TestType;
    Matrix<T> z = Matrix<T>::Zero(2, 9);
    z.row(1).setConstant(T(-1e4));
    const Softmax<T> at(z);
    Matrix<T> dz(2, 9);
    const Eigen::RowVectorXi choice = Eigen::RowVectorXi::Ones(9);
    kernels::categorical_gradient<T>(at, choice, Vector<T>::Zero(9), T(1), nullptr, 0, dz);
    CHECK(dz.isZero(T(1e-6)));
    kernels::categorical_gradient<T>(at, choice, Vector<T>::Ones(9), T(1), nullptr, 0, dz);
    CHECK((dz.row(0).array() + T(1)).isZero(T(1e-6)));
    CHECK((dz.row(1).array() - T(1)).isZero(T(1e-6)));
}

TEMPLATE_TEST_CASE("what is not legal has probability 0, and exactly no share in anything", "", float, double) {
    using T = TestType;
    Rng rng(4);
    const Index choices = 21, batch = 8;  // more than a vector of any width
    Matrix<std::uint8_t> legal = Matrix<std::uint8_t>::Zero(choices, batch);
    for (Index j = 0; j < batch; ++j) {
        for (Index i = 0; i < choices; ++i) legal(i, j) = rng.below(3) == 0 ? 1 : 0;
        legal(rng.below(choices), j) = 1;
    }
    const ActionMask mask(legal.data(), choices, batch);
    Matrix<T> z = 3 * random_matrix<T>(choices, batch, rng);
    Matrix<T> other = 3 * random_matrix<T>(choices, batch, rng);
    kernels::mask_logits<T>(mask, z);
    kernels::mask_logits<T>(mask, other);
    const Softmax<T> is(z), from(other);
    Matrix<T> d_entropy(choices, batch), d_log_prob(choices, batch), d_kl(choices, batch), fisher(choices, batch);
    Eigen::RowVectorXi choice(batch);
    kernels::most_probable_choice<T>(is, choice);
    kernels::categorical_gradient<T>(is, choice, Vector<T>::Zero(batch), T(1), nullptr, 0, d_entropy);
    kernels::categorical_gradient<T>(is, choice, Vector<T>::Ones(batch), T(0), nullptr, 0, d_log_prob);
    kernels::categorical_gradient<T>(is, choice, Vector<T>::Zero(batch), T(0), &from, T(1), d_kl);
    kernels::categorical_fisher<T>(is, random_matrix<T>(choices, batch, rng), fisher);
    for (Index j = 0; j < batch; ++j) {
        std::vector<Index> rows;
        for (Index i = 0; i < choices; ++i) {
            if (legal(i, j) != 0) {
                rows.push_back(i);
                CHECK(is.p(i, j) > 0);
                continue;
            }
            CHECK(is.p(i, j) == 0);
            for (const Matrix<T>* gradient : {&d_entropy, &d_log_prob, &d_kl, &fisher}) CHECK((*gradient)(i, j) == 0);
        }
        // The same as a distribution of the legal choices alone.
        const Softmax<T> alone(z(rows, std::vector<Index>{j})), alone_from(other(rows, std::vector<Index>{j}));
        CHECK(legal(choice[j], j) == 1);
        CHECK(is.probabilities().col(j).sum() == Approx(1));
        CHECK(is.entropy(j) == Approx(alone.entropy(0)).margin(1e-5));
        CHECK(from.kl(is, j) == Approx(alone_from.kl(alone, 0)).margin(1e-5));
    }
}

TEST_CASE("a choice that is not legal is not drawn in ten million draws") {
    Matrix<float> z(3, 1'000'000);
    z.colwise() = Eigen::Vector3f(0, 5, -2);
    Matrix<std::uint8_t> legal = Matrix<std::uint8_t>::Ones(3, z.cols());
    legal.row(1).setZero();
    kernels::mask_logits<float>(ActionMask(legal.data(), 3, z.cols()), z);
    const Softmax<float> is(z);
    std::vector<Rng> rng;
    for (std::uint64_t j = 0; j < 1'000'000; ++j) rng.emplace_back(1, Purpose::action, j);
    Eigen::RowVectorXi choice(z.cols());
    Index counts[] = {0, 0, 0};
    for (int round = 0; round < 10; ++round) {
        kernels::draw_choice<float>(is, rng, choice);
        for (const int c : choice) ++counts[c];
    }
    CHECK(counts[1] == 0);
    const double share = 1 / (1 + std::exp(-2.0));
    const double four_errors = 4 * std::sqrt(share * (1 - share) / 1e7);
    CHECK(static_cast<double>(counts[0]) / 1e7 == Approx(share).margin(four_errors));
}

TEMPLATE_TEST_CASE("nothing is read or written beyond logits, choices, masks and gradients", "", float, double) {
    using T = TestType;
    const auto results_at = [](Edge edge, Index choices, Index batch) {
        Rng rng(10);
        GuardedMatrix<T> z(random_matrix<T>(choices, batch, rng), edge);
        const GuardedMatrix<T> other(random_matrix<T>(choices, batch, rng), edge);
        const GuardedMatrix<T> w(random_vector<T>(batch, rng), edge);
        const Matrix<std::uint8_t> all = Matrix<std::uint8_t>::Ones(choices, batch);
        const GuardedMatrix<std::uint8_t> legal(all, edge);
        GuardedMatrix<int> choice(Eigen::RowVectorXi::Zero(batch), edge);
        GuardedMatrix<T> dz(z.view(), edge), sums(Vector<T>::Zero(batch), edge);
        kernels::SoftmaxBatch<T> p, q;
        kernels::mask_logits<T>(legal.view(), z.view());
        kernels::log_softmax<T>(z.view(), p);
        kernels::log_softmax<T>(other.view(), q);
        kernels::most_probable_choice<T>(p, choice.view().row(0));
        kernels::add_log_prob<T>(p, choice.view().row(0), sums.vector());
        kernels::add_categorical_kl<T>(p, q, sums.vector());
        kernels::categorical_gradient<T>(p, choice.view().row(0), w.vector(), T(0.3), &q, T(0.8), dz.view());
        return std::pair<Matrix<T>, Matrix<T>>(dz.view(), sums.view());
    };
    for (const Index choices : {1, 2, 3, 7, 8, 16, 17, 35}) {
        for (const Index batch : {1, 3, 8, 16, 17, 33}) {
            CAPTURE(choices, batch);
            REQUIRE((results_at(Edge::before, choices, batch) == results_at(Edge::after, choices, batch)));
        }
    }
}
