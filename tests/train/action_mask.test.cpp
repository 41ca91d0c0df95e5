// Action masks from the environment to the update: Masked throws when it is sent an illegal action.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/environments.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Parts {
    Vectorized<Masked> envs{Masked{}, {.count = 6, .seed = 1}};
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {16}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {16}}};
};

/// The largest legal choice, which pays most.
double best_share(const auto& actor) {
    Vectorized envs(Masked{}, {.count = 50, .seed = 9});
    Threads threads(1);
    Rollout<float> rollout(envs, actor);
    Collector collect(envs, actor, threads);
    collect.steps(rollout, 20);
    Index best = 0;
    for (Index j = 0; j < rollout.sample_count(); ++j) {
        Index largest = 4;
        while (rollout.mask(largest, j) == 0) --largest;
        best += rollout.action.all().integers(0, j) == largest ? 1 : 0;
    }
    return static_cast<double>(best) / static_cast<double>(rollout.sample_count());
}

}  // namespace

TEST_CASE("a rollout stores masks beside observations, those of truncated states too") {
    Parts p;
    Threads threads(1);
    Rollout<float> rollout(p.envs, p.actor);
    Collector collect(p.envs, p.actor, threads);
    for (int i = 0; i < 2; ++i) {  // the second goes on where the first stopped
        collect.steps(rollout, 30);
        REQUIRE(rollout.mask.cols() == 31 * 6);
        for (Index j = 0; j < rollout.mask.cols(); ++j) {
            for (Index k = 0; k < 5; ++k) CHECK(static_cast<float>(rollout.mask(k, j)) == rollout.observation(k, j));
        }
        REQUIRE(rollout.final_mask.cols() > 5);
        for (Index j = 0; j < rollout.final_mask.cols(); ++j) {
            for (Index k = 0; k < 5; ++k) {
                CHECK(static_cast<float>(rollout.final_mask(k, j)) == rollout.final_observation(k, j));
            }
        }
    }
    collect.episodes(rollout, 3);
    for (Index n = 0; n < 6; ++n) {
        for (Index t = 0; t < rollout.length[n]; ++t) {
            for (Index k = 0; k < 5; ++k) {
                CHECK(static_cast<float>(rollout.mask(k, t * 6 + n)) == rollout.observation(k, t * 6 + n));
            }
        }
    }
}

TEST_CASE("the log-probs of a rollout are those of the masked policy, whoever evaluates it") {
    Parts p;
    Threads threads(1);
    Rollout<float> rollout(p.envs, p.actor);
    Collector(p.envs, p.actor, threads).steps(rollout, 40);
    const OffPolicyReport report = Reweigher(p.actor, threads)(rollout);
    CHECK(report.kl < 1e-10);
    CHECK(largest_size(rollout.log_ratio.matrix()) < 1e-5F);
    for (Index j = 0; j < rollout.sample_count(); ++j) {
        for (Index k = 0; k < 5; ++k) {
            CHECK((rollout.head(k, j) == kernels::masked_logit<float>) == (rollout.mask(k, j) == 0));
        }
    }
}

TEST_CASE("trainers learn the best legal action, and no illegal one is sent") {
    Parts p;
    const double before = best_share(p.actor);
    SECTION("PPO-clip") {
        PpoClip(p.envs, p.actor, p.critic, Gae{.gamma = 0.5}, {.horizon = 32, .learning_rate = 3e-3})
            .train({.steps = 20'000});
    }
    SECTION("PPO-KL") {
        PpoKl(p.envs, p.actor, p.critic, Gae{.gamma = 0.5}, {.horizon = 32, .learning_rate = 3e-3})
            .train({.steps = 20'000});
    }
    SECTION("TRPO") {
        Trpo(p.envs, p.actor, p.critic, Gae{.gamma = 0.5}, {.delta = 0.05, .horizon = 128}).train({.steps = 30'000});
    }
    const double after = best_share(p.actor);
    INFO("share of the best action: " << before << " before, " << after << " after");
    CHECK(before < 0.7);
    CHECK(after > 0.85);
    CHECK_NOTHROW(evaluate(p.actor, Masked{}, {.episodes = 200}));
    CHECK_NOTHROW(evaluate(p.actor, Masked{}, {.episodes = 200, .greedy = false}));
}

TEST_CASE("Q(lambda) explores legal actions only, and values the best legal one") {
    Parts p;
    Actor actor(p.envs, Mlp{.hidden = {16}, .layer_norm = true}, EpsilonGreedy<float>(5));
    QLambda(p.envs, actor, {.horizon = 16, .minibatch = 48, .epsilon = 0.5, .gamma = 0.5}).train({.steps = 20'000});
    actor.distribution().set_epsilon(0);
    CHECK(best_share(actor) > 0.85);

    // Where one choice alone is legal, the value of the state is that choice's.
    Matrix<float> observation = Matrix<float>::Random(6, 5);
    Matrix<std::uint8_t> legal = Matrix<std::uint8_t>::Identity(5, 5);
    const GreedyValue greedy(actor);
    GreedyValue<decltype(actor)>::Tape tape;
    decltype(actor)::Tape all;
    actor.forward(observation, all);
    const auto value = greedy.forward(observation, ActionMask(legal.data(), 5, 5), tape);
    for (Index j = 0; j < 5; ++j) CHECK(value[j] == all.head(j, j));
}

TEST_CASE("a controller that takes a mask gets it") {
    Vectorized envs(Masked{}, {.count = 4, .seed = 3});
    const Controller controller(
        envs, [](std::span<const float> observation, std::span<const std::uint8_t> legal, Rng&, ActionView& action) {
            int choice = 4;
            while (legal[static_cast<std::size_t>(choice)] == 0) --choice;
            CHECK(observation[static_cast<std::size_t>(choice)] == 1);
            action.integers(0, 0) = choice;
            return 0.0;
        });
    Threads threads(1);
    Rollout<float> rollout(envs, controller);
    CHECK_NOTHROW(Collector(envs, controller, threads).steps(rollout, 50));
}

TEST_CASE("a state without a legal action is an error that names its environment, when collecting and evaluating") {
    Vectorized envs([](Index i) { return Deadlock{.at = i == 1 ? 3 : 1000}; }, {.count = 3});
    const Actor actor(envs, Mlp{.hidden = {}});
    Threads threads(1);
    Rollout<float> rollout(envs, actor);
    CHECK_THROWS_WITH(Collector(envs, actor, threads).steps(rollout, 10),
                      "collect: environment 1 gave a mask without a legal action in step (choices 0 to 1); leave at "
                      "least one legal, or end the episode before");
    CHECK_THROWS_WITH(evaluate(actor, Deadlock{}),
                      ContainsText("evaluate: environment 0 gave a mask without a legal action in step"));
}

TEST_CASE("an actor whose distribution does not support masks fits only environments without masks") {
    struct Unmasked : Categorical<float> {
        using Categorical<float>::Categorical;
        Index mask_size() const { return 0; }
    };
    Vectorized envs(Masked{}, {.count = 2});
    const Actor actor(envs, Mlp{.hidden = {}}, Unmasked(5));
    Threads threads(1);
    CHECK_THROWS_WITH((Collector(envs, actor, threads)),
                      "Collector: the environments have action masks, and the actor's distribution takes none; give it "
                      "one that does, such as Categorical");

    Vectorized unmasked(CartPole{}, {.count = 2});
    const Actor fitting(unmasked, Mlp{.hidden = {}}, Unmasked(2));
    CHECK_NOTHROW(Collector(unmasked, fitting, threads));
}

TEST_CASE(
    "choices that are never legal change nothing, and their weights are not learned, with trainers of each kind") {
    constexpr Index forbidden = 3;
    // Puts their weights behind those of the five others, for each unit that the last layer reads, and the bias.
    const auto with_forbidden = [](const std::vector<float>& weights) {
        constexpr std::ptrdiff_t n = 5, last_layer = n * (16 + 1);
        std::vector<float> wider(weights.begin(), weights.end() - last_layer);
        for (auto of_unit = weights.end() - last_layer; of_unit != weights.end(); of_unit += n) {
            wider.insert(wider.end(), of_unit, of_unit + n);
            wider.insert(wider.end(), forbidden, 0.75F);
        }
        return wider;
    };
    for (const std::string name : {"PpoClip", "Trpo", "QLambda"}) {
        CAPTURE(name);
        std::vector<float> first;
        const auto train = [&](Index count) {
            Vectorized envs(Masked{.forbidden = count}, {.count = 6, .seed = 1});
            const auto run = [&](auto& actor, const auto& make_trainer) {
                auto weights = actor.weights();
                if (count == 0) {
                    first.assign(weights.begin(), weights.end());
                } else {
                    const auto wider = with_forbidden(first);
                    REQUIRE(weights.size() == wider.size());
                    std::copy(wider.begin(), wider.end(), weights.begin());
                }
                make_trainer().train({.steps = 6 * 16 * 4});
                return std::vector<float>(weights.begin(), weights.end());
            };
            if (name == "QLambda") {
                Actor values(envs, Mlp{.hidden = {16}, .layer_norm = true}, EpsilonGreedy<float>(5 + count));
                return run(values, [&] { return QLambda(envs, values, {.horizon = 16, .minibatch = 48}); });
            }
            Actor actor(envs, Mlp{.hidden = {16}});
            Critic critic(envs, Mlp{.hidden = {16}});
            if (name == "Trpo") {
                return run(actor, [&] { return Trpo(envs, actor, critic, Gae{}, {.horizon = 16, .minibatch = 48}); });
            }
            return run(actor, [&] {
                return PpoClip(envs, actor, critic, Gae{},
                               {.horizon = 16, .minibatch = 48, .epochs = 2, .learning_rate = 1e-2, .entropy = 0.01});
            });
        };
        const auto without = train(0);
        const auto with = train(forbidden), expected = with_forbidden(without), before = with_forbidden(first);
        double moved = 0, apart = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            if (before[i] == 0.75F) CHECK(with[i] == 0.75F);
            moved = largest_of(moved, std::abs(static_cast<double>(expected[i] - before[i])));
            apart = largest_of(apart, std::abs(static_cast<double>(expected[i] - with[i])));
        }
        CHECK(moved > 0.01);
        CHECK(apart < 1e-4 * moved);
    }
}
