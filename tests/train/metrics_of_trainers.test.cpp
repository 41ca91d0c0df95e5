// Metrics of environments reach the reports of every trainer.
#include <algorithm>
#include <array>
#include <cmath>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/analytic_policy_gradient.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/q_lambda.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/callbacks/csv_log.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/measured.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr std::array<Index, 5> lengths{2, 3, 5, 4, 6};
constexpr Index horizon = 30, quota = 7;  // of an iteration: steps, or episodes of each environment

/// The metrics of the episodes that end, in the order of their last steps.
struct Expected {
    std::vector<double> episode, steps;

    void add(Index n, Index number) {
        episode.push_back(static_cast<double>(100 * n + number));
        steps.push_back(static_cast<double>(lengths[to_size(n)]));
    }
    void add_steps(Index iteration) {
        for (Index t = iteration * horizon; t < (iteration + 1) * horizon; ++t) {
            for (Index n = 0; n < 5; ++n) {
                if ((t + 1) % lengths[to_size(n)] == 0) add(n, (t + 1) / lengths[to_size(n)] - 1);
            }
        }
    }
    void add_episodes(Index iteration) {
        for (Index t = 0; t < quota * 6; ++t) {
            for (Index n = 0; n < 5; ++n) {
                const Index length = lengths[to_size(n)];
                if ((t + 1) % length == 0 && t < quota * length) add(n, iteration * quota + (t + 1) / length - 1);
            }
        }
    }
    static double mean(const std::vector<double>& values) {
        const auto first = values.end() - std::min<std::ptrdiff_t>(100, std::ssize(values));
        double sum = 0;
        for (auto i = first; i != values.end(); ++i) sum += *i;
        return sum / static_cast<double>(values.end() - first);
    }
};

/// Checks all reports of a training; `add(iteration)` adds the episodes that an iteration ends.
template <class Add>
struct Watch {
    Expected& expected;
    Add add;
    Index iteration = 0;

    void on_start(Run& run) const {
        const MetricMeans& metrics = run.progress().metrics;
        REQUIRE(metrics.size() >= 2);
        CHECK((metrics.names()[0] == "episode" && metrics.names()[1] == "steps"));
        CHECK(std::isnan(metrics["steps"]));
    }
    bool operator()(const Progress& progress) {
        add(iteration);
        CHECK(progress.lifetime_episodes == std::ssize(expected.steps));
        CHECK(progress.metrics["episode"] == Expected::mean(expected.episode));
        CHECK(progress.metrics["steps"] == Expected::mean(expected.steps));
        return ++iteration < 5;
    }
};

template <class Trainer>
void check_trainer(Trainer&& trainer, bool whole_episodes = false) {
    Expected expected;
    const auto add = [&](Index i) { whole_episodes ? expected.add_episodes(i) : expected.add_steps(i); };
    trainer.train({.steps = 1'000'000}, Watch<decltype(add)>{expected, add});
    CHECK(expected.steps.size() > 100);
    CHECK(trainer.rollout().metrics.cols() == trainer.rollout().finished.size());
}

void check_by_name(const std::string& name, Index threads) {
    Vectorized envs(measured(lengths), {.count = 5, .seed = 3});
    const Mlp mlp{.hidden = {4}};
    if (name == "QLambda") {
        Actor values(envs, Mlp{.hidden = {4}, .layer_norm = true}, EpsilonGreedy<float>(2));
        return check_trainer(QLambda(envs, values, {.horizon = horizon, .minibatch = 50, .threads = threads}));
    }
    Actor actor(envs, mlp);
    Critic critic(envs, mlp);
    if (name == "PpoClip") {
        check_trainer(PpoClip(envs, actor, critic, Gae{}, {.horizon = horizon, .epochs = 1, .threads = threads}));
    } else if (name == "PpoKl") {
        check_trainer(PpoKl(envs, actor, critic, Gae{}, {.horizon = horizon, .epochs = 1, .threads = threads}));
    } else if (name == "A2c") {
        check_trainer(A2c(envs, actor, critic, Gae{}, {.horizon = horizon, .threads = threads}));
    } else if (name == "Trpo") {
        check_trainer(Trpo(envs, actor, critic, Gae{}, {.horizon = horizon, .critic_epochs = 1, .threads = threads}));
    } else if (name == "OffPolicy") {
        check_trainer(OffPolicy(envs, actor, critic, VTrace{}, {.horizon = horizon, .threads = threads}));
    } else if (name == "Reinforce") {
        check_trainer(Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                                {.episodes = quota, .threads = threads}),
                      true);
    } else if (name == "Reinforce without critic") {
        check_trainer(Reinforce(envs, actor, RewardToGo{}, {.episodes = quota, .threads = threads}), true);
    } else {
        REQUIRE(name == "a trainer of one's own");
        const TrainerOptions options{.name = "Own", .horizon = horizon, .threads = threads};
        check_trainer(Trainer(options, envs, actor, critic, Gae{},
                              [](Threads&) { return [](const Rollout<float>&, double) { return UpdateReport{}; }; }));
    }
}

}  // namespace

TEST_CASE("every trainer that collects reports the means of metrics over the last 100 episodes", "[threads]") {
    for (const char* name : {"PpoClip", "PpoKl", "A2c", "Trpo", "Reinforce", "Reinforce without critic", "OffPolicy",
                             "QLambda", "a trainer of one's own"}) {
        for (const Index threads : {1, 2}) {
            INFO(name << " with " << threads << " threads");
            check_by_name(name, threads);
        }
    }
}

namespace {

LinearQuadraticOptions regulator() {
    Matrix<double> a(2, 2), b(2, 1), q(2, 2), r(1, 1);
    a << 0.9, 0.1, -0.2, 0.8;
    b << 0, 0.5;
    q << 1, 0, 0, 0.5;
    r << 0.1;
    return {.a = a, .b = b, .q = q, .r = r, .start = 1};
}

}  // namespace

TEST_CASE("AnalyticPolicyGradient steps environments with metrics beside their models", "[threads]") {
    for (const Index threads : {1, 2}) {
        Vectorized envs(TimeLimit(MeasuredRegulator(regulator()), 50), {.count = 20, .seed = 3});
        Actor actor(envs, Mlp{.hidden = {4}});
        AnalyticPolicyGradient trainer(envs, actor, {.horizon = 4, .episode = 10, .threads = threads});
        Index iteration = 0, ended = 0;
        trainer.train({.steps = 1'000'000}, [&](const Progress& progress) {
            if (++iteration % 3 == 0) ++ended;  // of 4, 4 and 2 steps
            CHECK(progress.lifetime_episodes == 20 * ended);
            if (ended == 0) {
                CHECK(std::isnan(progress.metrics["steps"]));
                return true;
            }
            double sum = 0;  // of the numbers of the last five
            const Index counted = std::min<Index>(ended, 5);
            for (Index i = ended - counted; i < ended; ++i) sum += static_cast<double>(i);
            CHECK(progress.metrics["episode"] == Catch::Approx(sum / static_cast<double>(counted)));
            CHECK(progress.metrics["steps"] == 10);
            CHECK(progress.metrics["paid"] == Catch::Approx(progress.mean_return));
            return iteration < 24;
        });
    }
}

TEST_CASE("a metric of a model that is not finite is an error, and the next call starts its episodes anew") {
    struct Endless : MeasuredRegulator {
        using MeasuredRegulator::MeasuredRegulator;
        void metrics(std::span<double> out) const {
            MeasuredRegulator::metrics(out);
            if (episode == 1) out[1] = std::numeric_limits<double>::infinity();
        }
    };
    Vectorized envs(Endless(regulator()), {.count = 3, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {4}});
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 4});
    CHECK_NOTHROW(trainer.train({.steps = 12}));
    CHECK_THROWS_WITH(trainer.train({.steps = 12}),
                      ContainsText("AnalyticPolicyGradient: iteration 2: environment 0 gave metric steps = inf"));
    CHECK(trainer.train({.steps = 12}).metrics["episode"] == 1);  // the mean of 0 and 2
}

TEST_CASE("an evaluation has the means of metrics, and prints them behind its returns") {
    Vectorized envs(measured(lengths), {.count = 5});
    const Actor actor(envs, Mlp{.hidden = {4}});
    const Evaluation evaluation = evaluate(actor, measured(lengths), {.episodes = 10, .environments = 5});
    CHECK(evaluation.metrics["steps"] == evaluation.mean_length);
    CHECK(evaluation.metrics["episode"] == Catch::Approx(200.5));
    CHECK(fmt::format("{}", evaluation) ==
          fmt::format("mean_return={:.2f} std_return={:.2f} episodes=10 episode=200.5 steps=4", evaluation.mean_return,
                      evaluation.std_return));
    CHECK(evaluate(actor, Ticker{}, {.episodes = 2}).metrics.empty());
    CHECK(fmt::format("{}", evaluate(actor, Ticker{}, {.episodes = 2})) ==
          "mean_return=3.00 std_return=0.00 episodes=2");
}

TEST_CASE("a CSV log has metrics behind the table, from its header on") {
    const TemporaryPath path("metrics.csv");
    Vectorized envs(measured(lengths), {.count = 5});
    Actor actor(envs, Mlp{.hidden = {4}});
    Critic critic(envs, Mlp{.hidden = {4}});
    A2c trainer(envs, actor, critic, Gae{}, {.horizon = 1});
    trainer.train({.steps = 10}, CsvLog(path.text()));
    std::ifstream file(path.text());
    std::string header, first, second;
    std::getline(file, header);
    std::getline(file, first);
    std::getline(file, second);
    CHECK(header.ends_with(",left_out,metric/episode,metric/steps"));
    CHECK(first.ends_with(",,"));
    CHECK(second.ends_with(",0,2"));
}
