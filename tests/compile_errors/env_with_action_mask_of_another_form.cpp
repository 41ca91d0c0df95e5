// expect: gradiva: Env's action_mask needs the form void action_mask(std::span<std::uint8_t> legal) const
#include <vector>

#include <gradiva/env/env.hpp>

struct Answering {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    std::vector<bool> action_mask() const { return {true, false}; }
};
static_assert(gradiva::is_env<Answering>);
