// Evaluation of a fixed policy, with the parts of the loop put together by hand.
#include "gradiva/learn/value_regression.hpp"

#include "algorithms/option_rows.hpp"
#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/train/estimate.hpp"
#include "helpers/exact_problems.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// The random walk under the uniform policy, and a critic that has one weight per state.
struct Walk {
    explicit Walk(std::uint64_t seed) : envs(RandomWalk19{}, {.count = 16, .seed = seed}) {
        std::fill(actor.weights().begin(), actor.weights().end(), 0.0F);
    }

    double rms_error() const {
        const RandomWalk19 problem;
        const Matrix<float> states = all_observations<float>(problem);
        decltype(critic)::Tape tape;
        const Vector<double> value = critic.forward(states, tape).cast<double>();
        return std::sqrt((value - uniform_policy_values(problem, 1)).squaredNorm() / 19);
    }

    Vectorized<RandomWalk19> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, Mlp{.hidden = {}}};
    Critic<MlpNetwork<float>> critic{envs, Mlp{.hidden = {}}};
    Threads threads;
    Rollout<float> rollout{envs, actor};
};

}  // namespace

TEST_CASE("a critic regressed on Monte Carlo returns comes close to the exact values of a random walk", "[learning]") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Walk walk(seed);
        Collector collect(walk.envs, walk.actor, walk.threads);
        Estimator estimate(walk.critic, walk.threads);
        ValueRegression<decltype(walk.critic), Adam<float>> regress(
            walk.critic, {}, {.minibatch = 512, .epochs = 1, .learning_rate = Linear{3e-3, 0}}, walk.threads, seed);
        constexpr int rounds = 80;
        for (int i = 0; i < rounds; ++i) {
            collect.episodes(walk.rollout, 8);
            estimate(walk.rollout, RewardToGo{.gamma = 1});
            regress(walk.rollout, static_cast<double>(i) / rounds);
        }
        INFO("seed " << seed << ": RMS error " << walk.rms_error());
        CHECK(walk.rms_error() < 0.05);
    }
}

TEST_CASE("a critic regressed on TD(lambda) targets comes close to the exact values of a random walk", "[learning]") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Walk walk(seed);
        Collector collect(walk.envs, walk.actor, walk.threads);
        Estimator estimate(walk.critic, walk.threads);
        ValueRegression<decltype(walk.critic), Adam<float>> regress(
            walk.critic, {}, {.minibatch = 256, .epochs = 1, .learning_rate = Linear{4e-3, 0}}, walk.threads, seed);
        constexpr int rounds = 100;
        for (int i = 0; i < rounds; ++i) {
            collect.steps(walk.rollout, 256);
            estimate(walk.rollout, Gae{.gamma = 1, .lambda = 0.8});
            regress(walk.rollout, static_cast<double>(i) / rounds);
        }
        INFO("seed " << seed << ": RMS error " << walk.rms_error());
        CHECK(walk.rms_error() < 0.05);
    }
}

TEST_CASE("every option of ValueRegression takes effect") {
    const auto train = [](const ValueRegressionOptions& options) {
        Walk walk(1);
        Collector(walk.envs, walk.actor, walk.threads).steps(walk.rollout, 5);  // 80 samples
        Estimator(walk.critic, walk.threads)(walk.rollout, Gae{});
        const RecordingAdam adam;
        ValueRegression<decltype(walk.critic), RecordingAdam> regress(walk.critic, adam, options, walk.threads, 1);
        const UpdateReport report = regress(walk.rollout);
        return Trail{.reports = {{.update = report}},
                     .steps = *adam.record,
                     .first_steps = adam.record->gradients.size(),
                     .weights = {walk.critic.weights().begin(), walk.critic.weights().end()}};
    };
    const auto speaks = [&](const Trail&, const Trail&) {
        CHECK_THROWS_WITH(train({.epochs = 0, .name = "Mine"}), ContainsText("Mine: epochs is 0"));
    };
    check_every_option<ValueRegressionOptions>(
        {.minibatch = 20, .epochs = 3},
        {
            GRADIVA_OPTION(minibatch, 10, takes_steps(3 * 8)),
            GRADIVA_OPTION(epochs, 4, takes_steps(4 * 4)),
            GRADIVA_OPTION(learning_rate, (Linear{0.125, 0}), reports_rate(0.125)),
            GRADIVA_OPTION(max_gradient_norm, 1e-3, limits_norm(1e-3, false)),
            GRADIVA_OPTION(name, "Mine", speaks, false),
        },
        train);
}
