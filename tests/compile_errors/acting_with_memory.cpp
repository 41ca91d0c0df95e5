// expect first: gradiva: this actor has a memory, which an episode carries from one action to the next
#include <gradiva/gradiva.hpp>

#include <vector>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Gru{.units = 8});
    Acting acting(actor, envs);
    acting.act(std::vector<float>(4));
}
