// expect first: gradiva: AnalyticPolicyGradient needs an actor whose samples can be differentiated
// expect: over a network with backward(tape, dY, gradient, dX) const
#include <gradiva/gradiva.hpp>

struct Plain : gradiva::MlpNetwork<float> {
    using MlpNetwork::MlpNetwork;
    void backward(Tape&, gradiva::ConstMatrixRef<float>, std::span<float>) const {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(Pendulum{});
    Actor actor(Plain(3, 1, Mlp{}, Rng(1)), DiagonalGaussian<float>(1));
    AnalyticPolicyGradient trainer(envs, actor);
}
