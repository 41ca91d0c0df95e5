// expect first: gradiva: this is a single environment where environments as one are needed: write Vectorized envs(env,
// {.count = 8})
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    CartPole env;
    Actor actor(env, Mlp{.hidden = {8}}, Categorical<float>(2));
}
