// expect first: gradiva: Acting carries no memory from one action to the next
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Gru{.units = 8});
    Acting acting(actor, envs);
}
