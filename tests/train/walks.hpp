// Environments that show their state.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/env/action_mask.hpp"
#include "gradiva/env/vector_env.hpp"

namespace gradiva_test {

using gradiva::Index;
using gradiva::Range;

/// Random walks on a line, pushed by the sum of all numbers of an action. An episode terminates beyond 2, and is
/// truncated after 9 steps, or 7 in environments of odd number. At odd steps the first choice is illegal where
/// `masked`.
template <class Space, bool masked>
class Walks {
public:
    Walks(Space space, Index count, std::uint64_t seed = 3) : space_(std::move(space)), seed_(seed) {
        for (Index i = 0; i < count; ++i) {
            walks_.push_back({.rng = gradiva::Rng(seed, gradiva::Purpose::environment, static_cast<std::uint64_t>(i))});
        }
    }

    Index size() const { return static_cast<Index>(walks_.size()); }
    std::uint64_t seed() const { return seed_; }
    Index shards() const { return size(); }
    gradiva::Box observation_space() const { return {.size = 2}; }
    Space action_space() const { return space_; }
    static constexpr bool fails_one_by_one = true;

    void reset(Range range, gradiva::MatrixRef<float> observation) {
        for (Index j = 0; j < range.size(); ++j) {
            Walk& walk = at(range.begin + j);
            walk.position = walk.rng.normal() / 2;
            walk.steps = 0;
            observe(walk, observation, j);
        }
    }

    void step(Range range, const gradiva::ConstActionView& actions, gradiva::StepView& out) {
        for (Index j = 0; j < range.size(); ++j) {
            const Index n = range.begin + j;
            Walk& walk = at(n);
            const double push = actions.integers.col(j).sum() + static_cast<double>(actions.reals.col(j).sum());
            walk.position += std::clamp(push - 1, -2.0, 2.0) / 5 + walk.rng.normal() / 5;
            ++walk.steps;
            const auto k = static_cast<std::size_t>(j);
            const bool terminated = std::abs(walk.position) > 2, truncated = walk.steps >= (n % 2 == 0 ? 9 : 7);
            out.reward[k] = 1 - walk.position * walk.position;
            out.terminated[k] = terminated ? 1 : 0;
            out.truncated[k] = truncated && !terminated ? 1 : 0;
            if (terminated || truncated) {
                observe(walk, out.final_observation, j);
                if constexpr (masked) mask_one(walk, out.final_mask, j);
                reset({n, n + 1}, out.observation.col(j));
            } else {
                observe(walk, out.observation, j);
            }
        }
    }

    void action_mask(Range range, gradiva::MatrixMap<std::uint8_t> legal) const requires masked {
        for (Index j = 0; j < range.size(); ++j) mask_one(walks_[static_cast<std::size_t>(range.begin + j)], legal, j);
    }

    void visit_state(gradiva::State& state) {
        state.each("walks", size(), [&](Index i) {
            state("position", at(i).position);
            state("steps", at(i).steps);
            state("rng", at(i).rng);
        });
    }

private:
    struct Walk {
        gradiva::Rng rng;
        double position = 0;
        Index steps = 0;
    };

    Walk& at(Index i) { return walks_[static_cast<std::size_t>(i)]; }

    template <class Matrix>
    static void observe(const Walk& walk, Matrix&& observation, Index j) {
        observation(0, j) = static_cast<float>(walk.position);
        observation(1, j) = static_cast<float>(walk.steps);
    }

    static void mask_one(const Walk& walk, gradiva::MatrixMap<std::uint8_t>& legal, Index j) {
        legal.col(j).setOnes();
        if (walk.steps % 2 == 1) legal(0, j) = 0;
    }

    Space space_;
    std::uint64_t seed_;
    std::vector<Walk> walks_;
};

template <bool masked = false, class Space>
Walks<Space, masked> walks_of(Space space, Index count = 5) {
    return {std::move(space), count};
}

}  // namespace gradiva_test
