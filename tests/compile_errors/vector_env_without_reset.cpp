// expect first: gradiva: VectorEnv needs void reset(Range, MatrixRef<float> observation)
#include <gradiva/gradiva.hpp>

struct Remote {
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
};

int main() {
    Remote envs;
    gradiva::Actor actor(envs, gradiva::Mlp{});
}
