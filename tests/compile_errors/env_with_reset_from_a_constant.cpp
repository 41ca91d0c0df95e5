// expect first: gradiva: Env's reset takes its Rng by reference, as Rng&
#include <gradiva/env/env.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(const gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};
static_assert(gradiva::is_env<Broken>);
