#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "learning/learns_matching.hpp"

using namespace gradiva;

TEMPLATE_LIST_TEST_CASE("TRPO learns with every distribution, for every seed", "", gradiva_test::EveryDistribution) {
    gradiva_test::check_learns_matching<TestType>([](auto& envs, auto& actor, auto& critic) {
        Trpo(envs, actor, critic, Gae{}, {.delta = 0.05, .horizon = 64, .critic_epochs = 4}).train({.steps = 30'720});
    });
}
