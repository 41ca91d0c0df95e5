// expect: gradiva: AnalyticPolicyGradient needs a DifferentiableEnv: Box actions, and a step that can be differentiated
#include <gradiva/gradiva.hpp>
#include <gradiva/train/analytic_policy_gradient.hpp>

int main() {
    gradiva::Vectorized envs(gradiva::CartPole{});
    gradiva::Actor actor(envs, gradiva::Mlp{});
    gradiva::AnalyticPolicyGradient trainer(envs, actor);
}
