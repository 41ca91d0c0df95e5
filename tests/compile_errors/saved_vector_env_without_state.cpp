// expect: gradiva: a training that is saved needs the state of its environments; give this one void
// visit_state(State&), or static constexpr bool saved_as_bytes = true where its bytes are its whole state; or save with
// restart_episodes
#include <gradiva/gradiva.hpp>

struct Remote {
    gradiva::Index steps = 0;
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Range, gradiva::MatrixRef<float>) {}
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
};
static_assert(gradiva::explain_saved_vector_env<Remote>());
