// expect first: gradiva: SharedCritic needs an actor whose network is a SharedTrunk
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    SharedCritic critic(actor);
}
