// expect first: gradiva: Env's metrics needs the form
// expect not: without numbers
#include <array>
#include <string_view>

#include <gradiva/gradiva.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    static constexpr std::array<std::string_view, 1> metric_names{"height"};
    double metrics() const { return 1; }
};
int main() { gradiva::Vectorized envs(gradiva::TimeLimit(Broken{}, 10), {.count = 2}); }
