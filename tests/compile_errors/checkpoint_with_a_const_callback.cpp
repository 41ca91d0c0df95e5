// expect first: gradiva: in a training that is saved a callback with visit_state must not be const
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

using namespace gradiva;

struct Counter {
    int count = 0;
    void operator()(const Progress&) const {}
    void visit_state(State& state) { state("count", count); }
};

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
    const Counter counter;
    trainer.train({.steps = 100}, Checkpoint("run.safetensors"), counter);
}
