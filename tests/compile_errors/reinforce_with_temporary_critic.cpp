// expect first: gradiva: a trainer borrows environments, actor and critic: give each as an lvalue
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Reinforce trainer(envs, actor, Critic(envs, Mlp{}), RewardToGo{.baseline = Baseline::critic});
}
