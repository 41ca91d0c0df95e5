#include "gradiva/env/differentiable_env.hpp"

#include "catch.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using In = std::span<const double>;
using Out = std::span<double>;

/// x' = x + u.
struct Sum {
    Box observation_space() const { return {.size = 1}; }
    Box action_space() const { return {.size = 1}; }
    void reset(Rng&, std::span<float>) {}
    Outcome step(std::span<const float>, Rng&, std::span<float>) { return {}; }
    Index state_size() const { return 1; }
    void save(Out) const {}
    double transition(In, In, Out) const { return 0; }
    void transition_backward(In, In, In, double, Out, Out) const {}
    void observe(In, Out) const {}
    void observe_backward(In, In, Out) const {}
};

struct WithoutTransition : Sum {
    void transition() const;
};

struct WithoutState : Sum {
    int state_size() const { return 1; }
};

struct ReturnsNoReward : Sum {
    void transition(In, In, Out) const {}
};

struct SavesInFloat : Sum {
    void save(std::span<float>) const {}
};

}  // namespace

TEST_CASE("A differentiable environment is an Env with Box actions and a model") {
    STATIC_REQUIRE(DifferentiableEnv<Sum>);
    STATIC_REQUIRE(is_differentiable_env<Sum>);
    STATIC_REQUIRE(!DifferentiableEnv<WithoutTransition>);
    STATIC_REQUIRE(!DifferentiableEnv<WithoutState>);
    STATIC_REQUIRE(!DifferentiableEnv<ReturnsNoReward>);
    STATIC_REQUIRE(!DifferentiableEnv<SavesInFloat>);
    STATIC_REQUIRE(!DifferentiableEnv<Corridor>);
    STATIC_REQUIRE(!DifferentiableEnv<int>);
}

TEST_CASE("The model is the environment within its time limits") {
    const TimeLimit limited(TimeLimit(Sum{}, 3), 5);
    STATIC_REQUIRE(std::same_as<decltype(within_time_limit(limited)), const Sum&>);
    CHECK(&within_time_limit(limited) == &limited.wrapped().wrapped());
}
