#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// A combination lock, a test problem with a MultiDiscrete action space and masks. Each dial has n_k positions in a
/// row. An action gives the next position of every dial, the same one or a neighbour; `action_mask` forbids the others.
/// The reward of a step is -0.1 for each dial that is wrong after it, or 1 when all are right, which terminates the
/// episode. The combination and the initial positions are drawn for each episode, uniformly among pairs that differ.
/// The observation is the positions, then the combination, one-hot for each dial. Random actions may take long:
/// `TimeLimit(DialLock{}, 30)` does not cut episodes of the optimal policy.
///
/// A dial that is d positions off is wrong after at least d - 1 steps, and dials move independently. max(d - 1, 0) has
/// the mean (n_k - 1)(n_k - 2) / (3 n_k) over all pairs of positions of dial k; a fraction 1 / prod n_k of all pairs
/// does not differ. The mean return of the optimal policy is therefore
///   1 - 0.1 (sum over k of (n_k - 1)(n_k - 2) / (3 n_k)) / (1 - 1 / prod n_k).
class DialLock {
public:
    static constexpr double cost = 0.1;  // of a wrong dial, per step

    /// `positions[k]` is n_k. Throws `Error` without dials, or on a dial with fewer than 2 positions.
    explicit DialLock(std::vector<Index> positions = {3, 2, 4})
        : sizes_(std::move(positions)), at_(sizes_.size()), combination_(sizes_.size()) {
        require(!sizes_.empty(), "DialLock: there are no dials; give the number of positions of one dial at least");
        for (std::size_t k = 0; k < sizes_.size(); ++k) {
            require(sizes_[k] >= 2, "DialLock: positions[{}] is {}; give at least 2 positions", k, sizes_[k]);
            observed_ += 2 * sizes_[k];
        }
    }

    /// The mean return of the optimal policy, undiscounted.
    double best_return() const {
        double wrong = 0;
        double same = 1;
        for (const Index size : sizes_) {
            const auto n = static_cast<double>(size);
            wrong += (n - 1) * (n - 2) / (3 * n);
            same /= n;
        }
        return 1 - cost * wrong / (1 - same);
    }

    Box observation_space() const { return {.size = observed_, .low = {0}, .high = {1}}; }
    MultiDiscrete action_space() const { return {sizes_}; }

    void reset(Rng& rng, std::span<float> observation) {
        draw(rng, combination_);
        do {
            draw(rng, at_);
        } while (at_ == combination_);
        observe(observation);
    }

    /// Throws `Error` on a position that `action_mask` forbids.
    Outcome step(std::span<const int> action, Rng&, std::span<float> observation) {
        int wrong = 0;
        for (std::size_t k = 0; k < at_.size(); ++k) {
            require(action[k] >= 0 && action[k] < sizes_[k] && within_reach(k, action[k]),
                    "DialLock: dial {} cannot turn from {} to {}; choose a position that action_mask leaves", k, at_[k],
                    action[k]);
        }
        for (std::size_t k = 0; k < at_.size(); ++k) {
            at_[k] = action[k];
            if (at_[k] != combination_[k]) ++wrong;
        }
        observe(observation);
        return {.reward = wrong == 0 ? 1 : -cost * wrong, .terminated = wrong == 0};
    }

    void action_mask(std::span<std::uint8_t> legal) const {
        std::size_t first = 0;
        for (std::size_t k = 0; k < at_.size(); ++k) {
            for (Index position = 0; position < sizes_[k]; ++position) {
                if (!within_reach(k, position)) legal[first + static_cast<std::size_t>(position)] = 0;
            }
            first += static_cast<std::size_t>(sizes_[k]);
        }
    }

    /// A column for each dial: its position is filled, that of the combination outlined.
    void render(Canvas& canvas) const {
        const Index most = *std::max_element(sizes_.begin(), sizes_.end());
        canvas.view({.left = -0.3,
                     .bottom = -0.3,
                     .right = static_cast<double>(sizes_.size()) + 0.3,
                     .top = static_cast<double>(most) + 0.3});
        for (std::size_t k = 0; k < sizes_.size(); ++k) {
            for (Index position = 0; position < sizes_[k]; ++position) {
                const double x = static_cast<double>(k), y = static_cast<double>(position);
                const bool chosen = position == at_[k], wanted = position == combination_[k];
                canvas.rectangle({x + 0.1, y + 0.1}, {x + 0.9, y + 0.9},
                                 {.fill = chosen ? wanted ? Ink::good : Ink::accent : Ink::none,
                                  .stroke = wanted ? Ink::good : Ink::faint,
                                  .width = wanted ? 0.08 : 0.03});
            }
        }
    }

    void visit_state(State& state) {
        state.fixed("positions", sizes_);
        state("at", std::span(at_));
        state("combination", std::span(combination_));
        if (!state.restores()) return;
        for (const auto* positions : {&at_, &combination_}) {
            for (std::size_t k = 0; k < sizes_.size(); ++k) {
                const Index position = (*positions)[k];
                require(position >= 0 && position < sizes_[k],
                        "DialLock: position {} of dial {} was saved, which has {}; this state was changed since",
                        position, k, sizes_[k]);
            }
        }
    }

private:
    bool within_reach(std::size_t dial, Index position) const {
        return position >= at_[dial] - 1 && position <= at_[dial] + 1;
    }

    void draw(Rng& rng, std::vector<Index>& positions) const {
        for (std::size_t k = 0; k < positions.size(); ++k) positions[k] = rng.below(sizes_[k]);
    }

    void observe(std::span<float> observation) const {
        std::fill(observation.begin(), observation.end(), 0.0F);
        std::size_t first = 0;
        for (const auto* positions : {&at_, &combination_}) {
            for (std::size_t k = 0; k < positions->size(); ++k) {
                observation[first + static_cast<std::size_t>((*positions)[k])] = 1;
                first += static_cast<std::size_t>(sizes_[k]);
            }
        }
    }

    std::vector<Index> sizes_;
    std::vector<Index> at_;
    std::vector<Index> combination_;
    Index observed_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
