#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>

namespace GRADIVA_NAMESPACE {

/// Every count, size and position of the library: signed, as in Eigen.
using Index = std::ptrdiff_t;

/// The same as the standard library counts; `i` is at least 0.
constexpr std::size_t to_size(Index i) { return static_cast<std::size_t>(i); }

/// The half-open interval [begin, end) of environments, samples or columns.
struct Range {
    Index begin = 0;
    Index end = 0;
    constexpr Index size() const { return end - begin; }
};

/// The `part`-th of `parts` nearly equal, consecutive pieces of [0, total). It depends on its arguments only, so that
/// work is split in the same way for any number of threads.
constexpr Range piece(Index total, Index parts, Index part) {
    const Index base = total / parts;
    const Index larger = total % parts;
    const Index begin = part * base + (part < larger ? part : larger);
    return {begin, begin + base + (part < larger ? 1 : 0)};
}

/// The smallest number of pieces of at most `width` that cover `total`.
constexpr Index pieces_of(Index total, Index width) { return (total + width - 1) / width; }

}  // namespace GRADIVA_NAMESPACE
