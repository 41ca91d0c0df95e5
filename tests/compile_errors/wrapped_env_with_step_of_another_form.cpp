// expect first: gradiva: Env needs Outcome step(action, Rng&
// expect not: action_mask needs
// expect not: has an action_mask
#include <gradiva/gradiva.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    double step(int, gradiva::Rng&, std::span<float>) { return 0; }
};
int main() { gradiva::Vectorized envs(gradiva::TimeLimit(Broken{}, 10), {.count = 2}); }
