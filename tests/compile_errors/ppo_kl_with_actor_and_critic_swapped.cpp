// expect first: gradiva: this is a critic where the actor belongs: the actor comes before the critic
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoKl trainer(envs, critic, actor, Gae{}, {.learning_rate = 1e-3});
}
