// Nothing that agents or a learner do may call malloc once rollouts of their size were learned from; only join may.
#include "helpers/count_malloc.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace gradiva;

/// Agents that act, end episodes and leave, by turns; some join anew in places of others.
template <class L>
void run(const std::string& name, L& learner, bool masked) {
    using Npc = decltype(learner.join());
    std::vector<Npc> agents;
    for (int n = 0; n < 3; ++n) agents.push_back(learner.join());
    const std::vector<Npc*> others{&agents[1], &agents[2]};
    MatrixBuffer<float> observations(2, 2);
    ActionBatch actions;
    const std::array<std::uint8_t, 3> legal{1, 0, 1};
    std::array<float, 2> seen{};
    Rng rng(3);
    long calls = 0;
    for (int i = 0; learner.progress().iteration < 6; ++i) {
        for (float& x : seen) x = static_cast<float>(rng.normal());
        std::copy_n(seen.data(), 2, observations.column(i % 2).data());
        const bool settled = learner.progress().iteration >= 2;
        const long before = count_malloc::calls;
        for (Npc& npc : agents) {
            npc.observe(seen);
            if (masked) npc.mask(legal);
        }
        if (i % 2 == 0) {
            learner.learn();
        } else {
            learner.learn(std::chrono::nanoseconds(0));
        }
        agents[0].act();
        learner.act(others, std::as_const(observations).matrix(), actions);
        for (Npc& npc : agents) npc.reward(1);
        if (i % 5 == 0) agents[1].terminated();
        if (i % 4 == 0) agents[2].truncated(seen);
        if (settled) calls += count_malloc::calls - before;
        if (i % 7 != 0) continue;
        agents[0].leave();
        agents[0] = learner.join();
    }
    fmt::print("{}: {} allocations after iteration 2\n", name, calls);
    if (calls != 0) ++count_malloc::failures;
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        const Mlp mlp{.hidden = {16}, .normalize_observations = true};
        Learner clip(Box{.size = 2}, Discrete{.n = 3}, mlp,
                     PpoClipOptions{.horizon = 64, .minibatch = 40, .epochs = 2, .normalize_rewards = true},
                     {.streams = 4, .masked = true});
        run("PpoClip", clip, true);
        Learner gru(Box{.size = 2}, Box{.size = 2, .low = {-1}, .high = {1}},
                    Gru{.before = {}, .units = 8, .after = {}}, A2cOptions{.horizon = 16}, {.streams = 3});
        run("A2c with memory", gru, false);
    });
}
