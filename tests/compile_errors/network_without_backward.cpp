// expect first: gradiva: Module needs void backward(Tape&, ConstMatrixRef<Scalar> dy, std::span<Scalar> gradient) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::MlpNetwork<float> {
    using MlpNetwork::MlpNetwork;
    void backward() const {}
};

int main() {
    using namespace gradiva;
    Actor actor(Mine(4, 2, Mlp{}, Rng(1)), Categorical<float>(2));
}
