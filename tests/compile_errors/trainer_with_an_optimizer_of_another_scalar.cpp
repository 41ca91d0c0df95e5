// expect first: gradiva: Optimizer needs void step(std::span<Scalar> weights
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{}, {.clip = 0.1}, Adam<double>());
}
