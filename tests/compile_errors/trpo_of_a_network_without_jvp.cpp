// expect first: gradiva: Trpo needs a network with ConstMatrixMap<Scalar> jvp(Tape&, std::span<const Scalar> v) const
#include <gradiva/gradiva.hpp>

class Mine : gradiva::MlpNetwork<float> {
public:
    using MlpNetwork::append_parameters, MlpNetwork::backward, MlpNetwork::forward, MlpNetwork::inputs,
        MlpNetwork::outputs, MlpNetwork::parameters;
    using MlpNetwork::MlpNetwork;
    using MlpNetwork::Scalar, MlpNetwork::Tape;
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(Mine(4, 2, Mlp{}, Rng(1)), Categorical<float>(2));
    Critic critic(envs, Mlp{});
    Trpo trainer(envs, actor, critic, Gae{});
}
