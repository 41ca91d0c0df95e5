#include "gradiva/train/trainer.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/environments.hpp"
#include "helpers/report_fields.hpp"
#include "learn/recording_optimizer.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const TimeLimit wanderer(Wanderer{.terminates = 0.05, .truncates = 0.05}, 40);

/// Environments, actor and critic.
struct Parts {
    explicit Parts(std::uint64_t seed = 1) : envs(wanderer, {.count = 9, .seed = seed}) {}

    std::vector<float> weights() const {
        std::vector<float> all(actor.weights().begin(), actor.weights().end());
        all.insert(all.end(), critic.weights().begin(), critic.weights().end());
        return all;
    }

    Vectorized<TimeLimit<Wanderer>> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {16}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {16}}};
};

std::vector<float> after_ppo_clip(Index threads, std::uint64_t seed = 1) {
    Parts p(seed);
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{},
                    {.horizon = 40, .minibatch = 300, .epochs = 3, .entropy = 0.01, .threads = threads});
    trainer.train({.steps = 3 * 360});
    return p.weights();
}

std::vector<float> after_ppo_kl(Index threads, std::uint64_t seed = 1) {
    Parts p(seed);
    PpoKl trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 40, .minibatch = 300, .epochs = 3, .threads = threads});
    trainer.train({.steps = 3 * 360});
    return p.weights();
}

std::vector<float> after_reinforce(Index threads, std::uint64_t seed = 1) {
    Parts p(seed);
    Reinforce trainer(p.envs, p.actor, p.critic, RewardToGo{.baseline = Baseline::critic},
                      {.episodes = 4, .threads = threads});
    trainer.train({.steps = 1000});
    return p.weights();
}

/// Learns nothing, and reports other numbers in every iteration.
struct ReportsOnly {
    double next = 101;
    UpdateReport operator()(const Rollout<float>&, double) {
        next += 100;
        return distinct_progress(next).update;
    }
};

}  // namespace

TEST_CASE("a trainer reports every number of a user's update, of the last update only") {
    Parts p;
    Trainer trainer({.name = "Own", .horizon = 10}, p.envs, p.actor, p.critic, Gae{},
                    [](Threads&) { return ReportsOnly{}; });
    double first = 101;
    trainer.train({.steps = 270}, [&](const Progress& progress) {
        first += 100;
        const Numbers numbers = numbers_of(progress);
        for (const auto& [name, number] : numbers_of(distinct_progress(first).update)) {
            CAPTURE(name);
            CHECK(numbers.at(name) == number);
        }
        CHECK(progress.explained_variance == explained_variance(trainer.rollout()));
    });
    CHECK(first == 401);
}

TEST_CASE("training gives the same bits with 1, 2 and 4 threads and in every run", "[threads]") {
    const auto untrained = Parts().weights();
    for (const auto& train : {after_ppo_clip, after_ppo_kl, after_reinforce}) {
        const auto one = train(1, 1);
        CHECK((one == train(1, 1)));
        CHECK((one == train(2, 1)));
        CHECK((one == train(4, 1)));
        CHECK((one != train(1, 2)));
        CHECK((one != untrained));
    }
}

TEST_CASE("steps are rounded up to whole iterations") {
    Parts p;
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 10, .minibatch = 90, .epochs = 1});
    Index calls = 0;
    const auto count = [&](const Progress& progress) {
        ++calls;
        CHECK(progress.steps == 90 * calls);
        CHECK(progress.total_steps == 181);
        CHECK(progress.algorithm == "PpoClip");
    };
    const Progress last = trainer.train({.steps = 181}, count);
    CHECK(calls == 3);
    CHECK(last.steps == 270);
    CHECK(last.iteration == 3);
    CHECK(last.finished());
    CHECK(last.seconds > 0);
    CHECK(last.steps_per_second == Catch::Approx(270 / last.seconds));
    CHECK(trainer.train({.steps = 90}).iteration == 4);
}

TEST_CASE("a callback can return void, stop the training, and read the trainer") {
    Parts p;
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 10, .minibatch = 90, .epochs = 1});
    Index silent = 0, stopper = 0, looker = 0;
    const Progress last = trainer.train(
        {.steps = 9000}, [&](const Progress&) { ++silent; },
        [&](const Progress& progress) {
            ++stopper;
            return progress.iteration < 3;
        },
        [&](const Progress&, const auto& t) {
            ++looker;
            CHECK(&t.actor() == &p.actor);
            CHECK(t.rollout().sample_count() == 90);
            return true;
        });
    CHECK(last.iteration == 3);
    CHECK(!last.finished());
    CHECK(silent == 3);
    CHECK(stopper == 3);
    CHECK(looker == 3);
}

TEST_CASE("any callback can stop the training") {
    Parts p;
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 10, .minibatch = 90, .epochs = 1});
    const auto stop = [](const Progress&) { return false; };
    const auto go_on = [](const Progress&) { return true; };
    CHECK(trainer.train({.steps = 9000}, stop, go_on).iteration == 1);
    CHECK(trainer.train({.steps = 9000}, go_on, stop).iteration == 2);
}

TEST_CASE("schedules follow the progress of the training") {
    Parts p;
    const RecordingOptimizer optimizer;
    PpoClip trainer(p.envs, p.actor, p.critic, Gae{},
                    {.horizon = 10, .minibatch = 90, .epochs = 1, .learning_rate = Linear{1, 0}}, optimizer);
    std::vector<double> rates;
    trainer.train({.steps = 360}, [&](const Progress& progress) { rates.push_back(progress.update.learning_rate); });
    CHECK(rates == std::vector<double>{1, 0.75, 0.5, 0.25});
    CHECK(optimizer.record->learning_rates == std::vector<double>{1, 1, 0.75, 0.75, 0.5, 0.5, 0.25, 0.25});
}

TEST_CASE("progress reports the returns and lengths of the episodes that ended") {
    Vectorized envs([](Index i) { return Ticker{.id = i, .length = 5}; }, {.count = 2});
    Actor actor(envs, Mlp{.hidden = {4}});
    Critic critic(envs, Mlp{.hidden = {4}});
    PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 4, .minibatch = 8, .epochs = 1});
    std::vector<Progress> seen;
    trainer.train({.steps = 16}, [&](const Progress& progress) { seen.push_back(progress); });
    REQUIRE(seen.size() == 2);
    CHECK(seen[0].episodes == 0);
    CHECK(std::isnan(seen[0].mean_return));
    CHECK(std::isnan(seen[0].mean_length));
    CHECK(seen[1].episodes == 2);
    CHECK(seen[1].mean_return == 7.5);  // (5 * 1 + 5 * 2) / 2
    CHECK(seen[1].mean_length == 5);
}

TEST_CASE("an exception of an environment on any thread reaches the caller of train", "[threads]") {
    for (const Index threads : {1, 2, 4}) {
        Vectorized envs(one_faulty(Fault::thrown, 5, 6), {.count = 8});
        Actor actor(envs, Mlp{.hidden = {4}});
        Critic critic(envs, Mlp{.hidden = {4}});
        PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 4, .minibatch = 32, .threads = threads});
        CHECK_THROWS_AS(trainer.train({.steps = 1000}), Breakdown);
        CHECK_NOTHROW(trainer.train({.steps = 1000}));
    }
}
