// expect: gradiva: RescaleAction needs an Env whose action space is Box or HybridSpace
#include <gradiva/env/rescale_action.hpp>
#include <gradiva/environments/cart_pole.hpp>

int main() { gradiva::RescaleAction env(gradiva::CartPole{}); }
