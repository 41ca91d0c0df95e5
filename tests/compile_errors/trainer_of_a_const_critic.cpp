// expect first: gradiva: this critic is const
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    const Critic fixed(envs, Mlp{});
    A2c trainer(envs, actor, fixed, Gae{});
}
