// expect first: gradiva: check_module takes its options by name: check_module(module, {.columns = 8})
#include <gradiva/gradiva.hpp>

void wrong() { gradiva::check_module(gradiva::MlpNetwork<float>(3, 2, {}, gradiva::Rng(1)), 8); }
