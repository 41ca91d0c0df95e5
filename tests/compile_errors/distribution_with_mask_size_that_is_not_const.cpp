// expect first: gradiva: a Distribution's mask_size is Index mask_size() const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Categorical<float> {
    using Categorical::Categorical;
    gradiva::Index mask_size() { return 2; }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{}, Mine(2));
}
