// expect first: gradiva: a callback of train returns void, or bool: false stops the training
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
    trainer.train({.steps = 1}, [](const Progress&) { return 1; });
}
