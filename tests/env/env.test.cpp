#include "gradiva/env/env.hpp"

#include <string>

#include "catch.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

struct Continuous {
    Box observation_space() const { return {.size = 2}; }
    Box action_space() const { return {.size = 1}; }
    void reset(Rng&, std::span<float>) {}
    Outcome step(std::span<const float>, Rng&, std::span<float>) { return {}; }
};

struct MoveOnly : Continuous {
    MoveOnly() = default;
    MoveOnly(MoveOnly&&) = default;
    MoveOnly& operator=(MoveOnly&&) = default;
};

struct NoSpaces {
    void reset(Rng&, std::span<float>) {}
    Outcome step(int, Rng&, std::span<float>) { return {}; }
};

struct WrongAction : Continuous {
    Outcome step(std::string, Rng&, std::span<float>) { return {}; }
};

struct ResetReturnsSomething : Continuous {
    int reset(Rng&, std::span<float>) { return 0; }
};

}  // namespace

TEST_CASE("An environment is any type with the four members") {
    STATIC_REQUIRE(Env<Corridor>);
    STATIC_REQUIRE(is_env<Corridor>);
    STATIC_REQUIRE(is_env<Continuous>);
    STATIC_REQUIRE(is_env<MoveOnly>);
    STATIC_REQUIRE(std::same_as<ActionOf<Corridor>, int>);
    STATIC_REQUIRE(std::same_as<ActionOf<Continuous>, std::span<const float>>);
}

TEST_CASE("A type that breaks a rule is no environment") {
    STATIC_REQUIRE(!Env<int>);
    STATIC_REQUIRE(!Env<NoSpaces>);
    STATIC_REQUIRE(!Env<WrongAction>);
    STATIC_REQUIRE(!Env<ResetReturnsSomething>);
}

TEST_CASE("An outcome is a reward of zero that ends nothing unless it says more") {
    constexpr Outcome outcome;
    STATIC_REQUIRE(outcome.reward == 0);
    STATIC_REQUIRE(!outcome.terminated);
    STATIC_REQUIRE(!outcome.truncated);
}

namespace {

struct Referring : Continuous {
    template <class Random>
    void reset(Random&, std::span<float>) {}
    Outcome step(const auto&, auto&& rng, std::span<float>) { return {.reward = rng.uniform()}; }
};

struct Overloaded : Continuous {
    void reset(Rng&, std::span<float>) {}
    void reset(Rng) {}
    Outcome step(std::span<const float>, Rng&, std::span<float>) const noexcept { return {}; }
    Outcome step(int, Rng, std::span<float>) { return {}; }
};

struct Static : Continuous {
    static void reset(auto& rng, std::span<float>) { rng.uniform(); }
};

struct Copying : Continuous {
    void reset(Rng, std::span<float>) {}
    Outcome step(std::span<const float>, auto, std::span<float>) { return {}; }
};

}  // namespace

TEST_CASE("reset and step may take their Rng by any kind of reference, as templates and as one of several too") {
    STATIC_REQUIRE(is_env<Referring>);
    STATIC_REQUIRE(is_env<Overloaded>);
    STATIC_REQUIRE(is_env<Static>);
    STATIC_REQUIRE(detail::keeps_rules<Static>());
    STATIC_REQUIRE(Env<Copying>);
    STATIC_REQUIRE_FALSE(detail::keeps_rules<Copying>());
}
