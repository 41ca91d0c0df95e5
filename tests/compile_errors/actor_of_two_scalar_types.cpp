// expect: gradiva: Actor needs a network and a distribution of the same scalar type
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Actor actor(MlpNetwork<float>(1, 2, Mlp{}, Rng()), Categorical<double>(2));
}
