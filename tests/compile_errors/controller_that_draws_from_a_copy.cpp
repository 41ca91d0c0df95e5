// expect first: gradiva: a Controller's function takes its Rng by reference
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Controller any(envs, [](std::span<const float>, Rng rng, ActionView action) {
        action.integers(0, 0) = static_cast<int>(rng.below(2));
        return -0.7;
    });
}
