#include "gradiva/train/estimate.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/collect.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A critic whose value is 100 times the episode number, plus the step of the episode.
auto reading_critic() {
    Critic critic(MlpNetwork<float>(3, 1, {.hidden = {}}, Rng(1)));
    const std::vector<float> weights = {0, 100, 1, 0};
    std::copy(weights.begin(), weights.end(), critic.weights().begin());
    return critic;
}

/// Episodes of 3 steps in two environments, 7 steps collected and valued.
auto valued(bool truncates) {
    Vectorized envs(Ticker{.length = 3, .truncates = truncates}, {.count = 2});
    const Actor actor(envs, Mlp{.hidden = {4}});
    Threads threads;
    Rollout rollout(envs, actor);
    Collector(envs, actor, threads).steps(rollout, 7);
    const auto critic = reading_critic();
    Estimator estimate(critic, threads);
    estimate(rollout, Gae{});
    return rollout;
}

}  // namespace

TEST_CASE("every observation of a rollout is valued, the last one included") {
    const auto r = valued(true);
    const float expected[] = {0, 1, 2, 100, 101, 102, 200, 201};
    for (Index n = 0; n < 2; ++n) {
        for (Index t = 0; t <= 7; ++t) CHECK(r.value(n, t) == expected[t]);
    }
}

TEST_CASE("the next value of a truncated step is that of its own episode and not of the next") {
    const auto r = valued(true);
    const float expected[] = {1, 2, 3, 101, 102, 103, 201};
    const float continues[] = {1, 1, 0, 1, 1, 0, 1};
    for (Index n = 0; n < 2; ++n) {
        for (Index t = 0; t < 7; ++t) {
            CHECK(r.next_value(n, t) == expected[t]);
            CHECK(r.continues(n, t) == continues[t]);
        }
    }
}

TEST_CASE("the next value of a terminated step is 0") {
    const auto r = valued(false);
    const float expected[] = {1, 2, 0, 101, 102, 0, 201};
    const float continues[] = {1, 1, 0, 1, 1, 0, 1};
    for (Index n = 0; n < 2; ++n) {
        for (Index t = 0; t < 7; ++t) {
            CHECK(r.next_value(n, t) == expected[t]);
            CHECK(r.continues(n, t) == continues[t]);
        }
    }
}

TEST_CASE("without a critic every value is 0") {
    Vectorized envs(Ticker{.truncates = true}, {.count = 2});
    const Actor actor(envs, Mlp{.hidden = {4}});
    Threads threads;
    Rollout rollout(envs, actor);
    Collector(envs, actor, threads).steps(rollout, 7);
    const NoCritic none;
    Estimator estimate(none, threads);
    estimate(rollout, RewardToGo{.gamma = 1});
    CHECK(rollout.value.matrix().isZero(0));
    CHECK(rollout.next_value.matrix().isZero(0));
    CHECK(rollout.advantage(0, 0) == 3);
    CHECK(rollout.advantage(0, 2) == 1);
}

TEST_CASE("values have the same bits with 1, 2 and 4 threads", "[threads]") {
    Vectorized envs(TimeLimit(Wanderer{}, 15), {.count = 30, .seed = 2});
    const Actor actor(envs, Mlp{.hidden = {8}});
    const Critic critic(envs, Mlp{.hidden = {8}});
    Threads one(1), two(2), four(4);
    Rollout rollout(envs, actor);
    Collector(envs, actor, one).steps(rollout, 50);
    Estimator(critic, one)(rollout, Gae{});
    const auto value = rollout.value;
    const auto advantage = rollout.advantage;
    for (Threads* threads : {&two, &four}) {
        rollout.value.matrix().setZero();
        Estimator(critic, *threads)(rollout, Gae{});
        CHECK((rollout.value == value));
        CHECK((rollout.advantage == advantage));
    }
}

TEST_CASE("explained variance is 1 for a perfect critic and 0 for a constant one") {
    auto rollout = blank_rollout<double>(2, 3);
    for (Index i = 0; i < 6; ++i) rollout.value_target.data()[i] = static_cast<double>(i * i);
    rollout.value.columns({0, 3}) = rollout.value_target.matrix();
    CHECK(explained_variance(rollout) == Catch::Approx(1));
    rollout.value.matrix().setConstant(7);
    CHECK(explained_variance(rollout) == Catch::Approx(0).margin(1e-12));
    rollout.value.columns({0, 3}) = 0.5 * rollout.value_target.matrix();
    CHECK(explained_variance(rollout) == Catch::Approx(0.75));
    rollout.value.columns({0, 3}) = -rollout.value_target.matrix();
    CHECK(explained_variance(rollout) == Catch::Approx(-3));
    rollout.value_target.matrix().setConstant(2);
    CHECK(std::isnan(explained_variance(rollout)));
}

TEST_CASE("explained variance ignores absent samples") {
    auto rollout = blank_rollout<double>(2, 3);
    for (Index i = 0; i < 6; ++i) rollout.value_target.data()[i] = static_cast<double>(i);
    rollout.value.columns({0, 3}) = rollout.value_target.matrix();
    rollout.length[1] = 2;
    for (const double filler : {1e6, 1e200}) {  // before whose square all others vanish
        rollout.value(1, 2) = filler;
        rollout.value_target(1, 2) = -filler;
        CHECK(explained_variance(rollout) == Catch::Approx(1));
    }
}

namespace {

/// Of these targets and values, one sample per environment.
template <class Scalar>
double explained(const std::vector<double>& targets, const std::vector<double>& values) {
    auto rollout = blank_rollout<Scalar>(static_cast<Index>(targets.size()), 1);
    for (std::size_t i = 0; i < targets.size(); ++i) {
        rollout.value_target.data()[i] = static_cast<Scalar>(targets[i]);
        rollout.value.data()[i] = static_cast<Scalar>(values[i]);
    }
    return explained_variance(rollout);
}

/// a, b, a, b, ...
std::vector<double> alternating(double a, double b, std::size_t size = 2048) {
    std::vector<double> result;
    for (std::size_t i = 0; i < size; ++i) result.push_back(i % 2 == 0 ? a : b);
    return result;
}

}  // namespace

TEMPLATE_TEST_CASE("explained variance keeps its digits for a critic far off", "", float, double) {
    const auto of = explained<TestType>;
    const std::vector<double> nothing(2048, 0);
    CHECK(std::abs(of(alternating(1.6e7 - 1, 1.6e7 + 1), nothing)) < 1e-12);
    CHECK(std::abs(of(alternating(-1.6e7 - 1, 1 - 1.6e7), nothing)) < 1e-12);
    CHECK(std::abs(of(alternating(-1, 1), std::vector<double>(2048, 1.6e7))) < 1e-12);
    CHECK(std::abs(of(alternating(-1, 1), std::vector<double>(2048, -3e12))) < 1e-12);
    CHECK(std::abs(of(alternating(1e-12, 3e-12), nothing)) < 1e-12);
    CHECK(of(alternating(1.6e7 - 2, 1.6e7 + 2), alternating(-1, 1)) == Catch::Approx(0.75));
    CHECK(of(alternating(1.6e7 - 2, 1.6e7 + 2), alternating(3.2e7 - 2, 3.2e7 + 2)) == Catch::Approx(1));
    CHECK(of(alternating(-2, 2), alternating(2, -2)) == Catch::Approx(-3));
}

TEMPLATE_TEST_CASE("explained variance keeps its digits where the first sample is far off", "", float, double) {
    auto targets = alternating(-1, 1);
    auto values = targets;
    const auto plain = [&] {  // in extended precision
        const auto variance = [&](const auto& x) {
            long double mean = 0, squares = 0;
            for (std::size_t i = 0; i < targets.size(); ++i) mean += x(i) / static_cast<long double>(targets.size());
            for (std::size_t i = 0; i < targets.size(); ++i) squares += (x(i) - mean) * (x(i) - mean);
            return squares;
        };
        const auto target = [&](std::size_t i) { return static_cast<long double>(static_cast<TestType>(targets[i])); };
        const auto error = [&](std::size_t i) {
            return target(i) - static_cast<long double>(static_cast<TestType>(values[i]));
        };
        return static_cast<double>(1 - variance(error) / variance(target));
    };
    for (const double first : {1e3, 1e6, 1.6e7}) {
        INFO("first " << first);
        targets = values = alternating(-1, 1);
        targets[0] = values[0] = first;
        for (std::size_t i = 1; i < values.size(); ++i) values[i] = 0.5;
        CHECK(std::abs(explained<TestType>(targets, values) - plain()) < 1e-12);
        targets[0] = 1;  // only the critic is far off there
        CHECK(explained<TestType>(targets, values) == Catch::Approx(plain()).epsilon(1e-12));
    }
}

TEST_CASE("explained variance keeps its digits beside an offset that doubles hardly resolve") {
    const std::vector<double> nothing(2048, 0);
    CHECK(std::abs(explained<double>(alternating(1e15 - 1, 1e15 + 1), nothing)) < 1e-12);
    CHECK(std::abs(explained<double>(alternating(1e15, 1e15 + 1, 2047), std::vector<double>(2047, 0))) < 1e-12);
    CHECK(std::abs(explained<double>(alternating(1, 1 + 1e-15), nothing)) < 1e-12);
}

TEMPLATE_TEST_CASE("explained variance is NaN where the targets do not vary and without samples", "", float, double) {
    for (const double target : {0.1, 0.3, 1.0 / 3, 1e-30, -7e11, 0.0}) {
        for (const std::size_t size : {1U, 2U, 3U, 7U, 1000U, 2048U}) {
            INFO(target << " times " << size);
            const std::vector<double> targets(size, target);
            CHECK(std::isnan(explained<TestType>(targets, targets)));
            CHECK(std::isnan(explained<TestType>(targets, alternating(0.7, -0.2, size))));
        }
    }
    auto rollout = blank_rollout<TestType>(2, 3);
    rollout.length.assign(2, 0);
    CHECK(std::isnan(explained_variance(rollout)));
    rollout.length.assign(2, 3);
    rollout.value_target(1, 2) = std::numeric_limits<TestType>::quiet_NaN();
    CHECK(std::isnan(explained_variance(rollout)));
}

TEST_CASE("explained variance neither over- nor underflows in double") {
    for (const double scale : {1e-300, 1e-170, 1.0, 1e160, 1e300}) {
        CAPTURE(scale);
        std::vector<double> targets, near;
        for (int i = 0; i < 24; ++i) {
            targets.push_back(scale * (i % 6));
            near.push_back(scale * (i % 6 + 0.1 * (i % 2)));
        }
        CHECK(std::abs(explained<double>(targets, std::vector<double>(24, 0))) < 1e-12);
        CHECK(explained<double>(targets, near) > 0.99);
    }
}
