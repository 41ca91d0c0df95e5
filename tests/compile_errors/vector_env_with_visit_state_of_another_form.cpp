// expect: gradiva: an environment's visit_state needs the form void visit_state(State&)
#include <gradiva/env/vector_env.hpp>

struct Remote {
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Range, gradiva::MatrixRef<float>) {}
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
    void visit_state(gradiva::State*) {}
};
static_assert(gradiva::is_vector_env<Remote>);
