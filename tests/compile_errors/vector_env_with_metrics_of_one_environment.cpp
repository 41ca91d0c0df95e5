// expect: gradiva: VectorEnv has no member metrics: its step writes them to StepView::metrics
#include <gradiva/env/vector_env.hpp>

// Environments as one, brought by the user, whose metrics are those of one environment.
struct Remote {
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Range, gradiva::MatrixRef<float>) {}
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
    void metrics(std::span<double>) const {}
};
static_assert(gradiva::is_vector_env<Remote>);
