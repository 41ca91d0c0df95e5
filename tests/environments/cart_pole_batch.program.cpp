// CartPoleBatch must not call malloc once it is built: here malloc itself is counted.

#include <dlfcn.h>
#include <fmt/format.h>

#include <atomic>
#include <cstdlib>

#include "gradiva/environments/cart_pole_batch.hpp"

namespace {

std::atomic<long> calls = 0;

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
    static auto* const real = next<void*(std::size_t)>("malloc");
    ++calls;
    return real(size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    static auto* const real = next<void*(std::size_t, std::size_t)>("aligned_alloc");
    ++calls;
    return real(alignment, size);
}
}

int main() {
    using namespace gradiva;
    constexpr Index count = 100;
    CartPoleBatch envs({.count = count, .seed = 1, .limit = 20});
    ActionBatch actions({.integers = 1, .reals = 0}, count);
    MatrixBuffer<float> observation(4, count), final_observation(4, count);
    Buffer<double> reward(count);
    Buffer<std::uint8_t> terminated(count), truncated(count);
    StepView out{observation.matrix(), final_observation.matrix(), reward.span(), terminated.span(), truncated.span()};

    const long before = calls;
    envs.reset({0, count}, observation.matrix());
    for (int t = 0; t < 1000; ++t) envs.step({0, count}, std::as_const(actions).all(), out);
    const long during = calls - before;
    fmt::print("CartPoleBatch: {} allocations before the first step, {} during 1000\n", before, during);
    return before > 0 && during == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
