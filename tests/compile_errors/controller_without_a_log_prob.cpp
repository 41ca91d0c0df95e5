// expect first: gradiva: a Controller's function returns the log-probability of its choice
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Controller left(envs, [](std::span<const float>, Rng&, ActionView action) { action.integers(0, 0) = 0; });
}
