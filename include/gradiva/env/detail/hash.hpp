#pragma once

#include <cstdint>
#include <cstring>

#include "gradiva/core/namespace.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A hash of 64 bits of the bytes of numbers, one after the other. Source: Fowler, Noll and Vo, FNV-1a, over words in
/// place of bytes, with the words mixed by the finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
class Hash {
public:
    template <class T>
    void add(T number) {
        static_assert(sizeof(T) <= sizeof(std::uint64_t));
        std::uint64_t bits = 0;
        std::memcpy(&bits, &number, sizeof(T));
        value_ = mix(value_ ^ bits) * 0x100000001b3U;
    }

    std::uint64_t value() const { return value_; }

private:
    static std::uint64_t mix(std::uint64_t x) {
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
        return x ^ (x >> 31);
    }

    std::uint64_t value_ = 0xcbf29ce484222325U;
};

}  // namespace GRADIVA_NAMESPACE::detail
