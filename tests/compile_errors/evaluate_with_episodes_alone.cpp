// expect first: gradiva: evaluate takes its options by name: evaluate(actor, env, {.episodes = 100})
#include <gradiva/gradiva.hpp>

using namespace gradiva;

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    evaluate(actor, CartPole{}, 100);
}
