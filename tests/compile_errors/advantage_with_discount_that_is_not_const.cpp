// expect first: gradiva: an Advantage's discount is double discount, or double discount() const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Gae {
    double discount() { return 0.9; }
};

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Mine{});
}
