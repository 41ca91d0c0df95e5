// expect first: gradiva: a trainer borrows environments, actor and critic: give each as an lvalue
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(Vectorized(CartPole{}), actor, critic, Gae{}, {.clip = 0.1});
}
