// REINFORCE's gradient estimate with every return and baseline: its mean is the exact gradient, its variance decreases.
#include "catch.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/optim/sgd.hpp"
#include "helpers/environments.hpp"
#include "helpers/largest.hpp"
#include "learn/recording_optimizer.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Two steps, two actions each; the second state is the first action.
struct TwoSteps {
    static constexpr double first[2] = {2, 10};
    static constexpr double second[2][2] = {{6, 3}, {2, 9}};
    int chosen = -1;

    Box observation_space() const { return {.size = 3}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        chosen = -1;
        observe(0, observation);
    }
    Outcome step(int action, Rng&, std::span<float> observation) {
        observe(1 + action, observation);
        if (chosen >= 0) return {.reward = second[chosen][action], .terminated = true};
        chosen = action;
        return {.reward = first[action]};
    }

private:
    static void observe(int state, std::span<float> observation) {
        for (int i = 0; i < 3; ++i) observation[static_cast<std::size_t>(i)] = i == state ? 1.0F : 0.0F;
    }
};

/// Logits of state 0, then of state 1, ... They are the first weights of a linear network, which are column-major.
const Bandit bandit{.rewards = {4, 5, 7}, .noise = 0.5};
const std::vector<double> bandit_logits = {0.5, 0.2, -0.4};
const std::vector<double> two_steps_logits = {0.3, -0.2, 0.1, 0.4, -0.5, 0.2};

/// Softmax of the logits of one state.
std::vector<double> probabilities(const std::vector<double>& logits, std::size_t state, std::size_t actions) {
    std::vector<double> p;
    double sum = 0;
    for (std::size_t a = 0; a < actions; ++a) sum += p.emplace_back(std::exp(logits[state * actions + a]));
    for (double& x : p) x /= sum;
    return p;
}

/// dJ/dlogit(s, a) = d(s) pi(a given s) (Q(s, a) - V(s)), d(s) being how often s is visited: the policy gradient
/// theorem.
void append_state(std::vector<double>& gradient, double visits, const std::vector<double>& p,
                  const std::vector<double>& q) {
    double v = 0;
    for (std::size_t a = 0; a < p.size(); ++a) v += p[a] * q[a];
    for (std::size_t a = 0; a < p.size(); ++a) gradient.push_back(visits * p[a] * (q[a] - v));
}

std::vector<double> exact_bandit() {
    std::vector<double> gradient;
    append_state(gradient, 1, probabilities(bandit_logits, 0, 3), bandit.rewards);
    return gradient;
}

std::vector<double> exact_two_steps() {
    const auto p = probabilities(two_steps_logits, 0, 2);
    std::vector<double> q, gradient, later;
    for (std::size_t a = 0; a < 2; ++a) {
        const auto next = probabilities(two_steps_logits, 1 + a, 2);
        q.push_back(TwoSteps::first[a] + next[0] * TwoSteps::second[a][0] + next[1] * TwoSteps::second[a][1]);
        append_state(later, p[a], next, {TwoSteps::second[a][0], TwoSteps::second[a][1]});
    }
    append_state(gradient, 1, p, q);
    gradient.insert(gradient.end(), later.begin(), later.end());
    return gradient;
}

/// Subtracts from each return the mean of all returns, its own included: this scales the gradient by 1 - 1 / n.
struct OwnMean {
    void check(bool) const {}
    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        TotalReturn{}(rollout);
        rollout.advantage.matrix().array() -= rollout.advantage.matrix().mean();
    }
};

struct Estimate {
    double deviation = 0;  ///< of the mean from the exact gradient, in standard errors: the largest of all weights
    double variance = 0;   ///< summed over the weights
};

/// The gradients that REINFORCE would climb under the policy of these logits; a critic serves where it is the baseline.
template <class E, class A>
Estimate estimate(const E& env, const std::vector<double>& logits, const std::vector<double>& exact,
                  const A& advantage) {
    constexpr std::size_t updates = 3000;
    Vectorized envs(env, {.count = 4, .seed = 33});
    Actor actor(envs, Mlp{.hidden = {}}, Categorical<double>(envs.action_space().n));
    Critic<MlpNetwork<double>> critic(envs, {.hidden = {4}});
    std::copy(logits.begin(), logits.end(), actor.weights().begin());
    for (double& w : critic.weights()) w = 1.5;
    const RecordingOptimizer optimizer;
    Reinforce trainer(envs, actor, critic, advantage, {.value_coefficient = 0, .max_gradient_norm = 0}, optimizer);
    while (optimizer.record->gradients.size() < 2 * updates) trainer.train({.steps = 1});
    Estimate result;
    for (std::size_t w = 0; w < logits.size(); ++w) {
        double mean = 0, squares = 0;
        const auto climb = [&](std::size_t i) { return -optimizer.record->gradients[2 * i][w]; };
        for (std::size_t i = 0; i < updates; ++i) mean += climb(i) / static_cast<double>(updates);
        for (std::size_t i = 0; i < updates; ++i) squares += (climb(i) - mean) * (climb(i) - mean);
        const double variance = squares / static_cast<double>(updates - 1);
        const double standard_error = std::sqrt(variance / static_cast<double>(updates));
        result.deviation = gradiva_test::largest_of(result.deviation, std::abs(mean - exact[w]) / standard_error);
        result.variance += variance;
    }
    return result;
}

template <class A>
Estimate on_bandit(const A& advantage) {
    return estimate(bandit, bandit_logits, exact_bandit(), advantage);
}

template <class A>
Estimate on_two_steps(const A& advantage) {
    return estimate(TwoSteps{}, two_steps_logits, exact_two_steps(), advantage);
}

/// The probability of each arm after one step of descent in which the last, rare one was not tried.
template <class A>
std::vector<double> after_one_step(const A& advantage) {
    Vectorized envs(Bandit{.rewards = {4, 4, 4}}, {.count = 4, .seed = 5});
    Actor actor(envs, Mlp{.hidden = {}}, Categorical<double>(3));
    std::fill(actor.weights().begin(), actor.weights().end(), 0.0);
    actor.weights()[2] = -1;
    Reinforce trainer(envs, actor, advantage, {.learning_rate = 0.01, .max_gradient_norm = 0}, Sgd<double>{});
    trainer.train({.steps = 1});
    for (Index n = 0; n < 4; ++n) REQUIRE(trainer.rollout().action.all().integers(0, n) < 2);
    std::vector<double> logits;
    for (std::size_t a = 0; a < 3; ++a) logits.push_back(actor.weights()[a] + actor.weights()[3 + a]);
    return probabilities(logits, 0, 3);
}

}  // namespace

TEST_CASE("with every return and baseline the REINFORCE estimate on a bandit is unbiased", "[draws]") {
    for (const Baseline baseline : {Baseline::none, Baseline::constant, Baseline::mean_of_others, Baseline::critic}) {
        INFO("baseline " << static_cast<int>(baseline));
        CHECK(on_bandit(TotalReturn{.baseline = baseline, .constant = 5}).deviation < 3);
        CHECK(on_bandit(RewardToGo{.gamma = 1, .baseline = baseline, .constant = 5}).deviation < 3);
    }
}

TEST_CASE("with every return and baseline the REINFORCE estimate on two steps is unbiased", "[draws]") {
    for (const Baseline baseline : {Baseline::none, Baseline::constant, Baseline::mean_of_others, Baseline::critic}) {
        INFO("baseline " << static_cast<int>(baseline));
        CHECK(on_two_steps(TotalReturn{.baseline = baseline, .constant = 11}).deviation < 3);
        CHECK(on_two_steps(RewardToGo{.gamma = 1, .baseline = baseline, .constant = 7}).deviation < 3);
    }
}

TEST_CASE("the test distinguishes a wrong estimate from the exact gradient") {
    CHECK(on_two_steps(RewardToGo{.gamma = 0}).deviation > 6);
    CHECK(on_bandit(OwnMean{}).deviation > 6);
}

TEST_CASE("a baseline lowers the variance and rewards to go lower it again", "[draws]") {
    const double total = on_two_steps(TotalReturn{}).variance;
    const double to_go = on_two_steps(RewardToGo{.gamma = 1}).variance;
    CHECK(to_go < 0.9 * total);
    CHECK(on_two_steps(TotalReturn{.baseline = Baseline::constant, .constant = 11}).variance < 0.5 * total);
    CHECK(on_two_steps(RewardToGo{.gamma = 1, .baseline = Baseline::constant, .constant = 7}).variance < 0.5 * to_go);
    const double total_less = on_two_steps(TotalReturn{.baseline = Baseline::mean_of_others}).variance;
    const double to_go_less = on_two_steps(RewardToGo{.gamma = 1, .baseline = Baseline::mean_of_others}).variance;
    CHECK(total_less < 0.5 * total);
    CHECK(to_go_less < 0.5 * to_go);
    CHECK(to_go_less < 0.9 * total_less);
    const double bandit_none = on_bandit(TotalReturn{}).variance;
    CHECK(on_bandit(TotalReturn{.baseline = Baseline::constant, .constant = 5}).variance < 0.5 * bandit_none);
    CHECK(on_bandit(TotalReturn{.baseline = Baseline::mean_of_others}).variance < 0.5 * bandit_none);
}

TEST_CASE("an action that was not tried loses probability without a baseline, with one not necessarily") {
    const double before = std::exp(-1) / (2 + std::exp(-1));
    CHECK(after_one_step(TotalReturn{})[2] < 0.995 * before);
    CHECK(after_one_step(RewardToGo{})[2] < 0.995 * before);
    CHECK(after_one_step(TotalReturn{.baseline = Baseline::mean_of_others})[2] == Catch::Approx(before));
    CHECK(after_one_step(TotalReturn{.baseline = Baseline::constant, .constant = 6})[2] > 1.002 * before);
}
