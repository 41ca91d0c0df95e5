// Environments belong to one collector at a time.
#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole_batch.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/rollout/collect.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const auto refused =
    "collect: another collector or trainer has used these environments since, and they are not where "
    "this one left them; give each environments of its own";

/// Changes with every step and every reset.
Index touches_of(const Vectorized<Faulty>& envs) {
    Index touches = 0;
    for (Index n = 0; n < envs.size(); ++n) touches += envs[n].steps + 1000 * envs[n].resets;
    return touches;
}

/// Two collectors of the same environments.
template <class V>
struct Two {
    explicit Two(V environments) : envs(std::move(environments)) {}

    V envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {4}}};
    Threads threads;
    Rollout<float> rollout{envs, actor};
    Collector<V, Actor<MlpNetwork<float>, Categorical<float>>> first{envs, actor, threads};
    Collector<V, Actor<MlpNetwork<float>, Categorical<float>>> second{envs, actor, threads};
};

/// Environments as one that do not count their holders.
struct Uncounted {
    Vectorized<Faulty> inner{Faulty{}, {.count = 2}};

    Index size() const { return inner.size(); }
    std::uint64_t seed() const { return inner.seed(); }
    Index shards() const { return inner.shards(); }
    Box observation_space() const { return inner.observation_space(); }
    Discrete action_space() const { return inner.action_space(); }
    void reset(Range range, MatrixRef<float> observation) { inner.reset(range, observation); }
    void step(Range range, const ConstActionView& actions, StepView& out) { inner.step(range, actions, out); }
};

}  // namespace

TEST_CASE("A collector that comes back after another is refused before any environment is touched") {
    Two two(Vectorized(Faulty{}, {.count = 3}));
    two.first.steps(two.rollout, 5);
    two.first.steps(two.rollout, 5);
    two.second.steps(two.rollout, 5);
    CHECK(two.rollout.starts_anew);
    const Index touches = touches_of(two.envs);
    for (int again = 0; again < 3; ++again) {
        CHECK_THROWS_WITH(two.first.steps(two.rollout, 5), refused);
        CHECK_THROWS_WITH(two.first.episodes(two.rollout, 1), refused);
    }
    CHECK(touches_of(two.envs) == touches);
    CHECK(two.rollout.sample_count() == 15);  // what the second collected is still there
    two.second.steps(two.rollout, 5);
    CHECK(!two.rollout.starts_anew);
    CHECK_THROWS_WITH(two.first.steps(two.rollout, 5), refused);
}

TEST_CASE("Environments that others are assigned to start anew") {
    Two two(Vectorized(Faulty{}, {.count = 3}));
    two.first.steps(two.rollout, 5);
    two.envs = Vectorized(Faulty{}, {.count = 3});
    two.first.steps(two.rollout, 5);
    CHECK(two.rollout.starts_anew);
    two.first.steps(two.rollout, 5);
    CHECK(!two.rollout.starts_anew);
}

TEST_CASE("Collectors of whole episodes are refused as well") {
    Two two(Vectorized(Faulty{}, {.count = 3}));
    two.first.episodes(two.rollout, 1);
    two.second.episodes(two.rollout, 1);
    CHECK_THROWS_WITH(two.first.episodes(two.rollout, 1), refused);
    two.second.episodes(two.rollout, 1);
    CHECK(two.rollout.sample_count() == 12);
}

TEST_CASE("To be built is not to use, and a bad argument is not either") {
    Two two(Vectorized(Faulty{}, {.count = 3}));
    two.first.steps(two.rollout, 5);
    CHECK_THROWS_AS(two.second.steps(two.rollout, 0), Error);
    CHECK_THROWS_AS(two.second.episodes(two.rollout, 0), Error);
    CHECK_NOTHROW(two.first.steps(two.rollout, 5));
}

TEST_CASE("An exception makes no difference to who holds the environments") {
    Two two(Vectorized(one_faulty(Fault::thrown, 1, 3), {.count = 3}));
    CHECK_THROWS_AS(two.first.steps(two.rollout, 5), Breakdown);
    two.first.steps(two.rollout, 5);
    two.second.steps(two.rollout, 5);
    CHECK_THROWS_WITH(two.first.steps(two.rollout, 5), refused);

    Two others(Vectorized(one_faulty(Fault::thrown, 1, 3), {.count = 3}));
    CHECK_THROWS_AS(others.first.steps(others.rollout, 5), Breakdown);
    others.second.steps(others.rollout, 5);
    CHECK_THROWS_WITH(others.first.steps(others.rollout, 5), refused);  // although it would have begun with resets
    CHECK_NOTHROW(others.second.steps(others.rollout, 5));

    Two thirds(Vectorized(one_faulty(Fault::thrown, 1, 7), {.count = 3}));
    thirds.first.steps(thirds.rollout, 5);
    CHECK_THROWS_AS(thirds.second.steps(thirds.rollout, 5), Breakdown);
    CHECK_THROWS_WITH(thirds.first.steps(thirds.rollout, 5), refused);
    CHECK_NOTHROW(thirds.second.steps(thirds.rollout, 5));
}

TEST_CASE("The bundled environments that step many at once count their holders too") {
    Two two(CartPoleBatch({.count = 20}));
    two.first.steps(two.rollout, 5);
    two.second.steps(two.rollout, 5);
    CHECK_THROWS_WITH(two.first.steps(two.rollout, 5), refused);
    CHECK_NOTHROW(two.second.steps(two.rollout, 5));
}

TEST_CASE("Environments of one's own that count no holders are handed from one to the other") {
    Two two(Uncounted{});
    two.first.steps(two.rollout, 5);
    two.second.steps(two.rollout, 5);
    CHECK_NOTHROW(two.first.steps(two.rollout, 5));
}
