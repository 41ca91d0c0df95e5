// expect: gradiva: OffPolicy needs an advantage that holds the ratio pi / mu

#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(TimeLimit(CartPole{}, 9), {});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    OffPolicy trainer(envs, actor, critic, Gae{});
}
