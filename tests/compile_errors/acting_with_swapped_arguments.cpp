// expect: gradiva: Acting(actor, environment) needs a Policy such as Actor first, then whose spaces it serves
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{});
    Acting acting(envs, actor);
}
