// expect: gradiva: an actor that is saved as a policy or exported has a distribution of the library; one of your own is
// saved with the training, by Checkpoint
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>

using namespace gradiva;

struct Mine : Categorical<float> {
    using Categorical<float>::Categorical;
};

void wrong(const Actor<MlpNetwork<float>, Mine>& actor) { export_onnx("policy.onnx", actor); }
