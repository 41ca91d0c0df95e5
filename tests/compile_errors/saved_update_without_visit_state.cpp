// expect first: gradiva: a training that is saved needs an update with void visit_state(gradiva::State&), or without
// members
#include <gradiva/gradiva.hpp>

using namespace gradiva;

struct Counting {
    int updates = 0;
    UpdateReport operator()(const Rollout<float>&, double) {
        ++updates;
        return {};
    }
};

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    Trainer trainer({.name = "Mine", .horizon = 8}, envs, actor, critic, Gae{}, [](Threads&) { return Counting{}; });
    image_of(trainer);
}
