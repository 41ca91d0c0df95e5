// Every trainer with a network of one's own that has forward and backward only: no jvp, no derivative by its inputs, no
// packed weights, no normaliser, no column_by_column. Trpo asks its actor, and not its critic, for a jvp, and
// AnalyticPolicyGradient for the derivative by the inputs: tests/compile_errors/trpo_of_a_network_without_jvp.cpp and
// analytic_policy_gradient_of_a_network_without_input_gradient.cpp.
#include "catch.hpp"

#include <cmath>
#include <functional>
#include <vector>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/environments.hpp"
#include "helpers/plain_network.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

static_assert(is_module<PlainNetwork<float>> && !ModuleWithJvp<PlainNetwork<float>> &&
              !ModuleWithInputGradient<PlainNetwork<float>> && !HasNormalizer<PlainNetwork<float>> &&
              !acts_column_by_column<PlainNetwork<float>>);

/// Weights of actor and critic before and after a short training.
struct Trained {
    std::vector<float> before, after;
};

/// Trains an actor with the trainer that `make(envs, actor, critic, threads)` returns.
template <class ActorT, class CriticT, class Envs, class Make>
Trained train(Envs& envs, ActorT& actor, CriticT& critic, Index threads, const Make& make) {
    Trained result;
    const auto copy = [&] {
        std::vector<float> all(actor.weights().begin(), actor.weights().end());
        all.insert(all.end(), critic.weights().begin(), critic.weights().end());
        return all;
    };
    result.before = copy();
    auto trainer = make(envs, actor, critic, threads);
    trainer.train({.steps = 512});
    result.after = copy();
    CHECK(std::isfinite(evaluate(actor, Corridor{}, {.episodes = 2, .most_steps_per_episode = 1000}).mean_return));
    return result;
}

template <class Make>
Trained train(Index threads, const Make& make) {
    Vectorized envs(TimeLimit(Corridor{}, 20), {.count = 4, .seed = 3});
    Actor actor(envs, Plain{});
    Critic critic(envs, Plain{});
    return train(envs, actor, critic, threads, make);
}

constexpr Index horizon = 32;  // of 4 environments: 128 samples, a minibatch of Trpo and QLambda

}  // namespace

TEST_CASE("every trainer but those that say what they need trains a network with forward and backward only",
          "[threads]") {
    struct Row {
        const char* name;
        std::function<Trained(Index threads)> run;
    };
    const Row rows[] = {
        {"PpoClip",
         [](Index threads) {
             return train(threads, [](auto& envs, auto& actor, auto& critic, Index n) {
                 return PpoClip(envs, actor, critic, Gae{}, {.horizon = horizon, .epochs = 2, .threads = n});
             });
         }},
        {"PpoKl",
         [](Index threads) {
             return train(threads, [](auto& envs, auto& actor, auto& critic, Index n) {
                 return PpoKl(envs, actor, critic, Gae{}, {.horizon = horizon, .epochs = 2, .threads = n});
             });
         }},
        {"A2c",
         [](Index threads) {
             return train(threads, [](auto& envs, auto& actor, auto& critic, Index n) {
                 return A2c(envs, actor, critic, Gae{}, {.horizon = horizon, .threads = n});
             });
         }},
        {"Reinforce",
         [](Index threads) {
             return train(threads, [](auto& envs, auto& actor, auto& critic, Index n) {
                 return Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic}, {.threads = n});
             });
         }},
        {"OffPolicy",
         [](Index threads) {
             return train(threads, [](auto& envs, auto& actor, auto& critic, Index n) {
                 return OffPolicy(envs, actor, critic, VTrace{}, {.horizon = horizon, .threads = n});
             });
         }},
        {"Trpo, whose critic needs no jvp",
         [](Index threads) {
             Vectorized envs(TimeLimit(Corridor{}, 20), {.count = 4, .seed = 3});
             Actor actor(envs, Mlp{.hidden = {6}});
             Critic critic(envs, Plain{});
             return train(envs, actor, critic, threads, [](auto& e, auto& a, auto& c, Index n) {
                 return Trpo(e, a, c, Gae{}, {.horizon = horizon, .threads = n});
             });
         }},
        {"QLambda",
         [](Index threads) {
             Vectorized envs(TimeLimit(Corridor{}, 20), {.count = 4, .seed = 3});
             Actor actor(envs, Plain{}, EpsilonGreedy<float>(2));
             return train(envs, actor, actor, threads, [](auto& e, auto& a, auto&, Index n) {
                 return QLambda(e, a, {.horizon = horizon, .threads = n});
             });
         }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const Trained one = row.run(1), two = row.run(2);
        CHECK(one.before == two.before);
        CHECK(one.after != one.before);
        CHECK(std::ranges::all_of(one.after, [](float w) { return std::isfinite(w); }));
        CHECK(one.after == two.after);
    }
}
