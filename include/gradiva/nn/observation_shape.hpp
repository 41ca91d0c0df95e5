#pragma once

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

}  // namespace GRADIVA_NAMESPACE
