#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// Sizes of `Archery`.
struct ArcheryOptions {
    Index targets = 3;  ///< number of targets, at least 1
    Index arrows = 2;   ///< shot in an episode, one per step; from 1 to the number of targets

    void visit_state(State& state) {
        state("targets", targets);
        state("arrows", arrows);
    }
};

/// Shooting at targets, a test problem with a HybridSpace and masks. Each target has a place in [-1, 1] and a worth in
/// [0, 1], both drawn uniformly for each episode. An action chooses a target and an aim in [-1, 1]; the reward is
///   worth max(0, 1 - (aim - place)^2).
/// A target can be shot at only once: then its worth is 0, and `action_mask` forbids it. The episode terminates with
/// the last arrow. The observation is (place, worth) of each target.
///
/// The optimal policy aims at the place of the remaining target of the largest worth. The expectation of the j-th
/// largest of n uniform numbers is (n + 1 - j) / (n + 1), so that with n targets and m arrows its mean return is
///   sum over j = 1 ... m of (n + 1 - j) / (n + 1)  =  m - m (m + 1) / (2 (n + 1)).
/// Metrics tell choice from aim: `best_choice` is the share of an episode's arrows that were shot at the target of the
/// largest worth, `miss` their mean |aim - place|.
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

    /// The mean return of the optimal policy, undiscounted.
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
        shot_ = best_choices_ = 0;
        misses_ = 0;
        for (Target& target : targets_) {
            target = {.place = rng.uniform(-1, 1), .worth = rng.uniform(), .standing = true};
        }
        observe(observation);
    }

    /// Throws `Error` on a target that `action_mask` forbids.
    Outcome step(HybridAction action, Rng&, std::span<float> observation) {
        require(action.choice >= 0 && action.choice < o_.targets && chosen(action).standing,
                "Archery: target {} does not stand; choose one that action_mask leaves", action.choice);
        Target& target = chosen(action);
        const double miss = static_cast<double>(action.values[0]) - target.place;
        const double reward = miss * miss > 1 ? 0 : target.worth * (1 - miss * miss);  // NaN propagates
        const auto worth_less = [](const Target& a, const Target& b) { return a.worth < b.worth; };
        if (target.worth == std::max_element(targets_.begin(), targets_.end(), worth_less)->worth) ++best_choices_;
        misses_ += std::abs(miss);
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

    /// A row for each target, at its place, the larger the more it is worth; below, the arrows that are left.
    void render(Canvas& canvas) const {
        const auto n = static_cast<double>(o_.targets);
        const double row = 0.4;
        canvas.view({.left = -1.3, .bottom = -row, .right = 1.3, .top = row * n});
        for (std::size_t k = 0; k < targets_.size(); ++k) {
            const double y = row * (n - 0.5 - static_cast<double>(k));
            canvas.line({-1, y}, {1, y}, {.ink = Ink::faint, .width = 0.02});
            const Target& target = targets_[k];
            if (target.standing) {
                canvas.circle({target.place, y}, 0.06 + 0.1 * target.worth, {.fill = Ink::accent});
                canvas.circle({target.place, y}, 0.03, {.fill = Ink::background});
            } else {
                canvas.circle({target.place, y}, 0.06, {.fill = Ink::none, .stroke = Ink::muted, .width = 0.02});
            }
        }
        canvas.text({-1, -0.2}, "arrows", {.size = 0.16, .ink = Ink::muted, .align = Align::start});
        const double step = std::min(0.15, 1.3 / static_cast<double>(o_.arrows));
        for (Index k = 0; k < o_.arrows - shot_; ++k) {
            const double x = -0.3 + step * static_cast<double>(k);
            canvas.line({x, -0.3}, {x, -0.1}, {.ink = Ink::warm, .width = 0.3 * step});
        }
    }

    static constexpr std::array<std::string_view, 2> metric_names{"best_choice", "miss"};
    void metrics(std::span<double> out) const {
        out[0] = static_cast<double>(best_choices_) / static_cast<double>(shot_);
        out[1] = misses_ / static_cast<double>(shot_);
    }

    void visit_state(State& state) {
        state.fixed("options", o_);
        state.each("targets", o_.targets, [&](Index k) { targets_[static_cast<std::size_t>(k)].visit_state(state); });
        state("shot", shot_);
        state("best_choices", best_choices_);
        state("misses", misses_);
    }

private:
    struct Target {
        double place = 0;
        double worth = 0;
        bool standing = true;

        void visit_state(State& state) {
            state("place", place);
            state("worth", worth);
            state("standing", standing);
        }
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
    // Of the arrows shot in this episode.
    Index best_choices_ = 0;
    double misses_ = 0;  // sum of |aim - place|
};

}  // namespace GRADIVA_NAMESPACE
