// expect first: gradiva: an advantage is missing, such as Gae{}: environments come first
#include <gradiva/gradiva.hpp>

using namespace gradiva;

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    OffPolicy trainer(envs, actor, critic);
}
