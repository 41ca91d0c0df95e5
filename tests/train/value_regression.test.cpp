// Evaluation of a fixed policy, with the parts of the loop put together by hand.
#include "gradiva/train/value_regression.hpp"

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

TEST_CASE("A critic regressed on Monte Carlo returns comes close to the exact values of a random walk", "[learning]") {
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

TEST_CASE("A critic regressed on TD(lambda) targets comes close to the exact values of a random walk", "[learning]") {
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
