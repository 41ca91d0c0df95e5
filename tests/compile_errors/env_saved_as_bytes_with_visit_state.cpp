// expect: gradiva: an environment has visit_state or saved_as_bytes, not both: say which is its whole state
#include <gradiva/env/env.hpp>

struct Counting {
    int steps = 0;
    static constexpr bool saved_as_bytes = true;
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    void visit_state(gradiva::State& state) { state("steps", steps); }
};
static_assert(gradiva::is_env<Counting>);
