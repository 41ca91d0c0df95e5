// expect first: gradiva: a critic is missing: environments come first, then the actor, the critic, the advantage
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, Gae{}, {.clip = 0.1});
}
