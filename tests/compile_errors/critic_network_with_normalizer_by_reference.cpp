// expect first: gradiva: a Module's normalizer is Normalizer<Scalar>* normalizer()
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::MlpNetwork<float> {
    using MlpNetwork::MlpNetwork;
    gradiva::Normalizer<float>& normalizer() { return *MlpNetwork::normalizer(); }
};

int main() {
    using namespace gradiva;
    Critic critic(Mine(4, 1, Mlp{}, Rng(1)));
}
