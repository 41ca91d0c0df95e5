// expect first: gradiva: evaluate(actor, env) plays in environments of its own: give it one environment
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    evaluate(actor, envs, {.episodes = 10});
}
