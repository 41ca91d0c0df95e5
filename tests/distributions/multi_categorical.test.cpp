#include "gradiva/distributions/multi_categorical.hpp"

#include "catch.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/distribution_batch.hpp"

using namespace gradiva;
using namespace gradiva_test;
using Catch::Approx;

namespace {

static_assert(Distribution<MultiCategorical<float>>);
static_assert(Distribution<MultiCategorical<double>>);
static_assert(Policy<Actor<MlpNetwork<float>, MultiCategorical<float>>>);

const std::vector<Index> choices = {3, 2, 4};

}  // namespace

TEST_CASE("several choices have the logits of one after the other in their head") {
    const MultiCategorical<float> distribution(choices);
    CHECK(distribution.head_size() == 9);
    CHECK(distribution.mask_size() == 9);
    CHECK(distribution.parameter_count() == 0);
    CHECK(distribution.action_shape().integers == 3);
    CHECK(distribution.action_shape().reals == 0);
}

TEST_CASE("no choices, or one from nothing, are refused") {
    CHECK_THROWS_WITH(MultiCategorical<float>({}),
                      "MultiCategorical: there are no choices; give the number of actions of each");
    CHECK_THROWS_WITH(MultiCategorical<float>({2, 0}), "MultiCategorical: choices[1] is 0; give at least 1 action");
}

TEMPLATE_TEST_CASE("several choices are as many categorical distributions", "", float, double) {
    const DistributionBatch q(MultiCategorical<TestType>(choices), 6, 1), p(MultiCategorical<TestType>(choices), 6, 2);
    Vector<TestType> log_prob = Vector<TestType>::Zero(6), entropy = log_prob, kl = log_prob, part(6);
    Index begin = 0;
    for (Index k = 0; k < 3; begin += choices[static_cast<std::size_t>(k++)]) {
        const Index n = choices[static_cast<std::size_t>(k)];
        const Categorical<TestType> one(n);
        typename Categorical<TestType>::Tape from, to;
        one.forward(q.head.middleRows(begin, n), {}, from);
        one.forward(p.head.middleRows(begin, n), {}, to);
        ActionBatch choice({.integers = 1, .reals = 0}, 6);
        choice.all().integers = p.actions.all().integers.row(k);
        one.log_prob(to, choice.all(), part);
        log_prob += part;
        one.entropy(to, part);
        entropy += part;
        one.kl(from, to, part);
        kl += part;
    }
    CHECK(p.log_prob().isApprox(log_prob));
    CHECK(p.entropy().isApprox(entropy));
    CHECK(p.kl_from(q).isApprox(kl));
}

TEMPLATE_TEST_CASE("the probabilities of all combinations add up to 1", "", float, double) {
    DistributionBatch batch(MultiCategorical<TestType>(choices), 24, 3);
    batch.head.colwise() = Vector<TestType>(3 * batch.head.col(0));
    batch.forward();
    for (Index j = 0; j < 24; ++j) {
        const auto k = static_cast<int>(j);
        batch.actions.all().integers.col(j) << k % 3, k / 3 % 2, k / 6;
    }
    CHECK(batch.log_prob().template cast<double>().array().exp().sum() == Approx(1).epsilon(1e-5));
}

TEST_CASE("gradients and the Fisher product of several choices agree with central differences") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CHECK(gradient_error(MultiCategorical<double>(choices), seed) < 1e-6);
        CHECK(fisher_error(MultiCategorical<double>(choices), seed) < 1e-6);
    }
}

TEST_CASE("each choice is drawn with its own frequencies, and its mode is its most probable action") {
    constexpr Index draws = 100'000;
    DistributionBatch batch(MultiCategorical<double>({2, 3}), draws, 1);
    batch.head.colwise() = (Vector<double>(5) << 1, 0, 0, 2, 1).finished();
    batch.forward();
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        batch.sample(seed);
        const Vector<double> first = batch.actions.all().integers.row(0).cast<double>().transpose();
        const Vector<double> second = batch.actions.all().integers.row(1).cast<double>().transpose();
        const double e = std::exp(1.0), sum = 1 + e * e + e;
        CHECK(within_four_standard_errors(first, 1 / (1 + e)));
        CHECK(within_four_standard_errors(second, (e * e + 2 * e) / sum));
        CHECK(within_four_standard_errors(first.cwiseProduct(second), (e * e + 2 * e) / sum / (1 + e)));
    }
    batch.distribution.mode(batch.tape, batch.actions.all());
    CHECK((batch.actions.all().integers.row(0).array() == 0).all());
    CHECK((batch.actions.all().integers.row(1).array() == 1).all());
}

TEST_CASE("a masked action of one choice is never drawn, has no gradient and leaves the other choices alone") {
    DistributionBatch<MultiCategorical<double>> batch(MultiCategorical<double>({2, 3}), 1000, 1);
    DistributionBatch<MultiCategorical<double>> old = batch;
    for (auto* b : {&batch, &old}) {
        b->head.row(3).setConstant(kernels::masked_logit<double>);
        b->forward();
    }
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        batch.sample(seed);
        CHECK((batch.actions.all().integers.row(1).array() != 1).all());
        CHECK((batch.actions.all().integers.row(0).array() == 1).any());
    }
    const std::vector<double> gradient = batch.gradient(Vector<double>::Ones(1000), 0.5, &old, 2);
    const std::vector<double> fisher = batch.fisher(Matrix<double>::Ones(5, 1000), Vector<double>(0));
    bool all_zero = true;
    for (std::size_t j = 0; j < 1000; ++j) all_zero = all_zero && gradient[5 * j + 3] == 0 && fisher[5 * j + 3] == 0;
    CHECK(all_zero);
    CHECK((batch.entropy().array() <= 2 * std::log(2.0) + 1e-12).all());
    CHECK(batch.kl_from(old).isZero(1e-12));
}
