// expect first: gradiva: a trainer's update takes (const Rollout<Scalar>&, double progress) and returns an UpdateReport
#include <gradiva/gradiva.hpp>

struct Mine {
    gradiva::UpdateReport operator()(const gradiva::Rollout<float>&) { return {}; }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Trainer trainer({.name = "Mine", .horizon = 32}, envs, actor, critic, Gae{}, [](Threads&) { return Mine{}; });
    trainer.train({.steps = 1});
}
