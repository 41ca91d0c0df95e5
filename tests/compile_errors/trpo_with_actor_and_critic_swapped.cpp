// expect first: gradiva: this is a critic where the actor belongs: the actor comes before the critic
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Trpo trainer(envs, critic, actor, Gae{}, {.delta = 0.01});
}
