// expect first: gradiva: a Distribution's project_gradient is bool project_gradient(
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Categorical<float> {
    using Categorical::Categorical;
    bool project_gradient(std::span<const float>, std::span<float>) { return false; }
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{}, Mine(2));
}
