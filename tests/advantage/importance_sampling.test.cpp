#include "gradiva/advantage/importance_sampling.hpp"

#include "catch.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/estimate.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/largest.hpp"
#include "learn/plain_losses.hpp"
#include "learn/recording_optimizer.hpp"
#include "rollout/blank_rollout.hpp"

using namespace gradiva;
using namespace gradiva_test;

static_assert(Advantage<ProductOfRatios> && Advantage<SingleRatio>);
static_assert(holds_ratio<ProductOfRatios>() && holds_ratio<SingleRatio>());

namespace {

constexpr Index environments = 5, horizon = 30;

/// Whole episodes of random lengths with random rewards and ratios; those of environment 0 end early.
Rollout<float> random_episodes(std::uint64_t seed) {
    Rng rng(seed);
    auto r = blank_rollout<float>(environments, horizon);
    r.whole_episodes = true;
    r.length[0] = 20;
    for (Index n = 0; n < environments; ++n) {
        for (Index t = 0; t < horizon; ++t) {
            r.reward(n, t) = static_cast<float>(rng.normal());
            r.log_ratio(n, t) = static_cast<float>(0.3 * rng.normal());
            if (t + 1 >= r.length[n] || rng.uniform() < 0.15) end_episode(r, n, t);
        }
    }
    return r;
}

double ratio(const Rollout<float>& r, Index n, Index t) { return std::exp(static_cast<double>(r.log_ratio(n, t))); }

Index begin_of_episode(const Rollout<float>& r, Index n, Index t) {
    while (t > 0 && r.continues(n, t - 1) != 0) --t;
    return t;
}

/// The product of an episode's ratios up to t.
double product(const Rollout<float>& r, Index n, Index t) {
    double w = 1;
    for (Index k = begin_of_episode(r, n, t); k <= t; ++k) w *= ratio(r, n, k);
    return w;
}

/// The sum of weight(k) gamma^(k - t) r_k from t to the episode's end.
template <class F>
double to_go(const Rollout<float>& r, Index n, Index t, double gamma, const F& weight) {
    double sum = 0, discount = 1;
    for (Index k = t;; ++k, discount *= gamma) {
        sum += discount * weight(k) * static_cast<double>(r.reward(n, k));
        if (r.continues(n, k) == 0) return sum;
    }
}

template <class F>
double error(const Rollout<float>& r, const F& exact) {
    double worst = 0, largest = 1;
    for (Index n = 0; n < environments; ++n) {
        for (Index t = 0; t < r.length[n]; ++t) {
            worst = largest_of(worst, std::abs(static_cast<double>(r.advantage(n, t)) - exact(n, t)));
            largest = std::max(largest, std::abs(exact(n, t)));
        }
    }
    return worst / largest;
}

/// Two steps, two actions each; the second state is the first action.
struct TwoSteps {
    static constexpr double first[2] = {1, 3};
    static constexpr double second[2][2] = {{4, 0}, {-3, 6}};
    int chosen = -1;

    Box observation_space() const { return {.size = 2}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        chosen = -1;
        observation[0] = observation[1] = 1;
    }
    Outcome step(int action, Rng&, std::span<float> observation) {
        observation[0] = action == 0 ? 1.0F : 0.0F;
        observation[1] = action == 1 ? 1.0F : 0.0F;
        if (chosen >= 0) return {.reward = second[chosen][action], .terminated = true};
        chosen = action;
        return {.reward = first[action]};
    }
};

struct Estimates {
    std::vector<double> mean, standard_error;
};

/// Gradient estimates for a linear policy with these weights, from episodes that a uniform behaviour played.
template <class E, class A>
Estimates estimate_off_policy(const E& env, const std::vector<double>& weights, const A& advantage) {
    constexpr std::size_t updates = 3000;
    Vectorized envs(env, {.count = 4, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {}});
    REQUIRE(actor.weights().size() == weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i) actor.weights()[i] = static_cast<float>(weights[i]);
    const auto n = envs.action_space().n;
    const Controller uniform(envs, [n](std::span<const float>, Rng& rng, ActionView action) {
        action.integers(0, 0) = static_cast<int>(rng.below(n));
        return -std::log(static_cast<double>(n));
    });
    Threads threads;
    NoCritic none;
    const RecordingOptimizer optimizer;
    Rollout<float> rollout(envs, uniform);
    Collector collect(envs, uniform, threads);
    Reweigher reweigh(actor, threads);
    Estimator estimate(none, threads);
    Updater update(actor, none, PolicyGradient{.per_episode = true}, optimizer,
                   {.minibatch = all_samples, .epochs = 1, .max_gradient_norm = 0, .normalize_advantage = false},
                   threads, 0);
    for (std::size_t i = 0; i < updates; ++i) {
        collect.episodes(rollout, 1);
        reweigh(rollout);
        estimate(rollout, advantage);
        update(rollout);
    }
    const auto& seen = optimizer.record->gradients;
    REQUIRE(seen.size() == updates);
    Estimates result;
    for (std::size_t w = 0; w < weights.size(); ++w) {
        double mean = 0, squares = 0;
        for (const auto& g : seen) mean += g[w] / static_cast<double>(updates);
        for (const auto& g : seen) squares += (g[w] - mean) * (g[w] - mean);
        result.mean.push_back(mean);
        result.standard_error.push_back(std::sqrt(squares / static_cast<double>(updates * (updates - 1))));
    }
    return result;
}

/// The distance of each weight's mean from the exact gradient, in standard errors: the largest.
double deviation(const Estimates& estimates, const std::vector<double>& gradient) {
    double largest = 0;
    for (std::size_t w = 0; w < gradient.size(); ++w) {
        const double distance = std::abs(estimates.mean[w] - gradient[w]);
        if (!(distance <= 1e-6)) largest = largest_of(largest, distance / estimates.standard_error[w]);
    }
    return largest;
}

std::vector<double> probabilities(const std::vector<double>& weights, std::size_t actions,
                                  const std::vector<double>& state) {
    auto p = plain_log_softmax(plain_mlp(weights, {state.size(), actions}, state));
    for (double& x : p) x = std::exp(x);
    return p;
}

/// Of minus the expected return, as the updates descend.
template <class F>
std::vector<double> exact_gradient(std::vector<double> weights, const F& expected) {
    return numeric_gradient(weights, [&] { return -expected(weights); });
}

}  // namespace

TEST_CASE("the product of ratios equals the sum written out") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        for (const double gamma : {0.0, 0.9, 1.0}) {
            INFO("seed " << seed << ", gamma " << gamma);
            auto r = random_episodes(seed);
            ProductOfRatios{.gamma = gamma, .constant = 0.7}(r);
            const auto weighted = [&](Index n, Index t) {
                return to_go(r, n, t, gamma, [&](Index k) { return product(r, n, k); });
            };
            CHECK(error(r, [&](Index n, Index t) { return weighted(n, t) - 0.7 * product(r, n, t); }) < 1e-5);
            CHECK(static_cast<double>(r.value_target(2, 0)) == Catch::Approx(weighted(2, 0)).margin(1e-5));
        }
    }
}

TEST_CASE("the single ratio equals the sum written out") {
    const auto one = [](Index) { return 1.0; };
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        auto r = random_episodes(seed);
        SingleRatio{.gamma = 0.9, .baseline = Baseline::constant, .constant = 0.7}(r);
        CHECK(error(r, [&](Index n, Index t) { return ratio(r, n, t) * (to_go(r, n, t, 0.9, one) - 0.7); }) < 1e-5);
        CHECK(static_cast<double>(r.value_target(2, 0)) == Catch::Approx(to_go(r, 2, 0, 0.9, one)).margin(1e-5));
    }
}

TEST_CASE("singleRatio weights the advantages of RewardToGo under every baseline") {
    for (const Baseline baseline : {Baseline::none, Baseline::constant, Baseline::mean_of_others, Baseline::critic}) {
        auto r = random_episodes(5), plain = random_episodes(5);
        SingleRatio{.gamma = 0.9, .baseline = baseline, .constant = 0.7}(r);
        RewardToGo{.gamma = 0.9, .baseline = baseline, .constant = 0.7}(plain);
        CHECK(error(r, [&](Index n, Index t) { return ratio(r, n, t) * static_cast<double>(plain.advantage(n, t)); }) <
              1e-6);
    }
}

TEST_CASE("with ratios of 1 both are the reward to go") {
    auto r = random_episodes(4);
    r.log_ratio.matrix().setZero();
    const auto exact = [&](Index n, Index t) { return to_go(r, n, t, 0.9, [](Index) { return 1.0; }); };
    ProductOfRatios{.gamma = 0.9}(r);
    CHECK(error(r, exact) < 1e-6);
    SingleRatio{.gamma = 0.9}(r);
    CHECK(error(r, exact) < 1e-6);
}

TEST_CASE("from a uniform behaviour on a bandit both ratios give the on-policy gradient") {
    const Bandit bandit{.rewards = {4, 5, 7}, .noise = 0.5};
    const std::vector<double> weights = {0.3, -0.2, 0.1, 0.8, 0.4, -0.5};
    const auto gradient = exact_gradient(weights, [](const std::vector<double>& w) {
        const auto p = probabilities(w, 3, {1});
        return 4 * p[0] + 5 * p[1] + 7 * p[2];
    });
    CHECK(deviation(estimate_off_policy(bandit, weights, ProductOfRatios{}), gradient) < 3);
    CHECK(deviation(estimate_off_policy(bandit, weights, ProductOfRatios{.constant = 5}), gradient) < 3);
    CHECK(deviation(estimate_off_policy(bandit, weights, SingleRatio{.gamma = 1}), gradient) < 3);
    CHECK(deviation(estimate_off_policy(bandit, weights, RewardToGo{.gamma = 1}), gradient) > 6);  // unweighted
}

TEST_CASE("from a uniform behaviour on two steps the product is unbiased and the single ratio is not") {
    const std::vector<double> weights = {0.8, -0.2, -0.4, 0.9, 0.2, -0.1};
    const auto gradient = exact_gradient(weights, [](const std::vector<double>& w) {
        const auto p = probabilities(w, 2, {1, 1});
        double sum = 0;
        for (std::size_t a = 0; a < 2; ++a) {
            const auto q = probabilities(w, 2, {a == 0 ? 1.0 : 0.0, a == 1 ? 1.0 : 0.0});
            sum += p[a] * (TwoSteps::first[a] + q[0] * TwoSteps::second[a][0] + q[1] * TwoSteps::second[a][1]);
        }
        return sum;
    });
    CHECK(deviation(estimate_off_policy(TwoSteps{}, weights, ProductOfRatios{}), gradient) < 3);
    CHECK(deviation(estimate_off_policy(TwoSteps{}, weights, ProductOfRatios{.constant = 4}), gradient) < 3);
    CHECK(deviation(estimate_off_policy(TwoSteps{}, weights, SingleRatio{.gamma = 1}), gradient) > 6);
}

TEST_CASE("productOfRatios and SingleRatio refuse options out of range and rollouts of cut episodes by name") {
    CHECK_NOTHROW(ProductOfRatios{}.check(false));
    CHECK_NOTHROW(SingleRatio{}.check(false));
    CHECK_THROWS_WITH(ProductOfRatios{.gamma = 2}.check(true),
                      "ProductOfRatios: gamma is 2; give a number from 0 to 1");
    CHECK_THROWS_WITH(ProductOfRatios{.constant = std::numeric_limits<double>::infinity()}.check(true),
                      "ProductOfRatios: constant is inf; give a finite number");
    CHECK_THROWS_WITH(SingleRatio{.gamma = -1}.check(true), "SingleRatio: gamma is -1; give a number from 0 to 1");
    CHECK_THROWS_WITH(SingleRatio{.baseline = Baseline::critic}.check(false),
                      ContainsText("SingleRatio: baseline is critic, and there is no critic"));
    auto cut = random_episodes(1);
    cut.whole_episodes = false;
    CHECK_THROWS_WITH(ProductOfRatios{}(cut),
                      "ProductOfRatios: the rollout holds 30 steps cut from episodes; collect whole episodes");
}

TEMPLATE_TEST_CASE("a reward, return or baseline of 0 contributes 0 under an infinite ratio", "", float, double) {
    using T = TestType;
    for (const Index count : {1, 2, 20}) {
        auto r = blank_rollout<T>(count, 6);
        r.whole_episodes = true;
        for (Index n = 0; n < count; ++n) {
            end_episode(r, n, 2);
            end_episode(r, n, 5);
        }
        r.reward(0, 0) = r.reward(0, 3) = 2;
        r.log_ratio(0, 1) = r.log_ratio(0, 5) = T(1000);
        ProductOfRatios{}(r);
        for (Index t = 0; t < 6; ++t) CHECK(r.advantage(0, t) == (t % 3 == 0 ? 2 : 0));
        SingleRatio{.gamma = 1}(r);
        for (Index t = 0; t < 6; ++t) CHECK(r.advantage(0, t) == (t % 3 == 0 ? 2 : 0));
        r.reward(0, 4) = -1;
        r.log_ratio(0, 4) = T(1000);
        ProductOfRatios{}(r);
        for (Index t = 0; t < 6; ++t) {
            CHECK(r.advantage(0, t) == (t == 0 ? T(2) : t == 3 || t == 4 ? -std::numeric_limits<T>::infinity() : T(0)));
        }
        SingleRatio{.gamma = 1}(r);
        CHECK(r.advantage(0, 4) == -std::numeric_limits<T>::infinity());
        CHECK(r.advantage(0, 3) == 1);
        r.log_ratio(0, 4) = std::numeric_limits<T>::quiet_NaN();
        SingleRatio{.gamma = 1}(r);
        CHECK(std::isnan(r.advantage(0, 4)));
        CHECK(r.advantage(0, 3) == 1);
    }
}
