// expect: gradiva: an environment that is saved_as_bytes must be trivially copyable
#include <vector>

#include <gradiva/env/env.hpp>

struct Recording {
    std::vector<float> seen;
    static constexpr bool saved_as_bytes = true;
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};
static_assert(gradiva::is_env<Recording>);
