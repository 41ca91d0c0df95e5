// expect first: gradiva: visit_state has the form void visit_state(gradiva::State& state)
#include <gradiva/gradiva.hpp>

using namespace gradiva;

struct Mine {
    int steps = 0;
    void step(std::span<float>, std::span<const float>, double) { ++steps; }
    int visit_state(State& state) {
        state("steps", steps);
        return 1;
    }
};

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{}, PpoClipOptions{}, Mine{});
    image_of(trainer);
}
