// expect: gradiva: an environment has at most 64 metrics
#include <array>
#include <string_view>

#include <gradiva/env/env.hpp>

struct Many {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    static constexpr std::array<std::string_view, 65> metric_names{"height"};
    void metrics(std::span<double>) const {}
};
static_assert(gradiva::is_env<Many>);
