#include "gradiva/train/run_seeds.hpp"

#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A small training, and a greedy evaluation.
Evaluation train(std::uint64_t seed, Curve& record) {
    Vectorized envs(TimeLimit(Wanderer{}, 20), {.count = 4, .seed = seed});
    Actor actor(envs, Mlp{.hidden = {4}});
    Critic critic(envs, Mlp{.hidden = {4}});
    A2c trainer(envs, actor, critic, Gae{}, {.horizon = 8});
    trainer.train({.steps = 8 * 4 * 6}, record);
    return evaluate(actor, TimeLimit(Wanderer{}, 20), {.episodes = 5, .seed = seed});
}

/// All numbers of a run that do not tell the time, as bytes.
std::vector<double> numbers_of(const Curve& curve, const Evaluation& evaluation) {
    std::vector<double> all{evaluation.mean_return, evaluation.std_return, evaluation.mean_length};
    for (const std::string& name : curve.names()) {
        if (name == "seconds" || name == "steps_per_second") continue;
        for (const double x : curve[name]) all.push_back(std::isnan(x) ? -12345 : x);
    }
    return all;
}

std::string error_of(const auto& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("each seed has the bits that it has alone, for any number of threads", "[threads]") {
    for (const Index threads : {1, 2, 4}) {
        const std::vector<SeedRun> runs = run_seeds(5, train, {.threads = threads, .first_seed = 7});
        REQUIRE(runs.size() == 5);
        std::set<double> returns;
        for (std::size_t i = 0; i < 5; ++i) {
            CAPTURE(threads, i);
            CHECK(runs[i].seed == 7 + i);
            CHECK(runs[i].curve.rows() == 6);
            CHECK(runs[i].evaluation.episodes == 5);
            const DescriptionValue* const horizon = runs[i].curve.description().find("options/horizon");
            REQUIRE(horizon != nullptr);
            CHECK(*horizon == DescriptionValue(std::int64_t{8}));
            Curve alone;
            const Evaluation evaluation = train(7 + i, alone);
            CHECK(numbers_of(runs[i].curve, runs[i].evaluation) == numbers_of(alone, evaluation));
            returns.insert(runs[i].evaluation.mean_return);
        }
        CHECK(returns.size() == 5);
    }
}

TEST_CASE("seeds are trained side by side", "[threads]") {
    std::atomic<int> inside = 0;
    run_seeds(2,
              [&](std::uint64_t, Curve&) {
                  ++inside;
                  while (inside < 2) std::this_thread::yield();  // each waits for the other
              },
              {.threads = 2});
    CHECK(inside == 2);
}

TEST_CASE("a function may return nothing; by default the first seed is 1") {
    std::vector<std::uint64_t> seeds;
    const auto runs = run_seeds(3, [&](std::uint64_t seed, auto& record) {
        seeds.push_back(seed);
        record(Progress{.steps = static_cast<Index>(seed)});
    });
    CHECK(seeds == std::vector<std::uint64_t>{1, 2, 3});
    CHECK(runs[2].curve["steps"][0] == 3);
    CHECK(runs[2].evaluation.episodes == 0);
}

TEST_CASE("where seeds fail the others run to their end, and the error names the first that failed", "[threads]") {
    for (const Index threads : {1, 2}) {
        std::atomic<int> done = 0;
        const std::string error = error_of([&] {
            run_seeds(6,
                      [&](std::uint64_t seed, Curve&) {
                          if (seed == 12) throw Breakdown("the simulator is gone");
                          if (seed == 14) fail("seed 14 broke");
                          if (seed == 15) throw 7;
                          ++done;
                      },
                      {.threads = threads, .first_seed = 10});
        });
        CHECK(done == 3);
        CHECK(error == "run_seeds: seed 12: the simulator is gone; failed, too: seed 14, 15");
    }
    const auto one = [](std::uint64_t seed, Curve&) { require(seed != 2, "broken"); };
    CHECK(error_of([&] { run_seeds(3, one); }) == "run_seeds: seed 2: broken");
}

TEST_CASE("options of run_seeds are checked") {
    const auto nothing = [](std::uint64_t, Curve&) {};
    constexpr std::uint64_t last = std::numeric_limits<std::uint64_t>::max();
    CHECK(error_of([&] { run_seeds(0, nothing); }) == "run_seeds: the number of seeds is 0; give at least 1");
    CHECK(error_of([&] { run_seeds(-1, nothing); }) == "run_seeds: the number of seeds is -1; give at least 1");
    CHECK(error_of([&] { run_seeds(1, nothing, {.threads = 0}); }) == "run_seeds: threads is 0; give at least 1");
    CHECK(run_seeds(2, nothing, {.first_seed = last - 1}).back().seed == last);
    CHECK_THAT(error_of([&] { run_seeds(3, nothing, {.first_seed = last - 1}); }),
               ContainsText("after which there are no 3 seeds"));
}
