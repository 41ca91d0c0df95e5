// expect: gradiva: Env's render needs the form void render(Canvas& canvas) const
#include <gradiva/env/time_limit.hpp>

struct Mutable {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    void render(gradiva::Canvas&) {}
};

int main() { gradiva::TimeLimit env(Mutable{}, 10); }
