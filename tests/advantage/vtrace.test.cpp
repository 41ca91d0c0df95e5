#include "gradiva/advantage/vtrace.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/n_step.hpp"
#include "helpers/largest.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

static_assert(Advantage<VTrace>);
static_assert(holds_ratio<VTrace>());
static_assert(!holds_ratio<Gae>());

namespace {

constexpr Index environments = 6, horizon = 40;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Random rewards, values and ratios, and ends of both kinds at random. `spread` is that of the ratios' logarithms.
template <class Scalar = float>
Rollout<Scalar> random_rollout(std::uint64_t seed, double spread) {
    Rng rng(seed);
    const auto normal = [&] { return static_cast<Scalar>(rng.normal()); };
    auto r = blank_rollout<Scalar>(environments, horizon);
    std::generate_n(r.reward.data(), environments * horizon, normal);
    std::generate_n(r.value.data(), environments * (horizon + 1), normal);
    std::generate_n(r.log_ratio.data(), environments * horizon, [&] { return static_cast<Scalar>(spread) * normal(); });
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

/// V-trace of one sample, by the sum of the paper's section 4.1.
struct Plain {
    const Rollout<float>& r;
    VTrace options;

    double ratio(Index n, Index t) const { return std::exp(static_cast<double>(r.log_ratio(n, t))); }
    double rho(Index n, Index t) const { return std::min(options.rho_bar, ratio(n, t)); }
    double delta(Index n, Index t) const {
        return rho(n, t) *
               (static_cast<double>(r.reward(n, t)) + options.gamma * static_cast<double>(r.next_value(n, t)) -
                static_cast<double>(r.value(n, t)));
    }
    double target(Index n, Index t) const {
        double sum = static_cast<double>(r.value(n, t)), weight = 1;
        for (Index s = t; s < horizon; ++s) {
            sum += weight * delta(n, s);
            if (r.continues(n, s) == 0) break;
            weight *= options.gamma * options.lambda * std::min(options.c_bar, ratio(n, s));
        }
        return sum;
    }
    double advantage(Index n, Index t) const {
        const bool goes_on = r.continues(n, t) != 0 && t + 1 < horizon;
        const double next = goes_on ? target(n, t + 1) : static_cast<double>(r.next_value(n, t));
        return rho(n, t) *
               (static_cast<double>(r.reward(n, t)) + options.gamma * next - static_cast<double>(r.value(n, t)));
    }
};

/// The largest difference from `exact(n, t)`, as a share of max(1, max |exact|).
template <class Scalar, class F>
double error(const MatrixBuffer<Scalar>& values, const F& exact) {
    double worst = 0, largest = 1;
    for (Index n = 0; n < environments; ++n) {
        for (Index t = 0; t < horizon; ++t) {
            worst = largest_of(worst, std::abs(static_cast<double>(values(n, t)) - exact(n, t)));
            largest = std::max(largest, std::abs(exact(n, t)));
        }
    }
    return worst / largest;
}

}  // namespace

TEST_CASE("V-trace equals hand-computed values") {
    auto r = blank_rollout<double>(1, 2);
    r.reward(0, 0) = 1;
    r.reward(0, 1) = 2;
    r.value(0, 0) = 3;
    r.value(0, 1) = r.next_value(0, 0) = 4;
    r.value(0, 2) = r.next_value(0, 1) = 5;
    r.log_ratio(0, 0) = std::log(0.5);
    r.log_ratio(0, 1) = std::log(4);  // cut to 1
    VTrace{.gamma = 0.5}(r);
    CHECK(r.value_target(0, 1) == Catch::Approx(4.5));                // 4 + (2 + 2.5 - 4)
    CHECK(r.value_target(0, 0) == Catch::Approx(3.125));              // 3 + 0.5 (1 + 2 - 3) + 0.5 * 0.5 * 0.5
    CHECK(r.advantage(0, 1) == Catch::Approx(0.5));                   // 2 + 0.5 * 5 - 4
    CHECK(r.advantage(0, 0) == Catch::Approx(0.5 * (1 + 2.25 - 3)));  // the next target counts, not the next value
    end_episode(r, 0, 0);
    VTrace{.gamma = 0.5}(r);
    CHECK(r.value_target(0, 0) == Catch::Approx(2));  // 3 + 0.5 (1 - 3)
    CHECK(r.advantage(0, 0) == Catch::Approx(-1));
}

TEST_CASE("V-trace equals the paper's sum written out") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (const VTrace options :
             {VTrace{.gamma = 0.9}, VTrace{.gamma = 1, .lambda = 0.8, .rho_bar = 2, .c_bar = 0.7},
              VTrace{.gamma = 0.95, .lambda = 0, .rho_bar = 0.5},
              VTrace{.gamma = 0.6, .rho_bar = infinity, .c_bar = infinity}}) {
            INFO("seed " << seed << ", gamma " << options.gamma << ", lambda " << options.lambda);
            auto r = random_rollout(seed, 0.5);
            REQUIRE(r.terminated.matrix().cast<int>().sum() > 5);
            REQUIRE(r.truncated.matrix().cast<int>().sum() > 5);
            options(r);
            const Plain plain{r, options};
            CHECK(error(r.value_target, [&](Index n, Index t) { return plain.target(n, t); }) < 1e-5);
            CHECK(error(r.advantage, [&](Index n, Index t) { return plain.advantage(n, t); }) < 1e-5);
        }
    }
}

TEST_CASE("on policy V-trace gives n-step returns") {
    auto r = random_rollout(4, 0), all_steps = random_rollout(4, 0);
    VTrace{.gamma = 0.97}(r);
    NStep{.gamma = 0.97, .n = horizon}(all_steps);
    const auto exact = [](const MatrixBuffer<float>& x) {
        return [&](Index n, Index t) { return static_cast<double>(x(n, t)); };
    };
    CHECK(error(r.value_target, exact(all_steps.value_target)) < 1e-6);
    CHECK(error(r.advantage, exact(all_steps.advantage)) < 1e-6);
    VTrace{.gamma = 0.97, .lambda = 0}(r);
    NStep{.gamma = 0.97, .n = 1}(all_steps);
    CHECK(error(r.value_target, exact(all_steps.value_target)) < 1e-6);
}

TEST_CASE("V-trace truncates ratios at their bounds, and an impossible action has weight 0") {
    auto at = random_rollout(5, 0), above = random_rollout(5, 0);
    above.log_ratio.matrix().setConstant(3);
    VTrace{}(at);
    VTrace{}(above);
    CHECK(at.value_target == above.value_target);
    CHECK(at.advantage == above.advantage);
    at.log_ratio.matrix().setConstant(-std::numeric_limits<float>::infinity());
    VTrace{}(at);
    CHECK(at.value_target.matrix() == at.value.columns({0, horizon}));
    CHECK(at.advantage.matrix().isZero(1e-30F));
}

TEST_CASE("V-trace accepts a rollout of one step") {
    auto r = blank_rollout<float>(2, 1);
    r.reward.matrix().setConstant(3);
    VTrace{}(r);
    CHECK(r.advantage(1, 0) == 3);
    CHECK(r.value_target(1, 0) == 3);
}

TEST_CASE("V-trace refuses options out of range and a missing critic by name") {
    CHECK_NOTHROW(VTrace{}.check(true));
    CHECK_NOTHROW((VTrace{.rho_bar = infinity, .c_bar = infinity}.check(true)));
    CHECK_THROWS_WITH(VTrace{.gamma = 1.5}.check(true), "VTrace: gamma is 1.5; give a number from 0 to 1");
    CHECK_THROWS_WITH(VTrace{.lambda = -1}.check(true), "VTrace: lambda is -1; give a number from 0 to 1");
    CHECK_THROWS_WITH(VTrace{.rho_bar = 0}.check(true), "VTrace: rho_bar is 0 and c_bar 1; give numbers above 0");
    CHECK_THROWS_WITH(VTrace{.c_bar = -2}.check(true), "VTrace: rho_bar is 1 and c_bar -2; give numbers above 0");
    CHECK_THROWS_AS(VTrace{.rho_bar = std::numeric_limits<double>::quiet_NaN()}.check(true), Error);
    CHECK_THROWS_WITH(VTrace{}.check(false), "VTrace: there is no critic; give the trainer one");
}

TEMPLATE_TEST_CASE("V-trace weights an error of 0 to 0 under an infinite ratio", "", float, double) {
    using T = TestType;
    for (const Index count : {1, 2, 3, 20}) {  // environments
        for (const VTrace options :
             {VTrace{.gamma = 0.5}, VTrace{.gamma = 0.5, .rho_bar = infinity, .c_bar = infinity}}) {
            auto r = blank_rollout<T>(count, 6), plain = r;
            for (auto* each : {&r, &plain}) {
                each->reward(0, 1) = 3;
                end_episode(*each, 0, 4);
            }
            r.log_ratio(0, 2) = r.log_ratio(0, 4) = T(1000);  // rewards, values and what follows are 0 there
            options(r);
            VTrace{.gamma = 0.5}(plain);
            CHECK(r.advantage == plain.advantage);
            CHECK(r.value_target == plain.value_target);
        }
    }
}

TEST_CASE("an infinite V-trace does not leave its episode, and a ratio of NaN gives NaN") {
    const VTrace unbounded{.gamma = 0.5, .rho_bar = infinity, .c_bar = infinity};
    for (const Index count : {1, 2, 20}) {
        auto r = blank_rollout<float>(count, 8), plain = r;
        for (auto* each : {&r, &plain}) {
            each->reward.matrix().setConstant(1);
            end_episode(*each, 0, 3);
        }
        r.log_ratio(0, 5) = 1000;
        unbounded(r);
        unbounded(plain);
        for (Index t = 0; t < 8; ++t) {
            CAPTURE(count, t);
            const bool follows = t == 4 || t == 5;
            CHECK(std::isinf(r.value_target(0, t)) == follows);
            CHECK(std::isinf(r.advantage(0, t)) == follows);
            if (!follows)
                CHECK((r.value_target(0, t) == plain.value_target(0, t) && r.advantage(0, t) == plain.advantage(0, t)));
            if (count > 1) CHECK(r.value_target(1, t) == plain.value_target(1, t));
        }
        r.log_ratio(0, 5) = std::numeric_limits<float>::quiet_NaN();
        for (const VTrace& options : {VTrace{}, unbounded}) {
            options(r);
            CHECK(std::isnan(r.advantage(0, 5)));
            CHECK(std::isnan(r.value_target(0, 5)));
        }
    }
}
