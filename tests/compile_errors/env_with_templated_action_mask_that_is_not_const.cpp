// expect first: gradiva: Env's action_mask needs the form void action_mask(std::span<std::uint8_t> legal) const
#include <gradiva/env/env.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    void action_mask(auto legal) { legal[0] = 0; }
};
static_assert(gradiva::is_env<Broken>);
