// The mean of REINFORCE's gradient estimates is the exact gradient, whatever the baseline.
#include "gradiva/algorithms/reinforce.hpp"

#include "catch.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/env/vectorized.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"
#include "learn/plain_losses.hpp"
#include "learn/recording_optimizer.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Two steps, two actions each; the second state is the first action. Rewards as in the tables.
struct TwoSteps {
    static constexpr double first[2] = {1, 3};
    static constexpr double second[2][2] = {{2, 0}, {-1, 4}};
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

/// Mean, standard error and total variance of gradient estimates under a fixed policy, which is linear.
struct Estimate {
    std::vector<double> mean, standard_error;
    double variance = 0;
};

/// Enough updates for the exact gradient to be told from a wrong one.
template <class E, class A>
Estimate estimate(const E& env, std::vector<double> weights, const A& advantage) {
    constexpr int updates = 4000;
    Vectorized envs(env, {.count = 4, .seed = 21});
    Actor actor(envs, Mlp{.hidden = {}}, Categorical<double>(envs.action_space().n));
    REQUIRE(actor.weights().size() == weights.size());
    std::copy(weights.begin(), weights.end(), actor.weights().begin());
    const RecordingOptimizer optimizer;
    Reinforce trainer(envs, actor, advantage, {.episodes = 1, .max_gradient_norm = 0}, optimizer);
    for (int i = 0; i < updates; ++i) trainer.train({.steps = 1});
    const auto& seen = optimizer.record->gradients;
    REQUIRE(seen.size() == updates);
    Estimate result;
    for (std::size_t w = 0; w < weights.size(); ++w) {
        double mean = 0, squares = 0;
        for (const auto& gradient : seen) mean += gradient[w] / updates;
        for (const auto& gradient : seen) squares += (gradient[w] - mean) * (gradient[w] - mean);
        result.mean.push_back(mean);
        result.variance += squares / (updates - 1);
        result.standard_error.push_back(std::sqrt(squares / (updates - 1) / updates));
    }
    return result;
}

/// The gradient of minus the expected return, by central differences of the expectation written out.
std::vector<double> exact(std::vector<double> weights, const std::function<double(std::span<const double>)>& expected) {
    return numeric_gradient(weights, [&] { return -expected(weights); });
}

void check_unbiased(const Estimate& estimate, const std::vector<double>& gradient) {
    for (std::size_t w = 0; w < gradient.size(); ++w) {
        INFO("weight " << w << ": " << estimate.mean[w] << " +- " << estimate.standard_error[w] << ", exactly "
                       << gradient[w]);
        CHECK(std::abs(estimate.mean[w] - gradient[w]) < 3 * estimate.standard_error[w] + 1e-12);
    }
}

std::vector<double> probabilities(std::span<const double> weights, std::size_t actions,
                                  const std::vector<double>& state) {
    auto p = plain_log_softmax(plain_mlp(weights, {state.size(), actions}, state));
    for (double& x : p) x = std::exp(x);
    return p;
}

const Bandit bandit{.rewards = {4, 5, 7}, .noise = 0.5};
const std::vector<double> bandit_weights = {0.3, -0.2, 0.1, 0.2, 0.4, -0.5};

double bandit_return(std::span<const double> weights) {
    const auto p = probabilities(weights, 3, {1});
    return 4 * p[0] + 5 * p[1] + 7 * p[2];
}

const std::vector<double> two_steps_weights = {0.3, -0.2, 0.1, 0.4, 0.2, -0.1};

double two_steps_return(std::span<const double> weights) {
    const auto p = probabilities(weights, 2, {1, 1});
    double sum = 0;
    for (std::size_t a = 0; a < 2; ++a) {
        const auto q = probabilities(weights, 2, {a == 0 ? 1.0 : 0.0, a == 1 ? 1.0 : 0.0});
        sum += p[a] * (TwoSteps::first[a] + q[0] * TwoSteps::second[a][0] + q[1] * TwoSteps::second[a][1]);
    }
    return sum;
}

}  // namespace

TEST_CASE("the REINFORCE estimate on a bandit is unbiased and a baseline lowers its variance", "[learning]") {
    const auto gradient = exact(bandit_weights, bandit_return);
    const auto none = estimate(bandit, bandit_weights, RewardToGo{.gamma = 1});
    const auto constant =
        estimate(bandit, bandit_weights, RewardToGo{.gamma = 1, .baseline = Baseline::constant, .constant = 5});
    const auto others = estimate(bandit, bandit_weights, RewardToGo{.gamma = 1, .baseline = Baseline::mean_of_others});
    check_unbiased(none, gradient);
    check_unbiased(constant, gradient);
    check_unbiased(others, gradient);
    CHECK(constant.variance < 0.5 * none.variance);
    CHECK(others.variance < 0.5 * none.variance);
}

TEST_CASE("the REINFORCE estimate on two steps is unbiased and rewards to go lower its variance", "[learning]") {
    const auto gradient = exact(two_steps_weights, two_steps_return);
    const auto total = estimate(TwoSteps{}, two_steps_weights, TotalReturn{});
    const auto total_others =
        estimate(TwoSteps{}, two_steps_weights, TotalReturn{.baseline = Baseline::mean_of_others});
    const auto to_go = estimate(TwoSteps{}, two_steps_weights, RewardToGo{.gamma = 1});
    check_unbiased(total, gradient);
    check_unbiased(total_others, gradient);
    check_unbiased(to_go, gradient);
    CHECK(total_others.variance < total.variance);
    CHECK(to_go.variance < total.variance);
}

TEST_CASE("without a baseline an action that was not tried loses probability, with one not necessarily") {
    const auto share_of_last_arm = [](const RewardToGo& advantage) {
        Vectorized envs(Bandit{.rewards = {4, 4, 4}}, {.count = 2, .seed = 3});
        Actor actor(envs, Mlp{.hidden = {}}, Categorical<double>(3));
        const std::vector<double> weights = {0, 0, -20, 0, 0, -20};  // the last arm is never tried
        std::copy(weights.begin(), weights.end(), actor.weights().begin());
        const RecordingOptimizer optimizer;
        Reinforce(envs, actor, advantage, {}, optimizer).train({.steps = 1});
        return optimizer.record->gradients[0][5];
    };
    CHECK(share_of_last_arm(RewardToGo{}) > 0);  // descent lowers its weight
    CHECK(share_of_last_arm(RewardToGo{.baseline = Baseline::mean_of_others}) == 0);
}

TEST_CASE("REINFORCE takes one step on each rollout however many samples it has") {
    Vectorized envs(Bandit{.rewards = {4, 4, 4}}, {.count = 80, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {}}, Categorical<double>(3));
    const RecordingOptimizer optimizer;
    Reinforce trainer(envs, actor, RewardToGo{}, {}, optimizer);
    for (const std::size_t iteration : {1U, 2U}) {
        const Progress progress = trainer.train({.steps = 80});
        CHECK(optimizer.record->gradients.size() == iteration);
        double gain = 0;
        for (Index n = 0; n < 80; ++n) gain += trainer.rollout().log_prob(n, 0) * trainer.rollout().advantage(n, 0);
        CHECK(progress.update.surrogate_loss == Catch::Approx(-gain / 80));
    }
}

TEST_CASE("REINFORCE collects whole episodes from every environment and needs no critic") {
    Vectorized envs([](Index i) { return Ticker{.id = i, .length = 2 + i}; }, {.count = 3});
    Actor actor(envs, Mlp{.hidden = {4}});
    Reinforce trainer(envs, actor, TotalReturn{}, {.episodes = 2});
    const Progress progress = trainer.train({.steps = 1});
    CHECK(progress.steps == 2 * (2 + 3 + 4));
    CHECK(progress.episodes == 6);
    CHECK(std::isnan(progress.update.value_loss));
    CHECK(std::isnan(progress.explained_variance));
    CHECK(trainer.rollout().whole_episodes);
}

TEST_CASE("REINFORCE trains a critic where one is its baseline") {
    Vectorized envs([](Index i) { return Ticker{.id = i}; }, {.count = 3});
    Actor actor(envs, Mlp{.hidden = {4}});
    Critic critic(envs, Mlp{.hidden = {4}});
    const std::vector<float> before(critic.weights().begin(), critic.weights().end());
    Reinforce trainer(envs, actor, critic, RewardToGo{.baseline = Baseline::critic});
    CHECK(trainer.train({.steps = 1}).update.value_loss > 0);
    CHECK((before != std::vector<float>(critic.weights().begin(), critic.weights().end())));
}
