// Environments throw, the caller catches and trains on: what is learned must not depend on the number of threads.
// The same trainings without exceptions, in float and in double, come to nearly the same weights.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <utility>
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
#include "gradiva/optim/sgd.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/breaking.hpp"
#include "helpers/largest.hpp"

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
    std::vector<double> first_weights;
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
void add_weights(const Part& part, std::vector<double>& weights) {
    for (const auto w : part.weights()) weights.push_back(static_cast<double>(w));
}

/// Trains an actor and a critic over `distribution(envs)`; `run(envs, actor, critic, threads, result)` does it.
template <class Scalar, class E, class MakeActor, class Run>
Result trained(const E& env, const Plan& plan, const MakeActor& make_actor, Index threads, const Run& run) {
    Vectorized envs(breaking(env, plan.breakages), {.count = environments, .seed = 3});
    auto actor = make_actor(envs);
    Critic critic(MlpNetwork<Scalar>(observation_size_of(envs), 1, {.hidden = {5}}, Rng(2)));
    Result result;
    add_weights(actor, result.first_weights);
    add_weights(critic, result.first_weights);
    run(envs, actor, critic, threads, result);
    add_weights(actor, result.weights);
    add_weights(critic, result.weights);
    return result;
}

/// A training by some trainer, as often as it is called for.
using Train = std::function<Result(const Plan& plan, Index threads)>;
using Visit = std::function<void(const std::string& trainer, const Train& train)>;

void check_threads(const std::string& name, const Train& train) {
    for (const Plan& plan : plans) {
        INFO(name << ", " << plan.name);
        const Result one = train(plan, 1);
        CHECK(!one.caught.empty());
        for (const Index threads : {2, 4}) {
            INFO(threads << " threads");
            CHECK((train(plan, threads) == one));
        }
    }
}

/// Whether trainings in float without exceptions, by trainer, end within `share` of how far they moved from where those
/// in double end.
void check_float_against_double(const std::map<std::string, Train>& in_float,
                                const std::map<std::string, Train>& in_double, double share) {
    REQUIRE(in_float.size() == in_double.size());
    for (const auto& [name, train] : in_double) {
        INFO(name);
        const Result exact = train({}, 1), rounded = in_float.at(name)({}, 1);
        REQUIRE(rounded.weights.size() == exact.weights.size());
        double moved = 0, apart = 0;
        for (std::size_t i = 0; i < exact.weights.size(); ++i) {
            moved = largest_of(moved, std::abs(exact.weights[i] - exact.first_weights[i]));
            apart = largest_of(apart, std::abs(exact.weights[i] - rounded.weights[i]));
        }
        CHECK(moved > 1e-3);
        CHECK(apart < share * moved);
    }
}

/// Every trainer that collects and takes an actor over any distribution.
template <class Scalar, class E, class MakeActor>
void for_each_trainer(const E& env, const MakeActor& make_actor, const Visit& call) {
    const auto visit = [&](const char* name, const auto& run) {
        call(name,
             [=](const Plan& plan, Index threads) { return trained<Scalar>(env, plan, make_actor, threads, run); });
    };
    visit("PpoClip", [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        PpoClip trainer(
            envs, actor, critic, Gae{},
            {.horizon = horizon, .minibatch = 30, .epochs = 2, .normalize_rewards = true, .threads = threads},
            Adam<Scalar>());
        train_on(trainer, r);
    });
    // Plain descent: the others do not see the size of a gradient.
    visit("PpoKl", [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        PpoKl trainer(envs, actor, critic, Gae{},
                      {.horizon = horizon,
                       .minibatch = 30,
                       .epochs = 2,
                       .learning_rate = 0.05,
                       .max_gradient_norm = 0,
                       .threads = threads},
                      Sgd<Scalar>());
        train_on(trainer, r);
    });
    visit("A2c", [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        A2c trainer(envs, actor, critic, Gae{}, {.horizon = horizon, .threads = threads}, Rmsprop<Scalar>());
        train_on(trainer, r);
    });
    visit("Trpo", [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        Trpo trainer(envs, actor, critic, Gae{},
                     {.horizon = horizon, .minibatch = 30, .critic_epochs = 2, .threads = threads}, Adam<Scalar>());
        train_on(trainer, r);
    });
    visit("Reinforce", [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        Reinforce trainer(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                          {.episodes = 2, .normalize_rewards = true, .threads = threads}, Adam<Scalar>());
        train_on(trainer, r);
    });
    visit("OffPolicy", [](auto& envs, auto& actor, auto& critic, Index threads, Result& r) {
        OffPolicy trainer(envs, actor, critic, VTrace{},
                          {.horizon = horizon, .store = 3, .replays = 2, .normalize_rewards = true, .threads = threads},
                          Adam<Scalar>());
        train_on(trainer, r);
    });
}

template <class Scalar>
void for_each_trainer_of_choices(const Visit& visit) {
    for_each_trainer<Scalar>(
        TimeLimit(Wanderer{}, 9),
        [](const auto& envs) {
            return Actor(MlpNetwork<Scalar>(observation_size_of(envs), 3, {.hidden = {6}}, Rng(1)),
                         Categorical<Scalar>(3));
        },
        visit);
}

template <class Scalar>
void for_each_trainer_of_real_numbers(const Visit& visit) {
    for_each_trainer<Scalar>(
        TimeLimit(RealWanderer{}, 9),
        [](const auto& envs) {
            return Actor(MlpNetwork<Scalar>(observation_size_of(envs), 2, {.hidden = {6}}, Rng(1)),
                         DiagonalGaussian<Scalar>(2));
        },
        visit);
}

template <class Scalar>
void for_each_trainer_of_action_values(const Visit& visit) {
    visit("QLambda", [](const Plan& plan, Index threads) {
        return trained<Scalar>(
            TimeLimit(Wanderer{}, 9), plan,
            [](const auto& envs) {
                return Actor(MlpNetwork<Scalar>(observation_size_of(envs), 3, {.hidden = {6}}, Rng(1)),
                             EpsilonGreedy<Scalar>(3));
            },
            threads,
            [](auto& envs, auto& actor, auto&, Index thread_count, Result& result) {
                QLambda trainer(
                    envs, actor,
                    {.horizon = horizon, .minibatch = 30, .normalize_rewards = true, .threads = thread_count},
                    Adam<Scalar>());
                train_on(trainer, result);
            });
    });
}

}  // namespace

TEMPLATE_TEST_CASE("after an exception a policy of choices learns the same with any number of threads", "[threads]",
                   float, double) {
    for_each_trainer_of_choices<TestType>(check_threads);
}

TEST_CASE("after an exception a policy with masks learns the same with any number of threads", "[threads]") {
    for_each_trainer<float>(
        TimeLimit(Masked{}, 9),
        [](const auto& envs) {
            return Actor(MlpNetwork<float>(observation_size_of(envs), 5, {.hidden = {6}}, Rng(1)),
                         Categorical<float>(5));
        },
        check_threads);
}

TEMPLATE_TEST_CASE("after an exception a policy of real numbers learns the same with any number of threads",
                   "[threads]", float, double) {
    for_each_trainer_of_real_numbers<TestType>(check_threads);
}

TEMPLATE_TEST_CASE("after an exception action values are learned the same with any number of threads", "[threads]",
                   float, double) {
    for_each_trainer_of_action_values<TestType>(check_threads);
}

TEST_CASE("ten iterations in float end close to those in double, with every trainer that collects") {
    const auto check = [](const auto& visit_in_float, const auto& visit_in_double) {
        std::map<std::string, Train> in_float, in_double;
        visit_in_float([&](const std::string& name, const Train& train) { in_float[name] = train; });
        visit_in_double([&](const std::string& name, const Train& train) { in_double[name] = train; });
        check_float_against_double(in_float, in_double, 3e-4);
    };
    check(for_each_trainer_of_choices<float>, for_each_trainer_of_choices<double>);
    check(for_each_trainer_of_real_numbers<float>, for_each_trainer_of_real_numbers<double>);
    check(for_each_trainer_of_action_values<float>, for_each_trainer_of_action_values<double>);
}
