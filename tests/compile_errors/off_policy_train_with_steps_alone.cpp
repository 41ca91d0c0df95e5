// expect first: gradiva: train takes its options by name: trainer.train({.steps = 100'000})
#include <gradiva/gradiva.hpp>

using namespace gradiva;

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    OffPolicy(envs, actor, critic, VTrace{}).train(1000);
}
