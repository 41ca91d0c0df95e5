// expect: gradiva: QLambda needs an actor over action values

#include <gradiva/gradiva.hpp>

int main() {
    gradiva::Vectorized envs(gradiva::TimeLimit(gradiva::CartPole{}, 9), {});
    gradiva::Actor actor(envs, gradiva::Mlp{});
    gradiva::QLambda trainer(envs, actor);
}
