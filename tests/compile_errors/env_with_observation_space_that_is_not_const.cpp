// expect: gradiva: Env needs Box observation_space() const
#include <gradiva/env/vectorized.hpp>

struct Mutable {
    gradiva::Box observation_space() { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};

int main() { gradiva::Vectorized<Mutable> envs(Mutable{}); }
