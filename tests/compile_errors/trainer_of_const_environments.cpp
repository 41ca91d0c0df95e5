// expect first: gradiva: these environments are const
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    const Vectorized fixed(env, {.count = 8});
    PpoClip trainer(fixed, actor, critic, Gae{});
}
