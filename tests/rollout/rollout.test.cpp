#include "gradiva/rollout/rollout.hpp"

#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Three environments with masks that hold 2, 4 and 0 samples of 4 steps; every number is 9.
Rollout<float> rollout_of_nines() {
    const Vectorized envs(Masked{}, {.count = 3});
    const Actor actor(envs, Mlp{.hidden = {}});
    Rollout rollout(envs, actor);
    rollout.resize(4);
    rollout.length[0] = 2;
    rollout.length[1] = 4;
    rollout.observation.matrix().setConstant(9);
    rollout.mask.matrix().setConstant(9);
    rollout.action.all().integers.setConstant(9);
    rollout.head.matrix().setConstant(9);
    for (auto* part : {&rollout.log_prob, &rollout.log_ratio, &rollout.reward}) part->matrix().setConstant(9);
    rollout.terminated.matrix().setConstant(9);
    rollout.truncated.matrix().setConstant(9);
    return rollout;
}

}  // namespace

TEST_CASE("A rollout holds each environment's samples up to its length") {
    const auto rollout = rollout_of_nines();
    for (Index t = 0; t < 4; ++t) {
        CHECK(rollout.holds(t, 0) == (t < 2));
        CHECK(rollout.holds(t, 1));
        CHECK(!rollout.holds(t, 2));
    }
    CHECK(rollout.sample_count() == 6);
}

TEST_CASE("What is absent is visited in order of time, neighbours together") {
    auto rollout = rollout_of_nines();
    std::vector<std::vector<Index>> visited;
    const auto visit = [&](Index t, Range range) { visited.push_back({t, range.begin, range.end}); };
    rollout.for_each_absent(visit);
    CHECK(visited == std::vector<std::vector<Index>>{{0, 2, 3}, {1, 2, 3}, {2, 0, 1}, {2, 2, 3}, {3, 0, 1}, {3, 2, 3}});
    visited.clear();
    rollout.length[1] = 3;
    rollout.length[2] = 3;
    rollout.for_each_absent(visit);
    CHECK(visited == std::vector<std::vector<Index>>{{2, 0, 1}, {3, 0, 3}});
    visited.clear();
    rollout.length.assign(3, 4);
    rollout.for_each_absent(visit);
    CHECK(visited.empty());
}

TEST_CASE("What is absent gets harmless numbers and what is there keeps its own") {
    auto rollout = rollout_of_nines();
    rollout.clear_absent();
    for (Index n = 0; n < 3; ++n) {
        for (Index t = 0; t <= 4; ++t) {
            CAPTURE(n, t);
            const Index column = t * 3 + n;
            // The observation that follows the last sample stays; where there is no sample, nothing follows.
            const bool observed = n == 1 || (n == 0 && t <= 2);
            for (const float x : rollout.observation.column(column)) CHECK(x == (observed ? 9 : 0));
            for (const std::uint8_t legal : rollout.mask.column(column)) CHECK(legal == (observed ? 9 : 1));
            if (t == 4) continue;
            const bool sample = rollout.holds(t, n);
            CHECK(rollout.action.all().integers(0, column) == (sample ? 9 : 0));
            for (const float x : rollout.head.column(column)) CHECK(x == (sample ? 9 : 0));
            for (auto* part : {&rollout.log_prob, &rollout.log_ratio, &rollout.reward}) {
                CHECK((*part)(n, t) == (sample ? 9 : 0));
            }
            CHECK(rollout.terminated(n, t) == (sample ? 9 : 1));
            CHECK(rollout.truncated(n, t) == (sample ? 9 : 0));
        }
    }
}
