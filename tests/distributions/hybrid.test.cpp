#include "gradiva/distributions/hybrid.hpp"

#include "catch.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/env/space.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/distribution_batch.hpp"

using namespace gradiva;
using namespace gradiva_test;
using Catch::Approx;

static_assert(Distribution<Hybrid<float>>);
static_assert(Distribution<Hybrid<double>>);
static_assert(Distribution<Hybrid<double, Beta<double>>>);
static_assert(Policy<Actor<MlpNetwork<float>, Hybrid<float>>>);

TEST_CASE("a hybrid's head is the choice's logits, then the values' head; its parameters are the values'") {
    const Hybrid<float> distribution(3, 2);
    CHECK(distribution.head_size() == 5);
    CHECK(distribution.mask_size() == 3);
    CHECK(distribution.parameter_count() == 2);
    CHECK(distribution.action_shape().integers == 1);
    CHECK(distribution.action_shape().reals == 2);
    std::vector<float> own(2, 9);
    distribution.initialise(own);
    CHECK(own == std::vector<float>(2, 0));
    const Hybrid<float> narrow(3, DiagonalGaussian<float>(2, -1));
    narrow.initialise(own);
    CHECK(own == std::vector<float>(2, -1));
}

TEST_CASE("a hybrid with an empty part is refused") {
    CHECK_THROWS_WITH(Hybrid<float>(0, 2), "Categorical: choices is 0; give at least 1 action");
    CHECK_THROWS_WITH(Hybrid<float>(2, 0), "DiagonalGaussian: dimensions is 0; give at least 1");
}

TEST_CASE("gradients and the Fisher product of a hybrid agree with central differences") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        CHECK(gradient_error(Hybrid<double>(3, 2), seed) < 1e-6);
        CHECK(fisher_error(Hybrid<double>(3, 2), seed) < 1e-6);
    }
}

TEMPLATE_TEST_CASE("the density of a hybrid, summed over choices and integrated over values, is 1", "", float, double) {
    constexpr Index points = 401, choices = 3;
    DistributionBatch batch(Hybrid<TestType>(choices, 1), points * choices, 1);
    batch.head.colwise() = Vector<TestType>(batch.head.col(0));
    batch.own[0] = TestType(-0.5);
    batch.forward();
    const double mean = static_cast<double>(batch.head(choices, 0));
    const double step = std::exp(-0.5) * 16 / (points - 1);
    for (Index k = 0; k < points * choices; ++k) {
        batch.actions.all().integers(0, k) = static_cast<int>(k / points);
        batch.actions.all().reals(0, k) =
            static_cast<float>(mean + step * static_cast<double>(k % points - points / 2));
    }
    CHECK(batch.log_prob().template cast<double>().array().exp().sum() * step == Approx(1).epsilon(1e-5));
}

TEST_CASE("both parts of a hybrid are sampled, and its entropy is the mean of the negative log-probs") {
    DistributionBatch batch(Hybrid<double>(2, 1), 100'000, 1);
    batch.head.colwise() = Eigen::Vector3d(0.5, -0.5, 2);
    batch.own[0] = -1;
    batch.forward();
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        batch.sample(seed);
        const Vector<double> choice = batch.actions.all().integers.row(0).cast<double>().transpose();
        const Vector<double> value = batch.actions.all().reals.row(0).cast<double>().transpose();
        CHECK(within_four_standard_errors(choice, 1 / (1 + std::exp(1.0))));
        CHECK(within_four_standard_errors(value, 2));
        CHECK(within_four_standard_errors((value.array() - 2).square(), std::exp(-2.0)));
        CHECK(within_four_standard_errors(choice.cwiseProduct(value), 2 / (1 + std::exp(1.0))));
        CHECK(within_four_standard_errors(-batch.log_prob(), batch.entropy()[0]));
    }
    batch.distribution.mode(batch.tape, batch.actions.all());
    CHECK(batch.actions.all().integers(0, 7) == 0);
    CHECK(batch.actions.all().reals(0, 7) == 2);
}

TEST_CASE("a masked choice of a hybrid is never drawn, and its values are unaffected") {
    DistributionBatch batch(Hybrid<double>(3, 2), 1000, 1);
    batch.head.row(1).setConstant(kernels::masked_logit<double>);
    batch.forward();
    batch.sample(1);
    CHECK((batch.actions.all().integers.array() != 1).all());
    const std::vector<double> gradient = batch.gradient(Vector<double>::Ones(1000), 1, nullptr, 0);
    for (std::size_t j = 0; j < 1000; ++j) {
        CHECK(gradient[5 * j + 1] == 0);
        CHECK(gradient[5 * j + 3] != 0);
    }
}

TEST_CASE("a hybrid converts the values of a bounded distribution for the environment") {
    const Box box{.size = 1, .low = {-2}, .high = {6}};
    const DistributionBatch batch(Hybrid<float, Beta<float>>(2, Beta<float>(box)), 50, 1);
    ActionBatch sent(batch.actions.shape(), 50), back(batch.actions.shape(), 50);
    batch.distribution.to_environment(batch.actions.all(), sent.all());
    CHECK(sent.all().integers == batch.actions.all().integers);
    CHECK(sent.all().reals.minCoeff() >= -2);
    CHECK(sent.all().reals.maxCoeff() <= 6);
    CHECK(sent.all().reals.maxCoeff() > 1);
    batch.distribution.from_environment(sent.all(), back.all());
    CHECK(back.all().reals.isApprox(batch.actions.all().reals, 1e-5F));
}
