// expect first: gradiva: a Module's normalizer is Normalizer<Scalar>* normalizer()
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::MlpNetwork<float> {
    using MlpNetwork::MlpNetwork;
    gradiva::Normalizer<float>& normalizer() { return *MlpNetwork::normalizer(); }
};

int main() {
    using namespace gradiva;
    Actor actor(Mine(4, 2, Mlp{}, Rng(1)), Categorical<float>(2));
}
