// expect first: gradiva: a callback's on_start takes (Run&) and returns void, or bool: false, and no iteration runs
#include <gradiva/gradiva.hpp>

struct Mine {
    void operator()(const gradiva::Progress&) {}
    void on_start() {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
    trainer.train({.steps = 1}, std::optional<Mine>());
}
