#pragma once

#include <optional>
#include <vector>

#include "gradiva/core/index.hpp"

namespace GRADIVA_NAMESPACE {

/// A network's description as it is when the network is built for environments whose observations have `shape`,
/// {height, width, channels}, or none where that is empty. A description that depends on it, such as `Convolution`, has
/// an overload of this function, `Description with_observation_shape(Description, const std::vector<Index>& shape)` in
/// its namespace; others are left as they are.
template <class Description>
const Description& with_observation_shape(const Description& description, const std::vector<Index>&) {
    return description;
}

/// Whether the rows that a description reads are all of an observation of this shape.
inline bool reads_all_of(const std::optional<Range>& inputs, const std::vector<Index>& shape) {
    if (!inputs || shape.size() != 3) return !inputs;
    return *inputs == Range{0, shape[0] * shape[1] * shape[2]};
}

}  // namespace GRADIVA_NAMESPACE
