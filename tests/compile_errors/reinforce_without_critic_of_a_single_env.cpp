// expect first: gradiva: this is a single environment where environments as one are needed: write Vectorized envs(env,
// {.count = 8})
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    TimeLimit env(CartPole{}, 500);
    Vectorized envs(env, {.count = 8});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Reinforce trainer(env, actor, RewardToGo{}, {.episodes = 2});
}
