// expect first: gradiva: an Advantage, such as Gae, belongs in this place
#include <gradiva/gradiva.hpp>

using namespace gradiva;

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    A2c trainer(envs, actor, critic);
}
