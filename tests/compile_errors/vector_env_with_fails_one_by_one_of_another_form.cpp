// expect: gradiva: VectorEnv's fails_one_by_one needs the form static constexpr bool fails_one_by_one = true
#include <gradiva/gradiva.hpp>

// Environments as one, brought by the user, that make their promise by a function.
struct Remote {
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    gradiva::Discrete action_space() const { return {.n = 2}; }
    void reset(gradiva::Range, gradiva::MatrixRef<float>) {}
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
    bool fails_one_by_one() const { return true; }
};

int main() {
    using namespace gradiva;
    Remote envs;
    Actor actor(envs, Mlp{});
    Critic critic(envs, Mlp{});
    PpoClip trainer(envs, actor, critic, Gae{});
}
