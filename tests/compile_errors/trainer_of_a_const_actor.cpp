// expect first: gradiva: this actor is const
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    const Actor fixed(envs, Mlp{});
    A2c trainer(envs, fixed, critic, Gae{});
}
