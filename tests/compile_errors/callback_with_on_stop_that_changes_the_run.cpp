// expect first: gradiva: a callback's on_stop is void on_stop(const Run&, Stop)
#include <gradiva/gradiva.hpp>

struct Mine {
    void operator()(const gradiva::Progress&) {}
    void on_stop(gradiva::Run&, gradiva::Stop) {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
    trainer.train({.steps = 1}, Mine{});
}
