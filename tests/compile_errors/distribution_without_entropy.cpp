// expect first: gradiva: Distribution needs void entropy(const Tape&, VectorRef<Scalar> out) const and void kl(
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Categorical<float> {
    using Categorical::Categorical;
    void entropy() const {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{}, Mine(2));
}
