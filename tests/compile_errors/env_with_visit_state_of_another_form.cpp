// expect: gradiva: an environment's visit_state needs the form void visit_state(State&)
#include <gradiva/env/env.hpp>

struct Counting {
    int steps = 0;
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    bool visit_state(gradiva::State& state) { return state("steps", steps), true; }
};
static_assert(gradiva::is_env<Counting>);
