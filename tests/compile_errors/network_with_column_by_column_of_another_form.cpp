// expect first: gradiva: a Module's column_by_column is static constexpr bool column_by_column = true
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::MlpNetwork<float> {
    using MlpNetwork::MlpNetwork;
    static bool column_by_column() { return true; }
};

int main() {
    using namespace gradiva;
    Actor actor(Mine(4, 2, Mlp{}, Rng(1)), Categorical<float>(2));
}
