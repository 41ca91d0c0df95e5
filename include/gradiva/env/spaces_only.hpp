#pragma once

#include <cstdint>
#include <utility>

#include "gradiva/env/vector_env.hpp"

namespace GRADIVA_NAMESPACE {

/// A `VectorEnv` that cannot be stepped: number of environments, spaces, seed, and whether there are masks. For
/// whatever is built from environments, such as an `Actor` or a `Rollout`, where there are none.
template <class Space, bool masked = false>
class SpacesOnly {
public:
    SpacesOnly(Index count, Box observation, Space action, std::uint64_t seed = 0)
        : count_(count), observation_(std::move(observation)), action_(std::move(action)), seed_(seed) {}

    Index size() const { return count_; }
    std::uint64_t seed() const { return seed_; }
    Index shards() const { return 1; }
    Box observation_space() const { return observation_; }
    Space action_space() const { return action_; }
    /// Nothing.
    void reset(Range, MatrixRef<float>) {}
    void step(Range, const ConstActionView&, StepView&) {}
    void action_mask(Range, MatrixMap<std::uint8_t>) const requires masked {}

private:
    Index count_;
    Box observation_;
    Space action_;
    std::uint64_t seed_;
};

}  // namespace GRADIVA_NAMESPACE
