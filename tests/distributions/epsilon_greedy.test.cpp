#include "catch.hpp"

#include "gradiva/distributions/distribution.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "helpers/distribution_batch.hpp"
#include "helpers/random.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace gradiva;
using Catch::Approx;
using gradiva_test::DistributionBatch;
using gradiva_test::random_matrix;

static_assert(Distribution<EpsilonGreedy<float>> && Distribution<EpsilonGreedy<double>>);

namespace {

// The distribution with everything it says about one batch of action values.
template <class T>
struct Batch {
    EpsilonGreedy<T> distribution;
    typename EpsilonGreedy<T>::Tape tape;
    ActionBatch actions;

    Batch(const Matrix<T>& q, double epsilon) : distribution(q.rows(), epsilon), actions({1, 0}, q.cols()) {
        distribution.forward(q, {}, tape);
    }
    std::vector<int> chosen() const {
        const ConstActionView view = actions.all();
        std::vector<int> choices;
        for (Index j = 0; j < view.integers.cols(); ++j) choices.push_back(view.integers(0, j));
        return choices;
    }
    std::vector<int> mode() {
        distribution.mode(tape, actions.all());
        return chosen();
    }
    std::vector<int> sample(std::vector<Rng>& rng) {
        distribution.sample(tape, rng, actions.all());
        return chosen();
    }
    double log_prob(int choice, Index column) {
        actions.all().integers.setConstant(choice);
        return values([&](VectorRef<T> out) { distribution.log_prob(tape, actions.all(), out); }, column);
    }
    double entropy(Index column) const {
        return values([&](VectorRef<T> out) { distribution.entropy(tape, out); }, column);
    }
    double kl(const Batch& to, Index column) const {
        return values([&](VectorRef<T> out) { distribution.kl(tape, to.tape, out); }, column);
    }

    template <class Fill>
    double values(const Fill& fill, Index column) const {
        Vector<T> out(actions.all().integers.cols());
        fill(out);
        return static_cast<double>(out[column]);
    }
};

std::vector<double> by_hand(const Vector<double>& q, double epsilon) {
    std::vector<double> p(static_cast<std::size_t>(q.size()), epsilon / static_cast<double>(q.size()));
    *(p.begin() + std::distance(q.begin(), std::max_element(q.begin(), q.end()))) += 1 - epsilon;
    return p;
}

double kl_by_hand(const std::vector<double>& p, const std::vector<double>& q) {
    double kl = 0;
    for (std::size_t i = 0; i < p.size(); ++i) kl += p[i] > 0 ? p[i] * std::log(p[i] / q[i]) : 0;
    return kl;
}

}  // namespace

TEST_CASE("an epsilon-greedy distribution has a row of head per choice and no parameters") {
    const EpsilonGreedy<float> distribution(4, 0.25);
    CHECK(distribution.head_size() == 4);
    CHECK(distribution.parameter_count() == 0);
    CHECK(distribution.action_shape().integers == 1);
    CHECK(distribution.action_shape().reals == 0);
    CHECK(distribution.epsilon() == 0.25);
}

TEST_CASE("an epsilon-greedy distribution refuses options out of range") {
    CHECK_THROWS_WITH(EpsilonGreedy<float>(0, 0.1), "EpsilonGreedy: choices is 0; give at least 1 action");
    CHECK_THROWS_WITH(EpsilonGreedy<float>(2, 1.5), "EpsilonGreedy: epsilon is 1.5; give a number from 0 to 1");
    EpsilonGreedy<float> distribution(2, 0.1);
    CHECK_THROWS_WITH(distribution.set_epsilon(-0.5), "EpsilonGreedy: epsilon is -0.5; give a number from 0 to 1");
    CHECK_THROWS_AS(distribution.set_epsilon(std::nan("")), Error);
    CHECK(distribution.epsilon() == 0.1);
    distribution.set_epsilon(0);
    distribution.set_epsilon(1);
    CHECK(distribution.epsilon() == 1);
}

TEMPLATE_TEST_CASE("log-probs, entropy and divergence of an epsilon-greedy distribution equal their definitions", "",
                   float, double) {
    Rng rng(1);
    const double margin = std::is_same_v<TestType, float> ? 1e-6 : 1e-13;
    const auto near = [margin](double x) { return Approx(x).margin(margin); };
    for (const Index choices : {1, 2, 3, 9}) {
        for (const double epsilon : {0.0, 0.1, 0.7, 1.0}) {
            for (const double other_epsilon : {0.3, 1.0}) {
                const Matrix<TestType> q = random_matrix<TestType>(choices, 12, rng);
                const Matrix<TestType> other_q = random_matrix<TestType>(choices, 12, rng);
                Batch<TestType> is(q, epsilon);
                const Batch<TestType> other(other_q, other_epsilon);
                const std::vector<int> mode = is.mode();
                for (Index j = 0; j < 12; ++j) {
                    CAPTURE(choices, epsilon, other_epsilon, j);
                    const auto p = by_hand(q.col(j).template cast<double>(), epsilon);
                    const auto other_p = by_hand(other_q.col(j).template cast<double>(), other_epsilon);
                    double entropy = 0;
                    for (std::size_t i = 0; i < p.size(); ++i) {
                        if (p[i] > 0) {
                            entropy -= p[i] * std::log(p[i]);
                            REQUIRE(is.log_prob(static_cast<int>(i), j) == near(std::log(p[i])));
                        } else {
                            REQUIRE(is.log_prob(static_cast<int>(i), j) == -std::numeric_limits<double>::infinity());
                        }
                    }
                    REQUIRE(is.entropy(j) == near(entropy));
                    REQUIRE(is.kl(other, j) == near(kl_by_hand(p, other_p)));
                    REQUIRE(q(mode[static_cast<std::size_t>(j)], j) == q.col(j).maxCoeff());
                }
            }
        }
    }
}

TEST_CASE("the divergence from a greedy choice is infinite unless the choice is the same") {
    const Matrix<double> q{{1, 0}, {0, 1}, {0, 0}};
    const Batch<double> explores(q, 0.1);
    const Batch<double> greedy(q, 0);
    const Batch<double> other(q.rowwise().reverse(), 0);
    CHECK(std::isinf(explores.kl(greedy, 0)));
    CHECK(std::isinf(greedy.kl(other, 0)));
    CHECK(greedy.kl(greedy, 1) == 0);
    CHECK(explores.kl(explores, 1) == 0);
    CHECK(Batch<double>(Matrix<double>::Zero(1, 1), 0.5).kl(Batch<double>(Matrix<double>::Ones(1, 1), 0), 0) == 0);
}

TEST_CASE("of equal action values the first is the best") {
    CHECK(Batch<float>(Matrix<float>::Zero(3, 2), 0.1).mode() == std::vector<int>{0, 0});
}

TEMPLATE_TEST_CASE("choices are drawn epsilon-greedily", "", float, double) {
    constexpr int draws = 200'000;
    constexpr Index width = 1000;
    Vector<TestType> q(4);
    q << -1, 0, 2, TestType(0.5);
    for (const double epsilon : {0.0, 0.3, 1.0}) {
        std::vector<double> counts(4);
        Batch<TestType> batch(q.replicate(1, width), epsilon);
        std::vector<Rng> rng;
        for (Index j = 0; j < width; ++j) rng.emplace_back(1, Purpose::action, static_cast<std::uint64_t>(j));
        for (int i = 0; i < draws / width; ++i) {
            for (const int choice : batch.sample(rng)) ++counts.at(static_cast<std::size_t>(choice));
        }
        const auto p = by_hand(q.template cast<double>(), epsilon);
        for (std::size_t i = 0; i < counts.size(); ++i) {
            CAPTURE(epsilon, i);
            CHECK(std::abs(counts[i] / draws - p[i]) <= 4 * std::sqrt(p[i] * (1 - p[i]) / draws));
        }
    }
}

TEST_CASE("epsilon is that at the time of forward") {
    Batch<double> batch(Matrix<double>::Identity(2, 1), 0.5);
    batch.distribution.set_epsilon(1);
    CHECK(batch.log_prob(0, 0) == Approx(std::log(0.75)));
}

TEST_CASE("small changes of action values change no probability: gradients are zero") {
    Batch<double> batch(Matrix<double>::Identity(3, 2), 0.2);
    batch.mode();
    Matrix<double> d_head = Matrix<double>::Constant(3, 2, 99);
    batch.distribution.backward(batch.tape, batch.actions.all(), Vector<double>::Ones(2), 2, &batch.tape, 3, d_head,
                                {});
    CHECK(d_head.isZero(0));
    d_head.setConstant(99);
    batch.distribution.fisher(batch.tape, Matrix<double>::Ones(3, 2), {}, d_head, {});
    CHECK(d_head.isZero(0));
}

TEMPLATE_TEST_CASE("a value of minus infinity is never drawn; a column of them has NaN log-probs and draws the first",
                   "", float, double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    DistributionBatch<EpsilonGreedy<T>> batch(EpsilonGreedy<T>(3, 1), 9, 1), other = batch;
    batch.head.row(0).setConstant(-infinity);
    batch.head.col(4).setConstant(-infinity);
    batch.forward();
    for (std::uint64_t seed = 1; seed < 20; ++seed) {
        batch.sample(seed);
        for (Index j = 0; j < 9; ++j) CHECK((batch.actions.all().integers(0, j) == 0) == (j == 4));
    }
    for (Index j = 0; j < 9; ++j) {
        CHECK(std::isnan(batch.log_prob()[j]) == (j == 4));
        CHECK(std::isnan(batch.entropy()[j]) == (j == 4));
        CHECK(std::isnan(other.kl_from(batch)[j]) == (j == 4));
        CHECK(std::isnan(batch.kl_from(batch)[j]) == (j == 4));
        if (j != 4) CHECK(batch.entropy()[j] == Catch::Approx(std::log(2)));
        if (j != 4) CHECK(batch.kl_from(other)[j] == infinity);
    }
    batch.distribution.mode(batch.tape, batch.actions.all());
    for (Index j = 0; j < 9; ++j) CHECK((batch.actions.all().integers(0, j) == 0) == (j == 4));
}
