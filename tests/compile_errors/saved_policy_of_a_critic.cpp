// expect: gradiva: only an Actor can be saved as a policy or exported
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

void wrong(const gradiva::Critic<gradiva::MlpNetwork<double>>& critic) {
    gradiva::save_policy("policy.safetensors", critic);
}
