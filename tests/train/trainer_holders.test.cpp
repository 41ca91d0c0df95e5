// Two trainers on the same environments: the first is refused after the second has trained, which can continue.
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "catch.hpp"
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
#include "gradiva/policy/critic.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr Index count = 4, horizon = 6;

struct Parts {
    Vectorized<TimeLimit<Wanderer>> envs{TimeLimit(Wanderer{}, 9), {.count = count, .seed = 1}};
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {4}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {4}}};
    Actor<MlpNetwork<float>, EpsilonGreedy<float>> values{envs, {.hidden = {4}}, EpsilonGreedy<float>(3)};

    std::vector<float> weights() const {
        std::vector<float> all;
        const auto add = [&](std::span<const float> part) { all.insert(all.end(), part.begin(), part.end()); };
        add(actor.weights());
        add(critic.weights());
        add(values.weights());
        return all;
    }
};

/// A trainer, by its name, as a function that trains on for two iterations.
struct Contender {
    std::string name;
    std::function<std::function<void()>(Parts&)> make;
};

template <class Trainer>
std::function<void()> shared(Trainer* made) {
    const std::shared_ptr<Trainer> trainer(made);
    return [trainer] { trainer->train({.steps = 2 * count * horizon}); };
}

const std::vector<Contender> contenders = {
    {"PpoClip",
     [](Parts& p) {
         return shared(new PpoClip(p.envs, p.actor, p.critic, Gae{}, {.horizon = horizon, .minibatch = 8}));
     }},
    {"PpoKl",
     [](Parts& p) {
         return shared(new PpoKl(p.envs, p.actor, p.critic, Gae{}, {.horizon = horizon, .minibatch = 8}));
     }},
    {"A2c", [](Parts& p) { return shared(new A2c(p.envs, p.actor, p.critic, Gae{}, {.horizon = horizon})); }},
    {"Trpo",
     [](Parts& p) { return shared(new Trpo(p.envs, p.actor, p.critic, Gae{}, {.horizon = horizon, .minibatch = 8})); }},
    {"Reinforce", [](Parts& p) { return shared(new Reinforce(p.envs, p.actor, RewardToGo{})); }},
    {"OffPolicy",
     [](Parts& p) { return shared(new OffPolicy(p.envs, p.actor, p.critic, VTrace{}, {.horizon = horizon})); }},
    {"QLambda", [](Parts& p) { return shared(new QLambda(p.envs, p.values, {.horizon = horizon, .minibatch = 8})); }},
};

}  // namespace

TEST_CASE("of two trainers of any kind the first is refused after the second has trained") {
    for (const Contender& one : contenders) {
        for (const Contender& two : contenders) {
            INFO(one.name << ", then " << two.name);
            Parts parts, alone;
            const auto first = one.make(parts), second = two.make(parts);
            first();
            first();
            second();
            const std::vector<float> before = parts.weights();
            for (int again = 0; again < 2; ++again) {
                CHECK_THROWS_WITH(first(),
                                  ContainsText(one.name + ": iteration") &&
                                      ContainsText("another collector or trainer has used these environments"));
            }
            CHECK((parts.weights() == before));
            second();
            CHECK((parts.weights() != before));

            // The second trains on as if the first had never come back.
            const auto first_alone = one.make(alone), second_alone = two.make(alone);
            first_alone();
            first_alone();
            second_alone();
            second_alone();
            CHECK((alone.weights() == parts.weights()));
        }
    }
}
