// expect first: gradiva: an Advantage, such as Gae, belongs in this place
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, PpoClipOptions{});
}
