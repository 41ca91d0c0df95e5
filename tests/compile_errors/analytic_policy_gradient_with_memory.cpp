// expect first: gradiva: AnalyticPolicyGradient carries no memory
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(TimeLimit(Pendulum{}, 200));
    Actor actor(envs, Gru{.units = 8});
    AnalyticPolicyGradient trainer(envs, actor);
}
