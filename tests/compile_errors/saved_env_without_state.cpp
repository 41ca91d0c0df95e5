// expect: gradiva: a training that is saved needs the state of its environments; give this one void
// visit_state(State&), or static constexpr bool saved_as_bytes = true where its bytes are its whole state; or save with
// restart_episodes
#include <gradiva/gradiva.hpp>

struct Counting {
    int steps = 0;
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};

using Envs = gradiva::Vectorized<gradiva::TimeLimit<gradiva::FrameStack<Counting>>>;
static_assert(gradiva::explain_saved_vector_env<Envs>());
