// expect first: gradiva: Actor and Critic take feed-forward networks, and this is one with memory, such as Gru
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Gru{.units = 32});
}
