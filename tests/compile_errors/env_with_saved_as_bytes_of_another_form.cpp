// expect: gradiva: an environment's saved_as_bytes needs the form static constexpr bool saved_as_bytes = true
#include <gradiva/env/env.hpp>

struct Counting {
    int steps = 0;
    bool saved_as_bytes = true;
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};
static_assert(gradiva::is_env<Counting>);
