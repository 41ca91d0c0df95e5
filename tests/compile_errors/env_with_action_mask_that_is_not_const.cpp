// expect: gradiva: Env's action_mask needs the form void action_mask(std::span<std::uint8_t> legal) const
#include <gradiva/env/time_limit.hpp>

struct Mutable {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    void action_mask(std::span<std::uint8_t>) {}
};

int main() { gradiva::TimeLimit env(Mutable{}, 10); }
