// expect first: gradiva: a callback's visit_state is void visit_state(State&), and public
#include <gradiva/gradiva.hpp>

using namespace gradiva;

class Counter {
    int count_ = 0;
    void visit_state(State& state) { state("count", count_); }

public:
    void operator()(const Progress&) { ++count_; }
};

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
    trainer.train({.steps = 100}, Counter());
}
