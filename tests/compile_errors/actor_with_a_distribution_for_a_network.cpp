// expect first: gradiva: Actor(envs, network, distribution): a description of the network, such as Mlp, is missing
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Categorical<float>(2));
}
