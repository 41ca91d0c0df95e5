// A short training that tools/build_matrix.sh builds in many ways: discrete and continuous actions, two threads,
// files. Prints the sums of the trained weights, so that two builds of one compiler can be compared bit for bit.
#include <gradiva/callbacks/csv_log.hpp>
#include <gradiva/callbacks/progress_bar.hpp>
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>
#include <gradiva/rollout/recorded_rollout.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <span>
#include <string>

namespace {

using namespace gradiva;

double sum_of(std::span<const float> weights) {
    double sum = 0, factor = 1;
    for (const float w : weights) sum += (factor = -factor * 1.0009765625) * static_cast<double>(w);
    return sum;
}

template <class E, class... D>
bool train(const char* name, const E& env, Activation activation, const D&... distribution) {
    Vectorized envs(env, {.count = 8, .seed = 5});
    Actor actor(envs, Mlp{.hidden = {16, 16}, .activation = activation, .normalize_observations = true},
                distribution...);
    Critic critic(envs, Mlp{.hidden = {16, 16}, .activation = activation, .normalize_observations = true});
    PpoClip trainer(envs, actor, critic, Gae{},
                    {.horizon = 64, .minibatch = 128, .epochs = 2, .entropy = 1e-3, .threads = 2});
    const Progress progress = trainer.train({.steps = 2048});
    const double a = sum_of(actor.weights()), c = sum_of(critic.weights());
    std::printf("%s %a %a\n", name, a, c);
    return progress.finished() && std::isfinite(a) && std::isfinite(c);
}

bool writes_and_reads(const std::string& path) {
    const float numbers[] = {1, 2, 3};
    SafetensorsWriter writer;
    for (int i = 0; i < 2; ++i) {  // replaces the first
        writer.clear();
        writer.add("numbers", std::array<Index, 1>{3}, numbers);
        writer.write(path);
    }
    const SafetensorsFile file(path);
    return file.has_checksum() && file.find("numbers")->bytes.size() == sizeof numbers;
}

}  // namespace

/// Called by nobody: it makes compilers instantiate what io.hpp leaves to those who call it.
inline void other_files(const PolicyDescription& description) {
    export_onnx("policy.onnx", description);
    export_c("policy.h", description);
    SavedPolicy policy(description);
    float action = 0;
    policy.act(std::array<float, 1>{}, std::span(&action, 1));
    SavedPolicy("policy.safetensors").act(std::array<float, 1>{}, std::span(&action, 1));
}

int main(int, char** argv) {
    const bool right =
        train("cartpole", CartPole{}, Activation::tanh) && train("pendulum", Pendulum{}, Activation::relu) &&
        train("squashed", Pendulum{}, Activation::tanh, SquashedGaussian<float>(Pendulum{}.action_space())) &&
        writes_and_reads(argv[0] + std::string(".safetensors"));
    return right ? 0 : 1;
}
