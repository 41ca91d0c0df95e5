#include "gradiva/env/vectorized.hpp"

#include <memory>
#include <set>

#include "catch.hpp"
#include "helpers/breaking.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// All environments side by side, with room for what a step writes.
template <class E>
struct Driver {
    explicit Driver(Vectorized<E>& v)
        : envs(v), observation(v.observation_space().size, v.size()),
          final_observation(v.observation_space().size, v.size()), reward(static_cast<std::size_t>(v.size())),
          terminated(reward.size()), truncated(reward.size()), actions(action_shape_of(v.action_space()), v.size()) {
        final_observation.matrix().setConstant(-1);
        envs.reset({0, envs.size()}, observation.matrix());
    }

    void step() {
        StepView out{observation.matrix(), final_observation.matrix(), reward, terminated, truncated};
        envs.step({0, envs.size()}, std::as_const(actions).all(), out);
    }

    Vectorized<E>& envs;
    MatrixBuffer<float> observation, final_observation;
    std::vector<double> reward;
    std::vector<std::uint8_t> terminated, truncated;
    ActionBatch actions;
};

struct MoveOnly : Corridor {
    std::unique_ptr<int> handle = std::make_unique<int>(0);
};

struct Both : Ticker {
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        Outcome outcome = Ticker::step(action, rng, observation);
        outcome.truncated = outcome.terminated;
        return outcome;
    }
};

struct Sized : Ticker {
    Index observed = 3;
    Index actions = 2;
    Box observation_space() const { return {.size = observed}; }
    Discrete action_space() const { return {.n = actions}; }
};

/// Images of three elements.
struct Shaped : Ticker {
    std::vector<Index> shape = {3, 1, 1};
    Box observation_space() const { return {.shape = shape}; }
};

/// Obeys a Box action: shows it.
struct Mirror {
    Index size = 2;
    Box observation_space() const { return {.size = 2}; }
    Box action_space() const { return {.size = size}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = observation[1] = 0; }
    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        observation[0] = action[0];
        observation[1] = action[1];
        return {};
    }
};

}  // namespace

TEST_CASE("Vectorized copies a prototype") {
    const Ticker prototype{.id = 3};
    Vectorized envs(prototype, {.count = 5, .seed = 9});
    STATIC_REQUIRE(VectorEnv<decltype(envs)>);
    CHECK(envs.size() == 5);
    CHECK(envs.seed() == 9);
    CHECK(envs.observation_space().size == 3);
    CHECK(envs.action_space().n == 2);
    Driver driver(envs);
    driver.step();
    CHECK(envs[4].at == 1);
    CHECK(prototype.at == 0);
}

TEST_CASE("Vectorized makes environments by a factory which may be move-only and differ") {
    Vectorized movable([](Index) { return MoveOnly{}; }, {.count = 3});
    CHECK(movable.size() == 3);
    Vectorized alone([](Index) { return MoveOnly{}; });
    CHECK(alone.size() == 1);

    Vectorized different([](Index i) { return Ticker{.id = i}; }, {.count = 4});
    Driver driver(different);
    driver.step();
    CHECK(driver.observation(0, 2) == 2);
    CHECK(driver.reward == std::vector<double>{1, 2, 3, 4});
}

TEST_CASE("An environment that ends is reset in the same step and its last observation is kept") {
    Vectorized envs([](Index i) { return Ticker{.id = i, .length = 2 + i}; }, {.count = 2});
    Driver driver(envs);
    driver.step();
    CHECK(driver.terminated == std::vector<std::uint8_t>{0, 0});
    CHECK(driver.final_observation(2, 0) == -1);
    driver.step();
    CHECK(driver.terminated == std::vector<std::uint8_t>{1, 0});
    CHECK(driver.observation(1, 0) == 1);        // the next episode
    CHECK(driver.observation(2, 0) == 0);        // its first observation
    CHECK(driver.final_observation(1, 0) == 0);  // the episode that ended
    CHECK(driver.final_observation(2, 0) == 2);
    CHECK(driver.observation(2, 1) == 2);
    CHECK(driver.final_observation(2, 1) == -1);
    CHECK(envs[0].episode == 1);
    CHECK(envs[1].episode == 0);
}

TEST_CASE("Truncated stays truncated and both flags together are terminated") {
    Vectorized truncating(Ticker{.length = 1, .truncates = true}, {.count = 1});
    Driver first(truncating);
    first.step();
    CHECK(first.terminated[0] == 0);
    CHECK(first.truncated[0] == 1);

    Both both;
    both.length = 1;
    Vectorized with_both(both, {.count = 1});
    Driver second(with_both);
    second.step();
    CHECK(second.terminated[0] == 1);
    CHECK(second.truncated[0] == 0);
}

TEST_CASE("Every environment has a random stream of its own named by seed, purpose and index") {
    const auto first_numbers = [](VectorizedOptions options) {
        Vectorized envs(Wanderer{}, options);
        const Driver driver(envs);
        std::vector<float> numbers;
        for (Index n = 0; n < envs.size(); ++n) numbers.push_back(driver.observation(0, n));
        return numbers;
    };
    const auto numbers = first_numbers({.count = 8, .seed = 1});
    CHECK(std::set<float>(numbers.begin(), numbers.end()).size() == 8);
    CHECK(numbers == first_numbers({.count = 8, .seed = 1}));
    CHECK(numbers != first_numbers({.count = 8, .seed = 2}));
    CHECK(numbers != first_numbers({.count = 8, .seed = 1, .purpose = Purpose::evaluation_environment}));
    const auto fewer = first_numbers({.count = 3, .seed = 1});
    CHECK(std::equal(fewer.begin(), fewer.end(), numbers.begin()));
    for (std::uint64_t n = 0; n < 8; ++n) {
        Rng expected(1, Purpose::environment, n);
        CHECK(numbers[n] == static_cast<float>(expected.normal()));
    }
}

TEST_CASE("Stepping part by part is stepping all") {
    Vectorized whole(Wanderer{}, {.count = 10, .seed = 4});
    Vectorized parts(Wanderer{}, {.count = 10, .seed = 4});
    REQUIRE(parts.shards() > 1);
    Driver a(whole), b(parts);
    for (int t = 0; t < 20; ++t) {
        a.step();
        for (Index s = parts.shards(); s-- > 0;) {
            const Range r = piece(parts.size(), parts.shards(), s);
            const auto begin = static_cast<std::size_t>(r.begin), size = static_cast<std::size_t>(r.size());
            StepView out{b.observation.columns(r), b.final_observation.columns(r),
                         std::span(b.reward).subspan(begin, size), std::span(b.terminated).subspan(begin, size),
                         std::span(b.truncated).subspan(begin, size)};
            parts.step(r, std::as_const(b.actions).columns(r), out);
        }
    }
    CHECK(a.observation == b.observation);
    CHECK(a.final_observation == b.final_observation);
    CHECK(a.reward == b.reward);
    CHECK(a.terminated == b.terminated);
    CHECK(a.truncated == b.truncated);
}

TEST_CASE("The parts of Vectorized depend on the number of environments and cover them") {
    for (const Index count : {1, 2, 4, 5, 16, 255, 256, 1000}) {
        const Vectorized envs(Corridor{}, {.count = count});
        CHECK(envs.shards() == count);
    }
}

TEST_CASE("An environment of real actions gets its column") {
    Vectorized envs(Mirror{}, {.count = 2});
    Driver driver(envs);
    MatrixMap<float>(driver.actions.all().reals) << 1, 2, 3, 4;
    driver.step();
    CHECK(driver.observation(0, 1) == 2);
    CHECK(driver.observation(1, 1) == 4);
}

TEST_CASE("What an environment does not write is not a number instead of an older observation") {
    Vectorized in_reset(one_faulty(Fault::unwritten_reset, 1), {.count = 2});
    Driver first(in_reset);
    CHECK(first.observation(1, 0) == 0.5F);
    CHECK(std::isnan(first.observation(1, 1)));

    Vectorized in_step(one_faulty(Fault::unwritten_step, 1, 1), {.count = 2});
    Driver second(in_step);
    second.step();
    CHECK(second.observation(1, 0) == 0.5F);
    CHECK(std::isnan(second.observation(1, 1)));
}

TEST_CASE("An environment that throws keeps no other from its step, and what it observes is not a number") {
    // It throws after it has written its observation.
    const auto source = breaking(Wanderer{0, 0}, {{Breakage::What::throws_breakdown, 1, 1},
                                                  {Breakage::What::throws_int, 2, 1},
                                                  {Breakage::What::throws_in_reset, 0, 1}});
    Vectorized envs(source, {.count = 4});
    Driver driver(envs);
    driver.step();
    CHECK(driver.observation.matrix().allFinite());
    CHECK_THROWS_AS(driver.step(), Breakdown);  // the first, not the int
    for (Index n = 0; n < 4; ++n) {
        CHECK(envs[n].steps() == 2);
        for (Index i = 0; i < 3; ++i) CHECK(std::isfinite(driver.observation(i, n)) == (n != 1 && n != 2));
    }
    MatrixBuffer<float> observation(3, 4);
    CHECK_THROWS_AS(envs.reset({0, 4}, observation.matrix()), Breakdown);
    for (Index n = 0; n < 4; ++n) {
        CHECK(envs[n].resets() == 2);
        for (Index i = 0; i < 3; ++i) CHECK(std::isfinite(observation(i, n)) == (n != 0));
    }
}

TEST_CASE("Vectorized refuses no environments and spaces that hold nothing") {
    CHECK_THROWS_WITH(Vectorized(Corridor{}, {.count = 0}), "Vectorized: count is 0; give at least 1 environment");
    CHECK_THROWS_AS(Vectorized(Corridor{}, {.count = -1}), Error);
    CHECK_THROWS_WITH(Vectorized(Corridor{}, {.count = std::numeric_limits<Index>::max()}),
                      "Vectorized: there is no memory for 9223372036854775807 environments; give fewer");
    Sized blind, lame;
    blind.observed = 0;
    lame.actions = 0;
    CHECK_THROWS_WITH(Vectorized(blind), ContainsText("Vectorized: the observation space is a Box of size 0"));
    Shaped flat;
    flat.shape = {3, 1};
    CHECK_THROWS_WITH(Vectorized(flat), ContainsText("Vectorized: the observation space is a Box whose shape has 2"));
    CHECK(Vectorized(Shaped{}, {.count = 2}).observation_space() == Box{.shape = {3, 1, 1}});
    CHECK_THROWS_WITH(Vectorized(lame), ContainsText("Vectorized: the action space is Discrete with n = 0"));
    CHECK_THROWS_WITH(Vectorized(Mirror{.size = 0}), ContainsText("Vectorized: the action space is a Box of size 0"));
}

TEST_CASE("Vectorized refuses environments whose spaces differ") {
    const auto sized = [](Index observed, Index actions) {
        return [=](Index i) {
            Sized env;
            if (i == 2) env.observed = observed;
            if (i == 2) env.actions = actions;
            return env;
        };
    };
    CHECK_NOTHROW(Vectorized(sized(3, 2), {.count = 3}));
    CHECK_THROWS_WITH(Vectorized(sized(4, 2), {.count = 3}),
                      "Vectorized: environment 2 observes 4 numbers, environment 0 3; give all the same spaces");
    const auto shaped = [](Index i) {
        Shaped env;
        if (i == 1) env.shape = {1, 3, 1};
        return env;
    };
    CHECK_THROWS_WITH(
        Vectorized(shaped, {.count = 2}),
        "Vectorized: environment 1 has the observation space Box(1 x 3 x 1), environment 0 Box(3 x 1 x 1); "
        "give all the same spaces");
    CHECK_THROWS_WITH(Vectorized(sized(3, 5), {.count = 3}),
                      "Vectorized: environment 2 has the action space Discrete(5), environment 0 Discrete(2); give all "
                      "the same spaces and bounds");
    CHECK_THROWS_WITH(Vectorized([](Index i) { return Mirror{.size = 2 + i}; }, {.count = 2}),
                      "Vectorized: environment 1 has the action space Box(3), environment 0 Box(2); give all the same "
                      "spaces and bounds");
}
