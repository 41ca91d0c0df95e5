// expect first: gradiva: a Distribution's fisher is void fisher(
#include <gradiva/gradiva.hpp>

struct Mine : gradiva::Categorical<float> {
    using Categorical::Categorical;
    void fisher(const Tape&, gradiva::ConstMatrixRef<float>, std::span<const float>, gradiva::MatrixRef<float>,
                std::span<float>) {}
};

int main() {
    using namespace gradiva;
    Vectorized envs(CartPole{});
    Actor actor(envs, Mlp{}, Mine(2));
}
