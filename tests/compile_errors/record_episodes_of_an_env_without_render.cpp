// expect: gradiva: record_episodes needs an environment that draws itself, by void render(Canvas&) const
#include <gradiva/gradiva.hpp>
#include <gradiva/io/record_episodes.hpp>

struct Blind {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Rng&, std::span<float>) {}
    gradiva::Outcome step(int, gradiva::Rng&, std::span<float>) { return {}; }
};

int main() {
    gradiva::Vectorized envs(Blind{}, {.count = 1});
    gradiva::Actor actor(envs, gradiva::Mlp{.hidden = {8}});
    gradiva::record_episodes(actor, gradiva::TimeLimit(Blind{}, 5));
}
