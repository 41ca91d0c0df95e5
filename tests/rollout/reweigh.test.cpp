#include "gradiva/rollout/reweigh.hpp"

#include "catch.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/environments.hpp"
#include "learning/matching.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A policy that chooses 0 with probability 0.8, and a rollout of 3 steps of 2 environments whose behaviour tossed a
/// coin; its actions are 0 1 0 in environment 0 and 1 1 0 in environment 1.
struct Case {
    Case() {
        const double weights[] = {0, 0, std::log(0.8), std::log(0.2)};
        std::copy(std::begin(weights), std::end(weights), actor.weights().begin());
        rollout.resize(3);
        std::fill(rollout.length.begin(), rollout.length.end(), 3);
        rollout.log_prob.matrix().setConstant(std::log(0.5));
        const int actions[] = {0, 1, 1, 1, 0, 0};
        std::copy(std::begin(actions), std::end(actions), rollout.action.all().integers.data());
    }

    OffPolicyReport reweigh() { return Reweigher(actor, threads)(rollout); }

    Vectorized<Bandit> envs{Bandit{}, {.count = 2}};
    Actor<MlpNetwork<double>, Categorical<double>> actor{envs, {.hidden = {}}, Categorical<double>(2)};
    Rollout<double> rollout{envs, actor};
    Threads threads;
};

double kl_term(double rho) { return rho - 1 - std::log(rho); }

}  // namespace

TEST_CASE("Log-ratios, effective sample size and KL by hand") {
    Case c;
    const OffPolicyReport report = c.reweigh();
    const double rho[2][3] = {{1.6, 0.4, 1.6}, {0.4, 0.4, 1.6}};
    for (Index n = 0; n < 2; ++n) {
        for (Index t = 0; t < 3; ++t) CHECK(c.rollout.log_ratio(n, t) == Catch::Approx(std::log(rho[n][t])));
    }
    CHECK(report.effective_sample_size == Catch::Approx(6.0 * 6.0 / (3 * 2.56 + 3 * 0.16)));
    CHECK(report.kl == Catch::Approx((kl_term(1.6) + kl_term(0.4)) / 2));
}

TEST_CASE("What is no sample counts for nothing") {
    Case c;
    c.rollout.length[1] = 1;  // one sample with rho = 0.4
    c.rollout.log_prob(1, 2) = -std::numeric_limits<double>::infinity();
    const OffPolicyReport report = c.reweigh();
    CHECK(report.effective_sample_size == Catch::Approx(4.0 * 4.0 / (2 * 2.56 + 2 * 0.16)));
    CHECK(report.kl == Catch::Approx((kl_term(1.6) + kl_term(0.4)) / 2));
}

TEST_CASE("The ratios of the policy that acted are 1") {
    Vectorized envs(Wanderer{}, {.count = 5, .seed = 2});
    const Actor actor(envs, Mlp{.hidden = {8}});
    Threads threads;
    Rollout rollout(envs, actor);
    Collector(envs, actor, threads).steps(rollout, 30);
    CHECK(rollout.log_ratio.matrix().isZero(0));
    const OffPolicyReport report = Reweigher(actor, threads)(rollout);
    CHECK(rollout.log_ratio.matrix().isZero(1e-6F));
    CHECK(report.effective_sample_size == Catch::Approx(150));
    CHECK(std::abs(report.kl) < 1e-9);
}

TEST_CASE("A policy that excludes what was done is infinitely far away") {
    Case c;
    c.actor.weights()[3] = -1e4;  // exp(-1e4) is 0, its logarithm is not
    OffPolicyReport report = c.reweigh();
    CHECK(report.kl > 1e3);
    CHECK(report.effective_sample_size == Catch::Approx(3));
    c.actor.weights()[3] = -std::numeric_limits<double>::max();
    report = c.reweigh();
    CHECK(report.kl > 1e300);
}

TEST_CASE("A behaviour's log-prob that is not finite names the environment and the step") {
    Case c;
    c.rollout.log_prob(1, 2) = -std::numeric_limits<double>::infinity();
    CHECK_THROWS_WITH(c.reweigh(),
                      "reweigh: the behaviour's log-prob of environment 1 at step 2 is -inf; record the finite "
                      "log-probability with which each action was chosen");
    c.rollout.log_prob(0, 1) = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS_WITH(c.reweigh(), ContainsText("log-prob of environment 0 at step 1 is nan"));
}

TEST_CASE("Ratios have the same bits with 1, 2 and 4 threads", "[threads]") {
    const auto after = [](Index count) {
        Vectorized envs(Wanderer{}, {.count = 13, .seed = 2});
        const Actor behaviour(envs, Mlp{.hidden = {8}});
        auto actor = behaviour;
        for (float& w : actor.weights()) w *= 1.5F;
        Threads threads(count);
        Rollout rollout(envs, behaviour);
        Collector(envs, behaviour, threads).steps(rollout, 100);
        const OffPolicyReport report = Reweigher(actor, threads)(rollout);
        return std::tuple(rollout.log_ratio, report.effective_sample_size, report.kl);
    };
    const auto one = after(1);
    CHECK(std::get<2>(one) > 0);
    CHECK((one == after(2)));
    CHECK((one == after(4)));
}

TEST_CASE("An action that the policy cannot choose is refused, with where it stands") {
    const Box box{.size = 1, .low = {-2}, .high = {2}};
    Vectorized envs(TimeLimit(Matching<Box>{box}, 5), {.count = 2});
    Actor actor(envs, Mlp{.hidden = {}}, Beta<float>(box));
    Rollout<float> rollout(envs, actor);
    Threads threads;
    Collector(envs, actor, threads).steps(rollout, 3);
    CHECK_NOTHROW(Reweigher(actor, threads)(rollout));

    // Recorded as the environment took them: brought to what the policy stores.
    MatrixMap<float> recorded(rollout.action.all().reals);
    recorded.setConstant(1.5F);
    recorded(0, 4) = 2;
    actor.from_environment(rollout.action.all(), rollout.action.all());
    CHECK(recorded(0, 0) == Catch::Approx(0.875));
    CHECK_NOTHROW(Reweigher(actor, threads)(rollout));

    recorded(0, 3) = 1.25F;  // environment 1 at step 1
    CHECK_THROWS_WITH(
        Reweigher(actor, threads)(rollout),
        "reweigh: the policy gives the action of environment 1 at step 1 the log-prob -inf; record actions "
        "that it can choose: within the bounds, and as its `from_environment` gives them");
}

TEST_CASE("The effective sample size does not depend on how large or small all ratios are") {
    Case c;
    const OffPolicyReport before = c.reweigh();
    for (const double shift : {-1000.0, -400.0, 400.0, 709.0, 1000.0}) {
        CAPTURE(shift);
        Case other;
        other.rollout.log_prob.matrix().array() -= shift;
        const OffPolicyReport report = other.reweigh();
        CHECK(report.effective_sample_size == Catch::Approx(before.effective_sample_size));
        CHECK(report.kl > 300);
        CHECK(!std::isnan(report.kl));
    }
}

TEST_CASE("One ratio far above all others is the whole effective sample, wherever it stands") {
    for (const Index n : {0, 1}) {
        for (const Index t : {0, 1, 2}) {
            Case c;
            c.rollout.log_prob(n, t) = -800;
            CHECK(c.reweigh().effective_sample_size == Catch::Approx(1));
        }
    }
}
