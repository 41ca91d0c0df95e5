// expect first: gradiva: a Distribution's to_environment is void to_environment(ConstActionView stored, ActionView
// sent) const
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Categorical<float> {
    using Categorical::Categorical;
    void to_environment(const auto&, auto) {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{}, Mine(2));
}
