// expect first: gradiva: an update's explore takes (double progress)
#include <gradiva/gradiva.hpp>

struct Mine {
    gradiva::UpdateReport operator()(const gradiva::Rollout<float>&, double) { return {}; }
    void explore() {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Trainer trainer({.name = "Mine", .horizon = 32}, envs, actor, critic, Gae{}, [](Threads&) { return Mine{}; });
    trainer.train({.steps = 1});
}
