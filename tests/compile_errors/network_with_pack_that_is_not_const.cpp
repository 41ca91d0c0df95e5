// expect first: gradiva: a Module that packs its weights needs a type PackedWeights, void pack(PackedWeights&) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::MlpNetwork<float> {
    using MlpNetwork::MlpNetwork;
    void pack(PackedWeights&) {}
};

int main() {
    using namespace gradiva;
    Actor actor(Mine(4, 2, Mlp{}, Rng(1)), Categorical<float>(2));
}
