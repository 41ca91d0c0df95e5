// expect: gradiva: Actor knows no distribution for this action space; give one
#include <gradiva/gradiva.hpp>

struct Dial {
    gradiva::Index positions = 1;
};

template <>
struct gradiva::ActionOfSpace<Dial> {
    using Type = int;
};

// Environments as one, brought by the user: only their spaces are asked for here.
struct Dials {
    gradiva::Index size() const { return 1; }
    std::uint64_t seed() const { return 0; }
    gradiva::Index shards() const { return 1; }
    gradiva::Box observation_space() const { return {.size = 1}; }
    Dial action_space() const { return {}; }
    void reset(gradiva::Range, gradiva::MatrixRef<float>) {}
    void step(gradiva::Range, gradiva::ConstActionView, gradiva::StepView&) {}
};

int main() {
    Dials envs;
    gradiva::Actor actor(envs, gradiva::Mlp{});
}
