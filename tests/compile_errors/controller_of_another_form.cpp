// expect first: gradiva: a Controller's function is const, and takes (std::span<const float> observation, Rng&,
// ActionView action)
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Controller left(envs, [](std::span<const float>) { return 0; });
}
