// expect first: gradiva: Env's step takes its Rng by reference, as Rng&
#include <gradiva/gradiva.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng, std::span<float>) { return {}; }
};
int main() { gradiva::Vectorized envs(Broken{}); }
