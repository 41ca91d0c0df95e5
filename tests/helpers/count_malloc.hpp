// Counts the calls of malloc itself, since Eigen's large products allocate behind operator new's back. For one program
// only: it replaces malloc.
#pragma once

#include <dlfcn.h>

#include <atomic>
#include <cstdlib>
#include <gradiva/gradiva.hpp>
#include <string>

namespace count_malloc {

inline std::atomic<long> calls = 0;

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

}  // namespace count_malloc

extern "C" {

void* malloc(std::size_t size) {
    static auto* const real = count_malloc::next<void*(std::size_t)>("malloc");
    ++count_malloc::calls;
    return real(size);
}

void* realloc(void* old, std::size_t size) {
    static auto* const real = count_malloc::next<void*(void*, std::size_t)>("realloc");
    ++count_malloc::calls;
    return real(old, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    static auto* const real = count_malloc::next<void*(std::size_t, std::size_t)>("aligned_alloc");
    ++count_malloc::calls;
    return real(alignment, size);
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
    static auto* const real = count_malloc::next<int(void**, std::size_t, std::size_t)>("posix_memalign");
    ++count_malloc::calls;
    return real(out, alignment, size);
}
}

namespace count_malloc {

inline int failures = 0;

/// Counts the calls of every iteration after the first `warm_up`.
template <class Trainer>
void count(const std::string& name, Trainer& trainer, gradiva::Index steps, gradiva::Index warm_up) {
    long before = 0;
    long late = 0;
    trainer.train({.steps = steps}, [&](const gradiva::Progress& progress) {
        const long now = calls;
        if (progress.iteration > warm_up) late += now - before;
        before = now;
    });
    fmt::print("{}: {} allocations after iteration {}\n", name, late, warm_up);
    if (late != 0) ++failures;
}

/// What main returns after `run()`, which builds trainers and counts.
template <class Run>
int judge(const Run& run) {
    const long before = calls;
    run();
    const bool counting = calls > before;  // building a trainer allocates
    fmt::print("malloc is counted: {}\n", counting);
    return failures == 0 && counting ? 0 : 1;
}

}  // namespace count_malloc
