// expect: gradiva: Env needs Outcome step(action, Rng&, std::span<float> observation), where action is int
#include <gradiva/env/time_limit.hpp>

struct Mixed {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Box action_space() const { return {.size = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};

int main() { gradiva::TimeLimit env(Mixed{}, 10); }
