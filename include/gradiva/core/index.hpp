#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>

namespace GRADIVA_NAMESPACE {

/// The type of every count, size and position in the library: signed, as in Eigen.
using Index = std::ptrdiff_t;

/// `i`, at least 0, as the standard library's unsigned type.
constexpr std::size_t to_size(Index i) { return static_cast<std::size_t>(i); }

/// The half-open interval [begin, end) of environments, samples or columns.
struct Range {
    Index begin = 0;
    Index end = 0;
    constexpr Index size() const { return end - begin; }
    constexpr bool operator==(const Range&) const = default;
};

/// The `part`-th of `parts` consecutive pieces of [0, total), whose sizes differ by at most 1, larger ones first.
/// `parts` is at least 1, `part` in [0, parts). Used to split work independently of the number of threads.
constexpr Range piece(Index total, Index parts, Index part) {
    const Index base = total / parts;
    const Index larger = total % parts;
    const Index begin = part * base + (part < larger ? part : larger);
    return {begin, begin + base + (part < larger ? 1 : 0)};
}

/// The smallest number of pieces of at most `width` elements that cover `total`: ceil(total / width).
constexpr Index pieces_of(Index total, Index width) { return (total + width - 1) / width; }

/// Calls `body(run)` for each run of consecutive elements of `range` of which `holds(n)` is true, in ascending order.
template <class Holds, class Body>
constexpr void for_each_run(Range range, const Holds& holds, const Body& body) {
    for (Index n = range.begin; n < range.end; ++n) {
        const Index begin = n;
        while (n < range.end && holds(n)) ++n;
        if (n > begin) body(Range{begin, n});
    }
}

}  // namespace GRADIVA_NAMESPACE
