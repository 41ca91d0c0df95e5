// expect first: gradiva: Env's render needs the form void render(Canvas& canvas) const
#include <gradiva/env/env.hpp>

struct Broken {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
    gradiva::Canvas render() const { return {}; }
};
static_assert(gradiva::is_env<Broken>);
