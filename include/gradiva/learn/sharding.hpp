#pragma once

#include <algorithm>

#include "gradiva/optim/clip_norm.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Columns of one pass through the networks: their activations stay in a core's cache.
inline constexpr Index pass_width = 128;

/// Into how many shards a batch is split. It depends on the number of samples only, and each shard has a gradient of
/// its own that is added to the others in order: threads change no bit.
inline Index shard_count(Index samples) { return std::clamp<Index>(pieces_of(samples, pass_width), 1, most_parts); }

/// Calls `body(range)` for each pass of a shard, in order.
template <class Body>
void for_each_pass(Index samples, Index shards, Index shard, const Body& body) {
    const Range mine = piece(samples, shards, shard);
    for (Index begin = mine.begin; begin < mine.end; begin += pass_width) {
        body(Range{begin, std::min(begin + pass_width, mine.end)});
    }
}

}  // namespace GRADIVA_NAMESPACE::detail
