// expect: gradiva: Env needs Outcome step(action, Rng&, std::span<float> observation), where action is int
#include <gradiva/env/env.hpp>

struct Rewarding {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    double step(int, gradiva::Rng&, std::span<float>) { return 1; }
};
static_assert(gradiva::is_env<Rewarding>);
