// expect: gradiva: only an Actor can be saved as a policy or exported
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

void wrong(const gradiva::Critic<gradiva::MlpNetwork<float>>& critic) { gradiva::export_c("policy.h", critic); }
