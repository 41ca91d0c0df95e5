// expect: gradiva: Env has metrics without names; give it static constexpr std::array<std::string_view, K>
#include <gradiva/env/env.hpp>

struct Nameless {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    void metrics(std::span<double> out) const { out[0] = 1; }
};
static_assert(gradiva::is_env<Nameless>);
