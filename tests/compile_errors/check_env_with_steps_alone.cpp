// expect first: gradiva: check_env takes its options by name: check_env(env, {.steps = 1000})
#include <gradiva/gradiva.hpp>

using namespace gradiva;

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    check_env(CartPole{}, 1000);
}
