#include "catch.hpp"

#include "gradiva/distributions/categorical.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/log_softmax.hpp"
#include "helpers/random.hpp"

#include <cmath>

using namespace gradiva;
using Catch::Approx;
using gradiva_test::log_softmax;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;
using gradiva_test::relative_error;

namespace {

// The distribution with everything it says about one batch of heads.
template <class T>
struct Batch {
    Categorical<T> distribution;
    typename Categorical<T>::Tape tape;
    ActionBatch actions;

    explicit Batch(const Matrix<T>& head) : distribution(head.rows()), actions({1, 0}, head.cols()) {
        distribution.forward(head, {}, tape);
    }
    void choose(const std::vector<int>& choices) {
        for (std::size_t j = 0; j < choices.size(); ++j) actions.all().integers(0, static_cast<Index>(j)) = choices[j];
    }
    std::vector<int> chosen() const {
        const ConstActionView view = actions.all();
        return {view.integers.data(), view.integers.data() + view.integers.size()};
    }
    std::vector<int> sample(std::vector<Rng>& rng) {
        distribution.sample(tape, rng, actions.all());
        return chosen();
    }
    std::vector<int> mode() {
        distribution.mode(tape, actions.all());
        return chosen();
    }
    Vector<T> log_prob() const {
        Vector<T> out(tape.cols());
        distribution.log_prob(tape, actions.all(), out);
        return out;
    }
    Vector<T> entropy() const {
        Vector<T> out(tape.cols());
        distribution.entropy(tape, out);
        return out;
    }
    Vector<T> kl(const Batch& to) const {
        Vector<T> out(tape.cols());
        distribution.kl(tape, to.tape, out);
        return out;
    }
};

std::vector<Rng> streams(Index count, std::uint64_t seed) {
    std::vector<Rng> rng;
    for (Index j = 0; j < count; ++j) rng.emplace_back(seed, Purpose::action, static_cast<std::uint64_t>(j));
    return rng;
}

// How often each choice of one head is drawn.
template <class T>
std::vector<double> frequencies(const Vector<T>& head, int draws) {
    std::vector<double> counts(static_cast<std::size_t>(head.size()));
    const Index width = 1000;
    Batch<T> batch(head.replicate(1, width));
    std::vector<Rng> rng = streams(width, 1);
    for (int i = 0; i < draws / width; ++i) {
        for (const int choice : batch.sample(rng)) ++counts.at(static_cast<std::size_t>(choice));
    }
    return counts;
}

}  // namespace

TEST_CASE("a categorical distribution has a row of head per choice and no parameters") {
    const Categorical<float> distribution(4);
    CHECK(distribution.head_size() == 4);
    CHECK(distribution.parameter_count() == 0);
    CHECK(distribution.action_shape().integers == 1);
    CHECK(distribution.action_shape().reals == 0);
}

TEST_CASE("a categorical distribution without choices is refused") {
    CHECK_THROWS_AS(Categorical<float>(0), Error);
    CHECK_THROWS_WITH(Categorical<float>(0), "Categorical: choices is 0; give at least 1 action");
    CHECK_THROWS_WITH(Categorical<double>(-3), "Categorical: choices is -3; give at least 1 action");
}

TEMPLATE_TEST_CASE("log-probability, entropy, divergence and mode equal their definitions", "", float, double) {
    Rng rng(1);
    const double tolerance = std::is_same_v<TestType, float> ? 1e-5 : 1e-13;
    for (const Index choices : {1, 2, 3, 18}) {
        for (const Index width : {1, 2, 33}) {
            const Matrix<TestType> head = 3 * random_matrix<TestType>(choices, width, rng);
            const Matrix<TestType> other = 3 * random_matrix<TestType>(choices, width, rng);
            Batch<TestType> is(head);
            const Batch<TestType> was(other);
            const std::vector<int> mode = is.mode();
            std::vector<int> taken;
            for (Index j = 0; j < width; ++j) taken.push_back(static_cast<int>(rng.below(choices)));
            is.choose(taken);
            for (Index j = 0; j < width; ++j) {
                CAPTURE(choices, width, j);
                const std::vector<double> log_p = log_softmax(head, j);
                const std::vector<double> log_q = log_softmax(other, j);
                double entropy = 0;
                double kl = 0;
                for (std::size_t i = 0; i < log_p.size(); ++i) {
                    entropy -= std::exp(log_p[i]) * log_p[i];
                    kl += std::exp(log_q[i]) * (log_q[i] - log_p[i]);
                }
                const auto of = [j](const Vector<TestType>& x) { return static_cast<double>(x[j]); };
                const auto column = static_cast<std::size_t>(j);
                REQUIRE(of(is.log_prob()) ==
                        Approx(log_p[static_cast<std::size_t>(taken[column])]).margin(tolerance).epsilon(0));
                REQUIRE(of(is.entropy()) == Approx(entropy).margin(tolerance).epsilon(0));
                REQUIRE(of(was.kl(is)) == Approx(kl).margin(tolerance).epsilon(0));
                REQUIRE(head(mode[column], j) == head.col(j).maxCoeff());
            }
        }
    }
}

TEMPLATE_TEST_CASE("the probabilities of all choices sum to 1", "", float, double) {
    Rng rng(2);
    Batch<TestType> batch(5 * random_matrix<TestType>(6, 11, rng));
    std::vector<double> sum(11);
    for (int choice = 0; choice < 6; ++choice) {
        batch.choose(std::vector<int>(11, choice));
        const Vector<TestType> log_prob = batch.log_prob();
        for (std::size_t j = 0; j < 11; ++j) sum[j] += std::exp(static_cast<double>(log_prob[static_cast<Index>(j)]));
    }
    for (const double one : sum) CHECK(one == Approx(1).epsilon(1e-6));
}

TEST_CASE("the mode of equal choices is the first") {
    CHECK(Batch<float>(Matrix<float>::Zero(3, 2)).mode() == std::vector<int>{0, 0});
}

TEMPLATE_TEST_CASE("the mode is the choice of the largest logit, also where log-probs round to the same number", "",
                   float, double) {
    using T = TestType;
    const T least = std::numeric_limits<T>::epsilon() / 8;
    Matrix<T> head = Matrix<T>::Zero(40, 3);
    head(11, 0) = head(17, 0) = head(38, 1) = least;
    head(0, 2) = -least;
    Batch<T> batch(head);
    const std::vector<int> expected{11, 38, 1};
    CHECK(batch.mode() == expected);
    typename Categorical<T>::Tape tape;
    batch.choose({0, 0, 0});
    batch.distribution.forward_and_mode(head, {}, tape, batch.actions.all());
    CHECK(batch.chosen() == expected);
}

TEMPLATE_TEST_CASE("choices are drawn as often as their probability says", "", float, double) {
    constexpr int draws = 200'000;
    Vector<TestType> head(5);
    head << -1, 0, 2, 0.5, -4;
    const std::vector<double> log_p = log_softmax<TestType>(head, 0);
    const std::vector<double> counts = frequencies<TestType>(head, draws);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        CAPTURE(i);
        const double p = std::exp(log_p[i]);
        CHECK(std::abs(counts[i] / draws - p) < 4 * std::sqrt(p * (1 - p) / draws));
    }
}

TEMPLATE_TEST_CASE("a choice of probability 0 is never drawn, at any position", "", float, double) {
    for (const Index excluded : {0, 1, 2}) {
        Vector<TestType> head = Vector<TestType>::Zero(3);
        head[excluded] = TestType(-1e4);
        const std::vector<double> counts = frequencies<TestType>(head, 50'000);
        for (Index i = 0; i < 3; ++i) {
            CHECK((counts[static_cast<std::size_t>(i)] > 0) == (i != excluded));
        }
    }
}

TEST_CASE("a uniform number just below 1 does not draw a choice of vanishing probability") {
    // The first number of this stream rounds to 1 in float; a choice of probability 2e-22 must not profit.
    const Rng close_to_one(0, Purpose::user, 50'893'511);
    REQUIRE(static_cast<float>(Rng(close_to_one).uniform()) == 1.0F);
    for (const float unlikely : {-50.0F, -80.0F}) {
        Matrix<float> head(2, 1);
        head << 0, unlikely;
        std::vector<Rng> rng = {close_to_one};
        CHECK(Batch<float>(head).sample(rng) == std::vector<int>{0});
    }
}

TEST_CASE("the draw of a column depends on its own stream and head only") {
    Rng rng(3);
    const Matrix<float> head = random_matrix<float>(4, 6, rng);
    std::vector<Rng> all = streams(6, 4);
    Batch<float> batch(head);
    std::vector<std::vector<int>> together;
    for (int i = 0; i < 20; ++i) together.push_back(batch.sample(all));
    for (Index j = 0; j < 6; ++j) {
        Batch<float> alone(head.col(j));
        std::vector<Rng> own = {streams(6, 4)[static_cast<std::size_t>(j)]};
        for (const auto& choices : together) {
            REQUIRE(alone.sample(own) == std::vector<int>{choices[static_cast<std::size_t>(j)]});
        }
    }
}

TEST_CASE("a single choice is always drawn, with probability 1 and gradient 0") {
    Batch<double> batch(Matrix<double>::Constant(1, 3, -7));
    std::vector<Rng> rng = streams(3, 5);
    CHECK(batch.sample(rng) == std::vector<int>{0, 0, 0});
    CHECK(batch.mode() == std::vector<int>{0, 0, 0});
    CHECK(batch.log_prob().isZero(0));
    CHECK(batch.entropy().isZero(0));
    CHECK(batch.kl(batch).isZero(0));
    Matrix<double> d_head(1, 3);
    batch.distribution.backward(batch.tape, batch.actions.all(), Vector<double>::Ones(3), 2, &batch.tape, 3, d_head,
                                {});
    CHECK(d_head.isZero(0));
}

TEST_CASE("the gradient by the head agrees with central differences, for each part and for all together") {
    Rng rng(6);
    Matrix<double> head = 2 * random_matrix<double>(4, 5, rng);
    const Batch<double> old(2 * random_matrix<double>(4, 5, rng));
    const std::vector<int> taken = {0, 3, 1, 1, 2};
    const Vector<double> weights = random_vector<double>(5, rng);
    struct Parts {
        double log_prob, entropy, kl;
    };
    for (const auto& [log_prob, entropy, kl] : {Parts{1, 0, 0}, {0, 0.7, 0}, {0, 0, 1.3}, {1, -0.7, 1.3}}) {
        CAPTURE(log_prob, entropy, kl);
        const Vector<double> d_log_prob = log_prob * weights;
        const auto expected = numeric_gradient({head.data(), 20}, [&, e = entropy, k = kl] {
            Batch<double> batch(head);
            batch.choose(taken);
            return d_log_prob.dot(batch.log_prob()) + e * batch.entropy().sum() + k * old.kl(batch).sum();
        });
        Batch<double> batch(head);
        batch.choose(taken);
        Matrix<double> d_head = Matrix<double>::Constant(4, 5, 99);  // to be overwritten
        const auto* from = kl != 0 ? &old.tape : nullptr;
        batch.distribution.backward(batch.tape, batch.actions.all(), d_log_prob, entropy, from, kl, d_head, {});
        CHECK(relative_error({d_head.data(), 20}, expected) < 1e-6);
    }
}

TEST_CASE("without an older distribution the weight of the divergence is not read") {
    Batch<double> batch(Matrix<double>::Zero(3, 2));
    batch.choose({0, 1});
    Matrix<double> d_head(3, 2);
    batch.distribution.backward(batch.tape, batch.actions.all(), Vector<double>::Ones(2), 0, nullptr, std::nan(""),
                                d_head, {});
    CHECK(d_head.allFinite());
}

TEST_CASE("the Fisher product is the derivative of the gradient of the divergence from itself") {
    constexpr double h = 1e-5;
    Rng rng(7);
    const Matrix<double> head = 2 * random_matrix<double>(4, 5, rng);
    const Matrix<double> direction = random_matrix<double>(4, 5, rng);
    const Batch<double> here(head);
    const auto gradient = [&](double step) {
        const Batch<double> batch(head + step * direction);
        Matrix<double> d_head(4, 5);
        batch.distribution.backward(batch.tape, batch.actions.all(), Vector<double>::Zero(5), 0, &here.tape, 1, d_head,
                                    {});
        return d_head;
    };
    const Matrix<double> expected = (gradient(h) - gradient(-h)) / (2 * h);
    Matrix<double> out = Matrix<double>::Constant(4, 5, 99);  // to be overwritten
    here.distribution.fisher(here.tape, direction, {}, out, {});
    CHECK(relative_error({out.data(), 20}, {expected.data(), 20}) < 1e-6);
}
