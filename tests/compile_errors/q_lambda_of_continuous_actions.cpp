// expect: gradiva: QLambda needs a Discrete action space

#include <gradiva/gradiva.hpp>

struct Push {
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Box action_space() const { return {.size = 1}; }
    void reset(gradiva::Rng&, std::span<float> observation) { observation[0] = 0; }
    gradiva::Outcome step(std::span<const float>, gradiva::Rng&, std::span<float> observation) {
        observation[0] = 0;
        return {.terminated = true};
    }
};

int main() {
    gradiva::Vectorized envs(Push{}, {});
    gradiva::Actor actor(envs, gradiva::Mlp{}, gradiva::EpsilonGreedy<float>(2));
    gradiva::QLambda trainer(envs, actor);
}
