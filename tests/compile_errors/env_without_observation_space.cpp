// expect: gradiva: Env needs Box observation_space() const
#include <gradiva/env/env.hpp>

struct Blind {
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};
static_assert(gradiva::is_env<Blind>);
