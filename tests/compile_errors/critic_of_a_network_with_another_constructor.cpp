// expect first: gradiva: a network is built from its description as Type(Index inputs, Index outputs, const
// Description&, Rng, double output_gain)
#include <gradiva/gradiva.hpp>

struct MyNetwork {
    int width = 8;
};

struct Built : gradiva::MlpNetwork<float> {
    Built(gradiva::Index inputs, gradiva::Index outputs) : MlpNetwork(inputs, outputs, {}, gradiva::Rng(1)) {}
};

template <>
struct gradiva::NetworkFor<MyNetwork, float> {
    using Type = Built;
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Critic part(envs, MyNetwork{});
}
