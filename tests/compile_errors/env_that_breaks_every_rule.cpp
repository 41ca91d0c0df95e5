// expect: gradiva: Env needs Box observation_space() const
// expect: gradiva: Env needs action_space() const that returns Discrete, Box,
// expect: gradiva: Env needs void reset(Rng&, std::span<float> observation)
#include <gradiva/env/check_env.hpp>

struct Nothing {};

int main() { gradiva::check_env(Nothing{}); }
