// The environment is accused, and not its wrapper too.
// expect first: gradiva: Env has an action_mask, but no choices to mask
// expect not: with E = gradiva::TimeLimit<Broken>
// expect not: explain_env<gradiva::TimeLimit<Broken>
#include <gradiva/gradiva.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Box action_space() const { return {.size = 1}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(std::span<const float>, gradiva::Rng&, std::span<float>) { return {}; }
    void action_mask(std::span<std::uint8_t>) const {}
};
int main() { gradiva::Vectorized envs(gradiva::TimeLimit(Broken{}, 10), {.count = 2}); }
