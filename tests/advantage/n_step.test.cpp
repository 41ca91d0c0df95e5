#include "gradiva/advantage/n_step.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "helpers/largest.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

static_assert(Advantage<TemporalDifference>);
static_assert(Advantage<NStep>);
static_assert(!holds_ratio<TemporalDifference>() && !holds_ratio<NStep>());

namespace {

/// Three steps with rewards 1, 2, 3 and values 0.5, 1, 1.5, 2.
Rollout<double> three_steps() {
    auto rollout = blank_rollout<double>(1, 3);
    for (Index t = 0; t < 3; ++t) {
        rollout.reward(0, t) = 1 + static_cast<double>(t);
        rollout.value(0, t) = 0.5 + 0.5 * static_cast<double>(t);
        rollout.next_value(0, t) = 1 + 0.5 * static_cast<double>(t);
    }
    rollout.value(0, 3) = 2;
    return rollout;
}

template <class A>
std::vector<double> advantages(Rollout<double> rollout, const A& advantage) {
    advantage(rollout);
    for (Index t = 0; t < 3; ++t) CHECK(rollout.value_target(0, t) == rollout.advantage(0, t) + rollout.value(0, t));
    return {rollout.advantage.data(), rollout.advantage.data() + 3};
}

using Row = std::vector<double>;

constexpr Index environments = 6, horizon = 40;

/// Random rewards and values, and ends of both kinds at random.
Rollout<float> random_rollout(std::uint64_t seed) {
    Rng rng(seed);
    const auto normal = [&] { return static_cast<float>(rng.normal()); };
    auto r = blank_rollout<float>(environments, horizon);
    std::generate_n(r.reward.data(), environments * horizon, normal);
    std::generate_n(r.value.data(), environments * (horizon + 1), normal);
    for (Index n = 0; n < environments; ++n) {
        for (Index t = 0; t < horizon; ++t) {
            const double u = rng.uniform();
            r.next_value(n, t) = r.value(n, t + 1);
            if (u < 0.16) end_episode(r, n, t, u < 0.08);
            if (u < 0.08) r.next_value(n, t) = normal();
        }
    }
    return r;
}

/// The largest difference of the advantages from `exact(n, t)`, as a share of max(1, max |A|).
template <class F>
double error(const Rollout<float>& r, const F& exact) {
    double worst = 0, largest = 1;
    for (Index n = 0; n < environments; ++n) {
        for (Index t = 0; t < horizon; ++t) {
            worst = largest_of(worst, std::abs(static_cast<double>(r.advantage(n, t)) - exact(n, t)));
            largest = std::max(largest, std::abs(exact(n, t)));
        }
    }
    return worst / largest;
}

double n_steps(const Rollout<float>& r, Index n, Index t, Index steps, double gamma) {
    double sum = -static_cast<double>(r.value(n, t)), weight = 1;
    for (Index k = t;; ++k) {
        sum += weight * static_cast<double>(r.reward(n, k));
        weight *= gamma;
        if (k + 1 == t + steps || k + 1 == horizon || r.continues(n, k) == 0) {
            return sum + weight * static_cast<double>(r.next_value(n, k));
        }
    }
}

constexpr double tolerance = 1e-5;

}  // namespace

TEST_CASE("temporal difference errors equal hand-computed values") {
    const TemporalDifference td{.gamma = 0.5};
    CHECK(advantages(three_steps(), td) == Row{1, 1.75, 2.5});  // 1 + 0.5 - 0.5, 2 + 0.75 - 1, 3 + 1 - 1.5
    auto ends = three_steps();
    end_episode(ends, 0, 1);
    CHECK(advantages(ends, td) == Row{1, 1, 2.5});
    ends.next_value(0, 1) = 4;  // truncated
    CHECK(advantages(ends, td) == Row{1, 3, 2.5});
}

TEST_CASE("two-step returns equal hand-computed values") {
    const NStep two{.gamma = 0.5, .n = 2};
    CHECK(advantages(three_steps(), two) == Row{1.875, 3, 2.5});  // the first: 1 + 0.5 * 2 + 0.25 * 1.5 - 0.5
    auto ends = three_steps();
    end_episode(ends, 0, 1);
    CHECK(advantages(ends, two) == Row{1.5, 1, 2.5});
    ends.next_value(0, 1) = 4;  // truncated
    CHECK(advantages(ends, two) == Row{2.5, 3, 2.5});
}

TEST_CASE("NStep accepts the largest n for a rollout of one step") {
    auto rollout = blank_rollout<double>(2, 1);
    rollout.reward.matrix().setConstant(3);
    NStep{.n = std::numeric_limits<Index>::max()}(rollout);
    CHECK(rollout.advantage(1, 0) == 3);
}

TEST_CASE("NStep equals the sum written out") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        auto r = random_rollout(seed);
        REQUIRE(r.terminated.matrix().cast<int>().sum() > 5);
        REQUIRE(r.truncated.matrix().cast<int>().sum() > 5);
        for (const Index steps : {1, 2, 5, 39, 40, 1000}) {
            for (const double gamma : {0.0, 0.9, 1.0}) {
                INFO("seed " << seed << ", n " << steps << ", gamma " << gamma);
                const auto exact = [&](Index n, Index t) { return n_steps(r, n, t, steps, gamma); };
                NStep{.gamma = gamma, .n = steps}(r);
                CHECK(error(r, exact) < tolerance);
                CHECK(largest_size(r.value_target.matrix() - r.advantage.matrix() - r.value.columns({0, horizon})) <
                      1e-5F);
            }
        }
    }
}

TEST_CASE("TemporalDifference equals the sum written out") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        auto r = random_rollout(seed);
        TemporalDifference{.gamma = 0.9}(r);
        CHECK(error(r, [&](Index n, Index t) { return n_steps(r, n, t, 1, 0.9); }) < tolerance);
    }
}

TEST_CASE("NStep with n = 1 is TemporalDifference and Gae with lambda 0") {
    auto one = random_rollout(4), td = random_rollout(4), gae = random_rollout(4);
    NStep{.gamma = 0.97, .n = 1}(one);
    TemporalDifference{.gamma = 0.97}(td);
    Gae{.gamma = 0.97, .lambda = 0}(gae);
    CHECK(error(one, [&](Index n, Index t) { return static_cast<double>(td.advantage(n, t)); }) < 1e-6);
    CHECK(error(gae, [&](Index n, Index t) { return static_cast<double>(td.advantage(n, t)); }) < 1e-6);
}

TEST_CASE("NStep with n = horizon is the reward to go minus V") {
    auto all = random_rollout(5), to_go = random_rollout(5);
    NStep{.gamma = 0.97, .n = horizon}(all);
    RewardToGo{.gamma = 0.97, .baseline = Baseline::critic}(to_go);
    CHECK(error(all, [&](Index n, Index t) { return static_cast<double>(to_go.advantage(n, t)); }) < 1e-6);
}

TEST_CASE("NStep and TemporalDifference refuse options out of range and a missing critic by name") {
    CHECK_NOTHROW(TemporalDifference{}.check(true));
    CHECK_NOTHROW((NStep{.gamma = 1, .n = 1}.check(true)));
    CHECK_THROWS_WITH(TemporalDifference{.gamma = 1.5}.check(true),
                      "TemporalDifference: gamma is 1.5; give a number from 0 to 1");
    CHECK_THROWS_WITH(NStep{.gamma = -0.1}.check(true), "NStep: gamma is -0.1; give a number from 0 to 1");
    CHECK_THROWS_WITH(NStep{.n = 0}.check(true), "NStep: n is 0; give at least 1 step");
    CHECK_THROWS_WITH(TemporalDifference{}.check(false),
                      "TemporalDifference: there is no critic; give the trainer one, or use RewardToGo");
    CHECK_THROWS_WITH(NStep{}.check(false), "NStep: there is no critic; give the trainer one, or use RewardToGo");
}
