// expect first: gradiva: a callback's before_iteration is void before_iteration(Run&)
#include <gradiva/gradiva.hpp>

struct Mine {
    void operator()(const gradiva::Progress&) {}
    bool before_iteration(gradiva::Run&) { return false; }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
    trainer.train({.steps = 1}, Mine{});
}
