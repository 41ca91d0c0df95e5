// expect first: gradiva: Advantage needs void check(bool with_critic) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Gae {
    void check() const {}
};

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Mine{});
}
