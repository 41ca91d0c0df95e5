// expect first: gradiva: a Distribution's from_environment is void from_environment(ConstActionView sent, ActionView
// stored) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Categorical<float> {
    using Categorical::Categorical;
    void from_environment(gradiva::ConstActionView, gradiva::ActionView) {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{}, Mine(2));
}
