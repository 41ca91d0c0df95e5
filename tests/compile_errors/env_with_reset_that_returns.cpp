// expect: gradiva: Env needs void reset(Rng&, std::span<float> observation)
#include <vector>

#include <gradiva/env/env.hpp>

struct Returning {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    std::vector<float> reset(gradiva::Rng&) { return {0}; }
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};
static_assert(gradiva::is_env<Returning>);
