// expect: gradiva: AnalyticPolicyGradient needs a DifferentiableEnv: Box actions, and a step that can be differentiated
#include <gradiva/algorithms/analytic_policy_gradient.hpp>
#include <gradiva/gradiva.hpp>

int main() {
    gradiva::Vectorized envs(gradiva::CartPole{});
    gradiva::Actor actor(envs, gradiva::Mlp{});
    gradiva::AnalyticPolicyGradient trainer(envs, actor);
}
