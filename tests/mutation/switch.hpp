// Put into the copy of include/ that the mutants are in: which of them is switched on, and which were reached.
#pragma once

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <type_traits>

namespace gradiva_mutation {

inline constexpr int most = 4096;

inline std::atomic<int> active = [] {
    const char* number = std::getenv("GRADIVA_MUTANT");
    return number == nullptr ? 0 : std::atoi(number);
}();
inline std::atomic<unsigned char> reached[most];  // by number, 1 once its code ran

/// True where mutant `number` is switched on. False in constant evaluation: what the compiler computes is not mutated.
constexpr bool on(int number) {
    if (std::is_constant_evaluated()) return false;
    reached[number].store(1, std::memory_order_relaxed);
    return active.load(std::memory_order_relaxed) == number;
}

/// In place of a field's initializer that a mutant drops.
template <class T>
constexpr T empty(const T&) {
    return T{};
}

/// Appends a line to the file that the environment variable GRADIVA_REACHED names: `file`, seconds, the numbers of the
/// mutants reached with commas, `name`, with tabs between them.
inline void write_reached(const char* file, double seconds, const char* name) {
    const char* path = std::getenv("GRADIVA_REACHED");
    if (path == nullptr) return;
    std::FILE* log = std::fopen(path, "a");
    std::fprintf(log, "%s\t%.4f\t", file, seconds);
    for (int i = 0; i < most; ++i)
        if (reached[i] != 0) std::fprintf(log, "%d,", i);
    std::fprintf(log, "\t%s\n", name);
    std::fclose(log);
}

}  // namespace gradiva_mutation
