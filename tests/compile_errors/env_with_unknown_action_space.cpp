// expect: gradiva: Env needs action_space() const that returns Discrete, Box,
#include <gradiva/env/env.hpp>

struct Odd {
    gradiva::Box observation_space() const { return {.size = 1}; }
    int action_space() const { return 2; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};
static_assert(gradiva::is_env<Odd>);
