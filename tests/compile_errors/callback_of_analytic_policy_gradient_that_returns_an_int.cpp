// expect first: gradiva: a callback of train returns void, or bool: false stops the training
#include <gradiva/gradiva.hpp>

int main() {
    using namespace gradiva;
    Vectorized envs(Pendulum{});
    Actor actor(envs, Mlp{});
    AnalyticPolicyGradient trainer(envs, actor);
    trainer.train({.steps = 1}, [](const Progress&) { return 0; });
}
