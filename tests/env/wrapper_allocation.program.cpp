// No step or reset of a wrapped environment may allocate. Here operator new is counted: nothing else allocates, since
// wrappers know nothing of Eigen.

#include <array>
#include <cstdlib>
#include <new>

#include <fmt/format.h>

#include "gradiva/env/clip_reward.hpp"
#include "gradiva/env/frame_stack.hpp"
#include "gradiva/env/rescale_action.hpp"
#include "gradiva/env/select.hpp"
#include "gradiva/env/time_limit.hpp"
#include "helpers/masked_mirror.hpp"

namespace {
long calls = 0;
}

// Not inlined: where GCC 12 sees only one of a pair, malloc with delete or new with free, it warns.
[[gnu::noinline]] void* operator new(std::size_t size) {
    ++calls;
    if (void* memory = std::malloc(size)) return memory;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

int main() {
    using namespace gradiva;
    TimeLimit env(FrameStack(Select(ClipReward(RescaleAction(gradiva_test::MaskedMirror{})), {0, 3}), 4), 10);
    Rng rng(1);
    std::array<float, 8> observation{};
    std::array<std::uint8_t, 3> legal{};
    const std::array values{0.5F, -0.5F};
    const long before = calls;
    for (int episode = 0; episode < 3; ++episode) {
        env.reset(rng, observation);
        for (int t = 0; t < 10; ++t) {
            env.action_mask(legal);
            env.step({.choice = (t + 1) % 3, .values = values}, rng, observation);
        }
    }
    fmt::print("{} allocations in 30 steps, {} before them\n", calls - before, before);
    return calls == before && before > 0 ? 0 : 1;
}
