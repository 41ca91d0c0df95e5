// Environments throw, the caller catches and trains on: what is learned must not depend on the number of threads.
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/train/a2c.hpp"
#include "gradiva/train/off_policy.hpp"
#include "gradiva/train/ppo.hpp"
#include "gradiva/train/q_lambda.hpp"
#include "gradiva/train/reinforce.hpp"
#include "gradiva/train/trpo.hpp"
#include "helpers/breaking.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using What = Breakage::What;

constexpr Index environments = 13, horizon = 6;

struct Plan {
    std::string name;
    std::vector<Breakage> breakages;
};

const std::vector<Plan> plans = {
    {"one environment in mid rollout", {{What::throws_breakdown, 5, 8}}},
    {"an Error of the library", {{What::throws_error, 0, 3}}},
    {"neither an Error nor a std::exception", {{What::throws_int, 12, 7}}},
    {"several at other times of one rollout",
     {{What::throws_breakdown, 11, 7}, {What::throws_error, 2, 9}, {What::throws_int, 6, 7}}},
    {"several in rollouts after each other",
     {{What::throws_error, 3, 2}, {What::throws_breakdown, 9, 8}, {What::throws_int, 3, 15}}},
    {"all at once", {{What::throws_breakdown, -1, 9}}},
    {"the first reset", {{What::throws_in_reset, 4, 0}}},
    {"a reset within a step", {{What::throws_in_reset, 4, 1}, {What::throws_in_reset, 10, 2}}},
    {"an observation that is not finite", {{What::not_finite, 7, 4}}},
    {"a reward that is not finite, and an exception later", {{What::infinite_reward, 8, 4}, {What::throws_int, 1, 5}}},
};

/// What a training with exceptions comes to: weights in double, which holds every float, and what was caught.
struct Result {
    std::vector<double> weights;
    std::vector<std::string> caught;
    bool operator==(const Result&) const = default;
};

template <class Trainer>
void train_on(Trainer& trainer, Result& result) {
    for (int call = 0; call < 5; ++call) {
        try {
            trainer.train({.steps = 2 * environments * horizon});
        } catch (const std::exception& error) {
            result.caught.emplace_back(error.what());
        } catch (int number) {
            result.caught.push_back(std::to_string(number));
        }
    }
}

template <class Part>
void add_weights(const Part& part, Result& result) {
    for (const auto w : part.weights()) result.weights.push_back(static_cast<double>(w));
}

/// Trains an actor and a critic over `distribution(envs)`; `run(envs, actor, critic, threads, result)` does it.
template <class Scalar, class E, class MakeActor, class Run>
Result trained(const E& env, const Plan& plan, const MakeActor& make_actor, Index threads, const Run& run) {
    Vectorized envs(breaking(env, plan.breakages), {.count = environments, .seed = 3});
    auto actor = make_actor(envs);
    Critic critic(MlpNetwork<Scalar>(observation_size_of(envs), 1, {.hidden = {5}}, Rng(2)));
    Result result;
    run(envs, actor, critic, threads, result);
    add_weights(actor, result);
    add_weights(critic, result);
    return result;
}

template <class Scalar, class E, class MakeActor, class Run>
void check(const char* name, const E& env, const MakeActor& make_actor, const Run& run) {
    for (const Plan& plan : plans) {
        INFO(name << ", " << plan.name);
        const Result one = trained<Scalar>(env, plan, make_actor, 1, run);
        CHECK(!one.caught.empty());
        for (const Index threads : {2, 4}) {
            INFO(threads << " threads");
            const Result result = trained<Scalar>(env, plan, make_actor, threads, run);
            CHECK(result.caught == one.caught);
            CHECK((result.weights == one.weights));
        }
    }
}

/// Every trainer that collects and takes an actor over any distribution.
template <class Scalar, class E, class MakeActor>
void check_trainers(const E& env, const MakeActor& make_actor) {
    check<Scalar>("PpoClip", env, make_actor, [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        PpoClip trainer(
            envs, actor, critic, Gae{},
            {.horizon = horizon, .minibatch = 30, .epochs = 2, .normalize_rewards = true, .threads = threads},
            Adam<Scalar>());
        train_on(trainer, r);
    });
    check<Scalar>("PpoKl", env, make_actor, [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        PpoKl trainer(envs, actor, critic, Gae{},
                      {.horizon = horizon, .minibatch = 30, .epochs = 2, .threads = threads}, Adam<Scalar>());
        train_on(trainer, r);
    });
    check<Scalar>("A2c", env, make_actor, [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        A2c trainer(envs, actor, critic, Gae{}, {.horizon = horizon, .threads = threads}, Rmsprop<Scalar>());
        train_on(trainer, r);
    });
    check<Scalar>("Trpo", env, make_actor, [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        Trpo trainer(envs, actor, critic, Gae{},
                     {.horizon = horizon, .minibatch = 30, .critic_epochs = 2, .threads = threads}, Adam<Scalar>());
        train_on(trainer, r);
    });
    check<Scalar>("Reinforce", env, make_actor, [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        Reinforce trainer(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                          {.episodes = 2, .normalize_rewards = true, .threads = threads}, Adam<Scalar>());
        train_on(trainer, r);
    });
    check<Scalar>("OffPolicy", env, make_actor, [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        OffPolicy trainer(envs, actor, critic, VTrace{},
                          {.horizon = horizon, .store = 3, .replays = 2, .normalize_rewards = true, .threads = threads},
                          Adam<Scalar>());
        train_on(trainer, r);
    });
}

template <class Scalar>
auto categorical(const auto& envs) {
    return Actor(MlpNetwork<Scalar>(observation_size_of(envs), envs.action_space().n, {.hidden = {6}}, Rng(1)),
                 Categorical<Scalar>(envs.action_space().n));
}

}  // namespace

TEMPLATE_TEST_CASE("After an exception a policy of choices learns the same with any number of threads", "[threads]",
                   float, double) {
    check_trainers<TestType>(TimeLimit(Wanderer{}, 9), [](const auto& envs) { return categorical<TestType>(envs); });
}

TEST_CASE("After an exception a policy with masks learns the same with any number of threads", "[threads]") {
    check_trainers<float>(TimeLimit(Masked{}, 9), [](const auto& envs) { return categorical<float>(envs); });
}

TEMPLATE_TEST_CASE("After an exception a policy of real numbers learns the same with any number of threads",
                   "[threads]", float, double) {
    check_trainers<TestType>(TimeLimit(RealWanderer{}, 9), [](const auto& envs) {
        return Actor(MlpNetwork<TestType>(observation_size_of(envs), 2, {.hidden = {6}}, Rng(1)),
                     DiagonalGaussian<TestType>(2));
    });
}

TEMPLATE_TEST_CASE("After an exception action values are learned the same with any number of threads", "[threads]",
                   float, double) {
    check<TestType>(
        "QLambda", TimeLimit(Wanderer{}, 9),
        [](const auto& envs) {
            return Actor(MlpNetwork<TestType>(observation_size_of(envs), 3, {.hidden = {6}}, Rng(1)),
                         EpsilonGreedy<TestType>(3));
        },
        [](auto& envs, auto& actor, auto&, Index threads, Result& result) {
            QLambda trainer(envs, actor,
                            {.horizon = horizon, .minibatch = 30, .normalize_rewards = true, .threads = threads},
                            Adam<TestType>());
            train_on(trainer, result);
        });
}
