// expect first: gradiva: a Module's parameter_name is std::string parameter_name(Index) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::MlpNetwork<float> {
    using MlpNetwork::MlpNetwork;
    std::string parameter_name(gradiva::Index) { return "mine"; }
};

int main() {
    using namespace gradiva;
    Actor actor(Mine(4, 2, Mlp{}, Rng(1)), Categorical<float>(2));
}
