// expect: gradiva: an environment's metric_names needs the form static constexpr std::array<std::string_view, K>
#include <string>
#include <vector>

#include <gradiva/env/vector_env.hpp>

// Environments as one, brought by the user, whose metrics have names that no compiler knows.
struct Remote {
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Range, gradiva::MatrixRef<float>) {}
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
    std::vector<std::string> metric_names() const { return {"height"}; }
};
static_assert(gradiva::is_vector_env<Remote>);
