// expect: gradiva: Acting(actor, environment) needs an Env or a VectorEnv second, whose spaces it serves
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Acting acting(actor, envs.action_space());
}
