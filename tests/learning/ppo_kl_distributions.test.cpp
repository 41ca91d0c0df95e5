#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "learning/learns_matching.hpp"

using namespace gradiva;

TEMPLATE_LIST_TEST_CASE("PPO-KL learns with every distribution, for every seed", "", gradiva_test::EveryDistribution) {
    gradiva_test::check_learns_matching<TestType>([](auto& envs, auto& actor, auto& critic) {
        PpoKl(envs, actor, critic, Gae{}, {.horizon = 32, .learning_rate = Linear{1e-2, 0}}).train({.steps = 10'240});
    });
}
