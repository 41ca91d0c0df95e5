// The time of one action of a policy of 64-64 on one observation of CartPole, and the files by which others measure
// theirs: one_action FOLDER writes walker.h and walker.onnx there. benchmarks/one_action runs all in turns.

#include <algorithm>
#include <array>
#include <cstdio>
#include <gradiva/gradiva.hpp>
#include <gradiva/io.hpp>
#include <span>
#include <string>

#include "common/stopwatch.hpp"

namespace {

using namespace gradiva;

/// The least mean time of groups of actions, in ns.
template <class Act>
double nanoseconds(const Act& act) {
    constexpr int rounds = 400, actions = 512, observations = 64;
    std::array<std::array<float, 4>, observations> observation;
    for (int n = 0; n < observations; ++n) {
        for (int i = 0; i < 4; ++i) {
            observation[to_size(n)][to_size(i)] = static_cast<float>((37 * n + 11 * i) % 101) / 50 - 1;
        }
    }
    double best = 1e30;
    for (int round = 0; round < rounds; ++round) {
        gradiva_bench::Stopwatch watch;
        for (int n = 0; n < actions; ++n) act(observation[to_size(n % observations)]);
        best = std::min(best, watch.lap() * 1e9 / actions);
    }
    return best;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string folder = argc > 1 ? argv[1] : ".";
    const Vectorized envs(TimeLimit(CartPole{}, 500), {.count = 1, .seed = 1});
    const Actor actor(envs, Mlp{.hidden = {64, 64}});
    export_c(folder + "/walker.h", actor, {.name = "walker"});
    export_onnx(folder + "/walker.onnx", actor);
    save_policy(folder + "/walker.safetensors", actor);

    SavedPolicy policy(folder + "/walker.safetensors");
    Acting acting(actor, envs);
    int action = 0, sum = 0;
    const double saved = nanoseconds([&](std::span<const float> observation) {
        policy.act(observation, action);
        sum += action;
    });
    const double at_hand = nanoseconds([&](std::span<const float> observation) { sum += acting.act(observation); });
    std::printf("SavedPolicy %.0f\nActing %.0f\n", saved, at_hand);
    return sum < 0 ? 1 : 0;
}
