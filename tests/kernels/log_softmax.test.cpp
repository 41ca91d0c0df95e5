#include "catch.hpp"

#include "gradiva/kernels/log_softmax.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/log_softmax.hpp"
#include "helpers/random.hpp"

#include <algorithm>
#include <limits>

using namespace gradiva;
using Catch::Approx;
using gradiva_test::log_softmax;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;
using gradiva_test::relative_error;

namespace {

template <class T>
struct Softmax {
    Matrix<T> log_p, p;
    explicit Softmax(const Matrix<T>& z) : log_p(z.rows(), z.cols()), p(z.rows(), z.cols()) {
        kernels::log_softmax<T>(z, log_p, p);
    }
    double entropy(Index j) const {
        Vector<T> out = Vector<T>::Zero(p.cols());
        kernels::add_categorical_entropy<T>(log_p, p, out);
        return static_cast<double>(out[j]);
    }
    /// KL(this || to).
    double kl(const Softmax& to, Index j) const {
        Vector<T> out = Vector<T>::Zero(p.cols());
        kernels::add_categorical_kl<T>(log_p, p, to.log_p, out);
        return static_cast<double>(out[j]);
    }
};

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

// A place in the space of logits, where each gradient is compared with central differences.
struct Place {
    Rng rng{5};
    Matrix<double> z = 2 * random_matrix<double>(4, 3, rng);
    Matrix<double> start = random_matrix<double>(4, 3, rng);  // what the gradients are added to
    Matrix<double> dz = start;

    double error(const std::function<double()>& f) {
        const auto expected = numeric_gradient({z.data(), 12}, f);
        const Matrix<double> added = dz - start;
        return relative_error({added.data(), 12}, expected);
    }
};

}  // namespace

TEMPLATE_TEST_CASE("log softmax, entropy and divergence equal those of a plain loop", "", float, double) {
    Rng rng(1);
    for (Index choices = 1; choices <= 20; ++choices) {
        for (const Index batch : {1, 2, 7, 16, 33}) {
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
        CHECK(Softmax<T>(z).log_p.allFinite());
        CHECK((Softmax<T>(z).p.array() <= T(1)).all());
    }
}

TEMPLATE_TEST_CASE("equal logits share the probability, and one choice takes it all", "", float, double) {
    using T = TestType;
    const Softmax<T> equal(Matrix<T>::Constant(8, 3, T(0.7)));
    CHECK(equal.p.isConstant(T(0.125)));
    CHECK(equal.entropy(2) == Approx(std::log(8.0)));
    CHECK(equal.kl(equal, 1) == 0);
    const Softmax<T> alone(Matrix<T>::Constant(1, 2, T(-300)));
    CHECK(alone.log_p.isZero(0));
    CHECK(alone.p.isOnes(0));
    CHECK(alone.entropy(0) == 0);
}

TEST_CASE("the log-probability of each choice is added") {
    Matrix<double> log_p(2, 3);
    log_p << 1, 2, 3, 4, 5, 6;
    Vector<double> out = Vector<double>::Constant(3, 10);
    kernels::add_log_prob<double>(log_p, Eigen::RowVector3i(1, 0, 1), out);
    CHECK(out == Eigen::Vector3d(14, 12, 16));
}

TEST_CASE("the gradient of the log-probability agrees with central differences, and is added") {
    Place place;
    const Eigen::RowVector3i choice(3, 0, 1);
    const Vector<double> w = random_vector<double>(3, place.rng);
    kernels::add_log_prob_gradient<double>(Softmax<double>(place.z).p, choice, w, place.dz);
    CHECK(place.error([&] {
        const Softmax<double> at(place.z);
        return w[0] * at.log_p(3, 0) + w[1] * at.log_p(0, 1) + w[2] * at.log_p(1, 2);
    }) < 1e-6);
}

TEST_CASE("the gradient of the entropy agrees with central differences, and is added") {
    Place place;
    const Softmax<double> at(place.z);
    kernels::add_entropy_gradient<double>(at.log_p, at.p, -0.7, place.dz);
    CHECK(place.error([&] {
        const Softmax<double> now(place.z);
        return -0.7 * (now.entropy(0) + now.entropy(1) + now.entropy(2));
    }) < 1e-6);
}

TEST_CASE("the gradient of the divergence agrees with central differences, and is added") {
    Place place;
    const Softmax<double> from(random_matrix<double>(4, 3, place.rng));
    kernels::add_kl_gradient<double>(from.p, Softmax<double>(place.z).p, 1.3, place.dz);
    CHECK(place.error([&] {
        const Softmax<double> now(place.z);
        return 1.3 * (from.kl(now, 0) + from.kl(now, 1) + from.kl(now, 2));
    }) < 1e-6);
}

TEST_CASE("the Fisher product is the derivative of the probabilities along the direction") {
    // The gradient of KL(q || p) is p - q: its derivative, at p = q, is the Fisher matrix.
    constexpr double h = 1e-5;
    const Place place;
    const Matrix<double> t = place.start;
    const Matrix<double> step = h * t;
    const Matrix<double> expected = (Softmax<double>(place.z + step).p - Softmax<double>(place.z - step).p) / (2 * h);
    Matrix<double> out(4, 3);
    kernels::categorical_fisher<double>(Softmax<double>(place.z).p, t, out);
    CHECK(relative_error({out.data(), 12}, {expected.data(), 12}) < 1e-6);
    CHECK(out.colwise().sum().isZero(1e-14));
}

TEMPLATE_TEST_CASE("gradients stay finite where a probability vanishes", "", float, double) {
    using T = TestType;
    Matrix<T> z = Matrix<T>::Zero(2, 9);
    z.row(1).setConstant(T(-1e4));
    const Softmax<T> at(z);
    Matrix<T> dz = Matrix<T>::Zero(2, 9);
    kernels::add_entropy_gradient<T>(at.log_p, at.p, T(1), dz);
    CHECK(dz.isZero(T(1e-6)));
    kernels::add_log_prob_gradient<T>(at.p, Eigen::RowVectorXi::Ones(9), Vector<T>::Ones(9), dz);
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
    Matrix<T> d_entropy = Matrix<T>::Zero(choices, batch), d_log_prob = d_entropy, d_kl = d_entropy, fisher = d_entropy;
    Eigen::RowVectorXi choice(batch);
    kernels::largest_choice<T>(is.log_p, choice);
    kernels::add_entropy_gradient<T>(is.log_p, is.p, T(1), d_entropy);
    kernels::add_log_prob_gradient<T>(is.p, choice, Vector<T>::Ones(batch), d_log_prob);
    kernels::add_kl_gradient<T>(from.p, is.p, T(1), d_kl);
    kernels::categorical_fisher<T>(is.p, random_matrix<T>(choices, batch, rng), fisher);
    for (Index j = 0; j < batch; ++j) {
        std::vector<Index> rows;
        for (Index i = 0; i < choices; ++i) {
            if (legal(i, j) != 0) {
                rows.push_back(i);
                CHECK(is.p(i, j) > 0);
                continue;
            }
            for (const Matrix<T>& gradient : {is.p, d_entropy, d_log_prob, d_kl, fisher}) {
                CHECK(gradient(i, j) == 0);
            }
        }
        // The same as a distribution of the legal choices alone.
        const Softmax<T> alone(z(rows, std::vector<Index>{j})), alone_from(other(rows, std::vector<Index>{j}));
        CHECK(legal(choice[j], j) == 1);
        CHECK(is.p.col(j).sum() == Approx(1));
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
        kernels::draw_choice<float>(is.p, rng, choice);
        for (const int c : choice) ++counts[c];
    }
    CHECK(counts[1] == 0);
    const double share = 1 / (1 + std::exp(-2.0));
    const double four_errors = 4 * std::sqrt(share * (1 - share) / 1e7);
    CHECK(static_cast<double>(counts[0]) / 1e7 == Approx(share).margin(four_errors));
}
