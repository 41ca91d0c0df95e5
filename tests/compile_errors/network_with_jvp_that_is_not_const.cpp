// expect first: gradiva: a Module's jvp is ConstMatrixMap<Scalar> jvp(Tape&, std::span<const Scalar> v) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::MlpNetwork<float> {
    using MlpNetwork::MlpNetwork;
    gradiva::ConstMatrixMap<float> jvp(Tape& tape, std::span<const float> v) { return MlpNetwork::jvp(tape, v); }
};

int main() {
    using namespace gradiva;
    Actor actor(Mine(4, 2, Mlp{}, Rng(1)), Categorical<float>(2));
}
