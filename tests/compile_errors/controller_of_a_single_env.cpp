// expect first: gradiva: this is a single environment where environments as one are needed: write Vectorized envs(env,
// {.count = 8})
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    CartPole env;
    Controller left(env, [](std::span<const float>, Rng&, ActionView action) {
        action.integers(0, 0) = 0;
        return 0.0;
    });
}
