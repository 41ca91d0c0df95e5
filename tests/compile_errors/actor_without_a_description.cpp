// expect first: gradiva: this is no description of a network, such as Mlp: specialise gradiva::NetworkFor for it
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, 64);
}
