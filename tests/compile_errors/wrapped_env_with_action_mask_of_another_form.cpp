// expect first: gradiva: Env's action_mask needs the form
// expect not: has an action_mask
#include <gradiva/gradiva.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    void action_mask(std::span<std::uint8_t>) {}
};
int main() { gradiva::Vectorized envs(gradiva::TimeLimit(Broken{}, 10), {.count = 2}); }
