// expect first: gradiva: load_torch_mlp fills an Actor or a Critic whose network is an Mlp, and which is not const
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

using namespace gradiva;

void wrong() {
    Vectorized envs(CartPole{}, {.count = 2});
    Actor actor(envs, SharedTrunk{});
    load_torch_mlp("model.safetensors", actor, {.prefix = "actor"});
}
