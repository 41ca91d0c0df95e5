// expect: lvalue
// expect: PpoClip
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(Vectorized(CartPole{}), actor, critic, Gae{});
}
