// Normalised observations and rewards in whole trainers.
#include <cstdint>
#include <cstring>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/environments.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;
using namespace gradiva_test;
using Catch::Approx;

namespace {

/// A corridor with an affine map of its observations: positions are far from 0 and hardly differ. Rewards are large.
struct FarCorridor : Corridor {
    Box observation_space() const { return {.size = 2}; }
    void reset(Rng& rng, std::span<float> observation) {
        float seen = 0;
        Corridor::reset(rng, {&seen, 1});
        show(seen, observation);
    }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        float seen = 0;
        Outcome outcome = Corridor::step(action, rng, {&seen, 1});
        outcome.reward *= 1000;
        show(seen, observation);
        return outcome;
    }

private:
    static void show(float seen, std::span<float> observation) {
        observation[0] = 500 + 0.1F * seen;
        observation[1] = -3;  // never changes
    }
};

const TimeLimit corridor(FarCorridor{}, 30);

struct Parts {
    explicit Parts(std::uint64_t seed) : envs(corridor, {.count = 4, .seed = seed}) {}
    Vectorized<TimeLimit<FarCorridor>> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {16}, .normalize_observations = true}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {16}, .normalize_observations = true}};

    double greedy() const { return evaluate(actor, corridor, {.episodes = 20}).mean_return / 1000; }
};

/// Remembers the largest |log ratio| that the first minibatch of an update saw; else the plain policy gradient.
struct WatchRatio {
    double* first_minibatch;
    Index* left;  // samples of the first minibatch that are still to come
    void check() const {}
    template <class V>
    auto ratio_loss(const V& rho, const V& advantage) const {
        if constexpr (!std::floating_point<V>) {
            for (std::size_t i = 0; *left > 0 && i < sizeof(V) / sizeof(rho.lanes()[0]); ++i, --*left) {
                *first_minibatch =
                    largest_of(*first_minibatch, std::abs(std::log(static_cast<double>(rho.lanes()[i]))));
            }
        }
        return SampleLoss{-rho * advantage, -advantage};
    }
};

}  // namespace

TEST_CASE("with normalised observations the first minibatch's ratio is 1, in every iteration") {
    Parts p(1);
    double largest = 0;
    Index left = 0;
    Threads threads(1);
    Rollout<float> rollout(p.envs, p.actor);
    Collector collect(p.envs, p.actor, threads);
    Estimator estimate(p.critic, threads);
    ObservationStatistics observe(threads);
    Updater update(p.actor, p.critic, WatchRatio{&largest, &left}, Adam<float>{},
                   {.minibatch = 32, .epochs = 2, .learning_rate = 1e-2}, threads, 1);
    for (int iteration = 0; iteration < 10; ++iteration) {
        collect.steps(rollout, 32);
        estimate(rollout, Gae{});
        left = 32;
        update(rollout);
        REQUIRE(left == 0);
        observe(rollout, p.actor, p.critic);
    }
    CHECK(largest < 1e-5);
    CHECK(p.actor.normalizer()->moments()[0].count == 10 * 128);
    CHECK(p.critic.normalizer()->moments()[0].count == 10 * 128);
    CHECK(p.actor.normalizer()->moments()[0].mean == Approx(500).margin(0.2));
    // What did move the statistics changes the policy that follows: the old rollout's ratios are no longer 1.
    CHECK(Reweigher(p.actor, threads)(rollout).kl > 0);
}

TEST_CASE("statistics count the samples of whole episodes, and no absent ones", "[threads]") {
    Parts p(2);
    Threads threads(2);
    Rollout<float> rollout(p.envs, p.actor);
    Collector(p.envs, p.actor, threads).episodes(rollout, 2);
    REQUIRE(rollout.sample_count() < rollout.horizon * 4);
    ObservationStatistics observe(threads);
    NoCritic no_critic;
    observe(rollout, p.actor, no_critic);
    double sum = 0;
    for (Index n = 0; n < 4; ++n) {
        for (Index t = 0; t < rollout.length[n]; ++t) sum += static_cast<double>(rollout.observation(0, t * 4 + n));
    }
    const kernels::Moments& moments = p.actor.normalizer()->moments()[0];
    CHECK(moments.count == rollout.sample_count());
    CHECK(moments.mean == Approx(sum / static_cast<double>(rollout.sample_count())));
    CHECK(p.actor.normalizer()->moments()[1].population_variance() == 0);
    Parts both(2);
    observe(rollout, both.actor, both.critic);
    CHECK(both.actor.normalizer()->moments()[0].mean == moments.mean);
    CHECK(both.critic.normalizer()->moments()[0].mean == moments.mean);
    Actor<MlpNetwork<float>, Categorical<float>> plain(p.envs, {.hidden = {}});
    observe(rollout, plain, p.critic);
    CHECK(p.critic.normalizer()->moments()[0].mean == moments.mean);
}

/// Rewards of 1000 leave errors of hundreds; in units of the deviation of returns they are at most 10. NaN is no
/// update.
const auto values_are_normalised = [](const Progress& progress) { CHECK_FALSE(progress.update.value_loss >= 100); };

TEST_CASE("PPO-clip with normalised observations and rewards learns the far corridor for every seed") {
    std::vector<double> reached;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Parts p(seed);
        PpoClip(p.envs, p.actor, p.critic, Gae{}, {.horizon = 64, .learning_rate = 3e-3, .normalize_rewards = true})
            .train({.steps = 8'000}, values_are_normalised);
        reached.push_back(p.greedy());
    }
    for (const double r : reached) CHECK(r == Approx(Corridor{}.best_return()));
}

TEST_CASE("trainers of other kinds normalise observations and rewards too") {
    Parts p(1);
    SECTION("off policy") {
        OffPolicy(p.envs, p.actor, p.critic, VTrace{},
                  {.horizon = 16, .age = 1, .learning_rate = 1e-2, .normalize_rewards = true})
            .train({.steps = 12'000}, values_are_normalised);
        CHECK(p.greedy() == Approx(Corridor{}.best_return()));
        CHECK(p.actor.normalizer()->moments()[0].count >= 12'000);
    }
    SECTION("Q(lambda)") {
        Actor actor(p.envs, Mlp{.hidden = {16}, .layer_norm = true, .normalize_observations = true},
                    EpsilonGreedy<float>(2));
        QLambda(p.envs, actor, {.horizon = 16, .minibatch = 32, .normalize_rewards = true})
            .train({.steps = 12'000}, values_are_normalised);
        CHECK(evaluate(actor, corridor, {.episodes = 20}).mean_return / 1000 == Approx(Corridor{}.best_return()));
    }
    SECTION("a trunk that actor and critic share, whose statistics count once") {
        Actor actor(p.envs, SharedTrunk{.trunk = Mlp{.hidden = {16}, .normalize_observations = true}});
        SharedCritic critic(actor);
        PpoClip(p.envs, actor, critic, Gae{}, {.horizon = 64, .learning_rate = 3e-3, .normalize_rewards = true})
            .train({.steps = 8'192}, values_are_normalised);
        CHECK(evaluate(actor, corridor, {.episodes = 20}).mean_return / 1000 == Approx(Corridor{}.best_return()));
        StateImage image;
        StateWriter writer(image);
        actor.visit_state(writer);
        const StateArray* const count = image.find("network/trunk/normalizer/moments/count");
        REQUIRE(count != nullptr);
        std::int64_t of_first = 0;
        std::memcpy(&of_first, count->data, sizeof(of_first));
        CHECK(of_first == 8'192);
    }
}

TEST_CASE("normalised training gives the same bits with 1, 2 and 4 threads", "[threads]") {
    std::vector<std::vector<float>> weights;
    std::vector<double> means;
    for (const Index threads : {1, 2, 4}) {
        Parts p(3);
        const std::vector<float> untrained(p.actor.weights().begin(), p.actor.weights().end());
        PpoClip(p.envs, p.actor, p.critic, Gae{}, {.horizon = 256, .normalize_rewards = true, .threads = threads})
            .train({.steps = 4'096});
        CHECK_FALSE(std::equal(untrained.begin(), untrained.end(), p.actor.weights().begin()));
        weights.emplace_back(p.actor.weights().begin(), p.actor.weights().end());
        means.push_back(p.actor.normalizer()->moments()[0].mean);
    }
    CHECK(weights[1] == weights[0]);
    CHECK(weights[2] == weights[0]);
    CHECK(means[1] == means[0]);
    CHECK(means[2] == means[0]);
}

TEST_CASE("a rollout keeps the rewards that the environments gave") {
    Parts p(1);
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 64, .normalize_rewards = true});
    const Progress progress = trainer.train({.steps = 1'024});
    CHECK(trainer.rollout().reward.matrix().minCoeff() == -10);
    CHECK(largest_size(trainer.rollout().value_target.matrix()) < 20);
    CHECK(std::abs(progress.mean_return) > 20);
}
