// expect: gradiva: VectorEnv's holders needs the form Index& holders()
#include <gradiva/gradiva.hpp>

// Environments as one, brought by the user, whose count cannot be changed.
struct Remote {
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Range, gradiva::MatrixRef<float>) {}
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
    gradiva::Index holders() const { return 0; }
};

int main() {
    using namespace gradiva;
    Remote envs;
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
}
