// expect: gradiva: VectorEnv's action_mask needs the form void action_mask(Range, MatrixMap<std::uint8_t> legal) const
#include <gradiva/gradiva.hpp>

// Environments as one, brought by the user, whose mask is that of one environment.
struct Remote {
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Range, gradiva::MatrixRef<float>) {}
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
    void action_mask(std::span<std::uint8_t>) const {}
};

int main() {
    using namespace gradiva;
    Remote envs;
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
}
