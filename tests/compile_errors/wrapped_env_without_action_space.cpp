// expect first: gradiva: Env needs action_space() const
// expect not: action_mask needs
// expect not: has an action_mask
#include <gradiva/gradiva.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};
int main() { gradiva::Vectorized envs(gradiva::TimeLimit(Broken{}, 10), {.count = 2}); }
