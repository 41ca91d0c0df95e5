// expect first: gradiva: a trainer borrows environments, actor and critic: give each as an lvalue
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Critic critic(envs, Mlp{});
    PpoKl trainer(envs, Actor(envs, Mlp{}), critic, Gae{});
}
