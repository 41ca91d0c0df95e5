// expect: gradiva: Env's metrics needs the form void metrics(std::span<double> out) const
#include <array>
#include <string_view>

#include <gradiva/env/env.hpp>

struct Changing {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    static constexpr std::array<std::string_view, 1> metric_names{"height"};
    void metrics(std::span<double> out) { out[0] = 1; }
};
static_assert(gradiva::is_env<Changing>);
