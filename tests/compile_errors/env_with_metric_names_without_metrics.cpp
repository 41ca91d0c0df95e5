// expect: gradiva: Env has metric_names without numbers; give it void metrics(std::span<double> out) const
#include <array>
#include <string_view>

#include <gradiva/env/env.hpp>

struct Numberless {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    static constexpr std::array<std::string_view, 1> metric_names{"height"};
};
static_assert(gradiva::is_env<Numberless>);
