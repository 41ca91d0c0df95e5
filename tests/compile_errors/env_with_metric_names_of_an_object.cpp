// expect: gradiva: an environment's metric_names needs the form static constexpr std::array<std::string_view, K>
#include <array>
#include <string_view>

#include <gradiva/env/env.hpp>

struct Own {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    std::array<std::string_view, 1> metric_names{"height"};
    void metrics(std::span<double> out) const { out[0] = 1; }
};
static_assert(gradiva::is_env<Own>);
