// expect first: gradiva: this class adds members to one whose visit_state it inherits, which does not know them; give
// it void visit_state(State&) that calls the inherited one and shows its own
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

using namespace gradiva;

template <class E>
struct Counted : Wrapper<E> {
    using Wrapper<E>::Wrapper;
    int steps = 0;
};
template <class E>
Counted(E) -> Counted<E>;

void wrong() {
    Vectorized envs(Counted(CartPole{}), {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
    trainer.train({.steps = 100}, Checkpoint("run.safetensors"));
}
