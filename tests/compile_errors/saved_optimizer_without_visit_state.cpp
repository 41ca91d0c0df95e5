// expect first: gradiva: a training that is saved needs an optimiser with void visit_state(gradiva::State&), or whose
// step is const, as it has no state
#include <gradiva/gradiva.hpp>

using namespace gradiva;

struct Mine {
    int steps = 0;
    void step(std::span<float>, std::span<const float>, double) { ++steps; }
};

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{}, PpoClipOptions{}, Mine{});
    image_of(trainer);
}
