// expect: gradiva: an actor that is saved as a policy or exported has a network of the library, such as Mlp,
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

using namespace gradiva;

struct Mine : MlpNetwork<float> {
    using MlpNetwork<float>::MlpNetwork;
};

void wrong(const Actor<Mine, Categorical<float>>& actor) { save_policy("policy.safetensors", actor); }
