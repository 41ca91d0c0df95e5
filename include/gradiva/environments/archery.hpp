#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// How many targets `Archery` has, and how many shots.
struct ArcheryOptions {
    Index targets = 3;  ///< at least 1
    Index arrows = 2;   ///< shot in an episode, one per step; from 1 to the number of targets
};

/// A row of targets, each at a place in [-1, 1] and of a worth in [0, 1], both drawn uniformly for each episode. An
/// action chooses a target and an aim in [-1, 1]; it pays
///   worth max(0, 1 - (aim - place)^2).
/// A target takes one arrow: then it is worth 0, and `action_mask` leaves it out. The last arrow terminates the
/// episode. Observed are place and worth of one target after the other.
///
/// The best policy aims at the place of the target that is worth most among those left. The j-th largest of n uniform
/// numbers is (n + 1 - j) / (n + 1) in the mean, so with n targets and m arrows its mean return is
///   sum over j = 1 ... m of (n + 1 - j) / (n + 1)  =  m - m (m + 1) / (2 (n + 1)).
class Archery {
public:
    /// Throws `Error` on options out of range.
    explicit Archery(ArcheryOptions options = {}) : o_(options) {
        require(o_.targets >= 1, "Archery: targets is {}; give at least 1", o_.targets);
        require(o_.arrows >= 1 && o_.arrows <= o_.targets, "Archery: arrows is {}; give 1 to {}, one per target",
                o_.arrows, o_.targets);
        targets_.resize(static_cast<std::size_t>(o_.targets));
    }

    const ArcheryOptions& options() const { return o_; }

    /// The mean return of the best policy, undiscounted.
    double best_return() const {
        const auto n = static_cast<double>(o_.targets);
        const auto m = static_cast<double>(o_.arrows);
        return m - m * (m + 1) / (2 * (n + 1));
    }

    Box observation_space() const { return {.size = 2 * o_.targets, .low = {-1}, .high = {1}}; }
    HybridSpace action_space() const {
        return {.choice = {.n = o_.targets}, .box = {.size = 1, .low = {-1}, .high = {1}}};
    }

    void reset(Rng& rng, std::span<float> observation) {
        shot_ = 0;
        for (Target& target : targets_) {
            target = {.place = rng.uniform(-1, 1), .worth = rng.uniform(), .standing = true};
        }
        observe(observation);
    }

    /// Throws `Error` on a target that `action_mask` leaves out.
    Outcome step(HybridAction action, Rng&, std::span<float> observation) {
        require(action.choice >= 0 && action.choice < o_.targets && chosen(action).standing,
                "Archery: target {} does not stand; choose one that action_mask leaves", action.choice);
        Target& target = chosen(action);
        const double miss = static_cast<double>(action.values[0]) - target.place;
        const double reward = miss * miss > 1 ? 0 : target.worth * (1 - miss * miss);  // NaN passes
        target.worth = 0;
        target.standing = false;
        observe(observation);
        return {.reward = reward, .terminated = ++shot_ == o_.arrows};
    }

    void action_mask(std::span<std::uint8_t> legal) const {
        for (std::size_t k = 0; k < targets_.size(); ++k) {
            if (!targets_[k].standing) legal[k] = 0;
        }
    }

private:
    struct Target {
        double place = 0;
        double worth = 0;
        bool standing = true;
    };

    Target& chosen(const HybridAction& action) { return targets_[static_cast<std::size_t>(action.choice)]; }

    void observe(std::span<float> observation) const {
        for (std::size_t k = 0; k < targets_.size(); ++k) {
            observation[2 * k] = static_cast<float>(targets_[k].place);
            observation[2 * k + 1] = static_cast<float>(targets_[k].worth);
        }
    }

    ArcheryOptions o_;
    std::vector<Target> targets_;
    Index shot_ = 0;
};

}  // namespace GRADIVA_NAMESPACE
