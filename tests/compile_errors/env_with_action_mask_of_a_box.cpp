// expect: gradiva: Env has an action_mask, but no choices to mask: that goes with Discrete, MultiDiscrete and
// HybridSpace
#include <gradiva/env/env.hpp>

struct Continuous {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Box action_space() const { return {.size = 1}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(std::span<const float>, gradiva::Rng&, std::span<float>) { return {}; }
    void action_mask(std::span<std::uint8_t>) const {}
};
static_assert(gradiva::is_env<Continuous>);
