// expect: gradiva: DifferentiableEnv needs Box action_space() const
// expect: gradiva: DifferentiableEnv needs Index state_size() const and void save(
// expect: gradiva: DifferentiableEnv needs double transition(
// expect: gradiva: DifferentiableEnv needs void transition_backward(
// expect: gradiva: DifferentiableEnv needs void observe(
// expect: gradiva: DifferentiableEnv needs void observe_backward(
#include <gradiva/env/differentiable_env.hpp>
#include <gradiva/environments/cart_pole.hpp>

static_assert(gradiva::is_differentiable_env<gradiva::CartPole>);
