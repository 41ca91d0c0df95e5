#pragma once

#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/env/env.hpp"

namespace GRADIVA_NAMESPACE {

/// Size of `TMaze`.
struct TMazeOptions {
    Index length = 20;  ///< steps from the start to the junction, at least 1

    void visit_state(State& state) { state("length", length); }
};

/// A corridor that ends in a junction, a test problem for memory with a Discrete action space. The cells 0 to n are a
/// row, the junction is cell n = `length`, and episodes start in cell 0 with a cue that says which arm of the junction
/// is right, up or down, equally likely. Actions: 0 goes forward, 1 up, 2 down. In the corridor 1 and 2 stay, at the
/// junction 0 does. Going up or down at the junction terminates the episode, with reward 1 if the arm is right; all
/// other rewards are 0.
///
/// The observation has 3 numbers: the cue, 1 for up and -1 for down, in an episode's first observation and 0 after it;
/// 1 at the junction, else 0; and 1 always. It tells no position, time or last action. The optimal policy has return 1,
/// and a policy without memory at most 1 / 2 on average, as no observation at the junction depends on the cue. The
/// fastest episodes have n + 1 steps; `TimeLimit(TMaze{}, 3 * (20 + 1))` leaves time to one that acts at random.
class TMaze {
public:
    static constexpr double best_return = 1;                   ///< of the optimal policy
    static constexpr double best_return_without_memory = 0.5;  ///< the mean

    /// Throws `Error` on a length below 1.
    explicit TMaze(TMazeOptions options = {}) : o_(options) {
        require(o_.length >= 1, "TMaze: length is {}; give at least 1", o_.length);
    }

    const TMazeOptions& options() const { return o_; }

    Box observation_space() const { return {.size = 3, .low = {-1, 0, 0}, .high = {1, 1, 1}}; }
    Discrete action_space() const { return {.n = 3}; }

    void reset(Rng& rng, std::span<float> observation) {
        cell_ = 0;
        arm_ = 0;
        cue_ = rng.below(2) == 0 ? 1 : -1;
        observe(observation, static_cast<float>(cue_));
    }

    /// Throws `Error` on an action that is not 0, 1 or 2.
    Outcome step(int action, Rng&, std::span<float> observation) {
        require(action >= 0 && action <= 2, "TMaze: action is {}; give 0, 1 or 2", action);
        const bool chooses = cell_ == o_.length && action != 0;
        if (chooses) arm_ = action == 1 ? 1 : -1;
        if (cell_ < o_.length && action == 0) ++cell_;
        observe(observation, 0);
        return {.reward = chooses && arm_ == cue_ ? 1.0 : 0.0, .terminated = chooses};
    }

    /// The corridor from left to right, the right arm filled.
    void render(Canvas& canvas) const {
        const auto n = static_cast<double>(o_.length);
        canvas.view({.left = -0.7, .bottom = -1.7, .right = n + 0.7, .top = 1.7});
        const auto cell = [&](double left, double right, double y, Ink fill) {
            canvas.rectangle({left - 0.5, y - 0.5}, {right + 0.5, y + 0.5},
                             {.fill = fill, .stroke = Ink::muted, .width = 0.05});
        };
        cell(0, n, 0, Ink::none);
        for (const int arm : {1, -1}) cell(n, n, arm, arm == cue_ ? Ink::good : Ink::none);
        canvas.circle({static_cast<double>(cell_), static_cast<double>(arm_)}, 0.3, {.fill = Ink::accent});
    }

    void visit_state(State& state) {
        state.fixed("options", o_);
        state("cell", cell_);
        state("cue", cue_);
        state("arm", arm_);
        require(cell_ >= 0 && cell_ <= o_.length && (cue_ == 1 || cue_ == -1) && arm_ >= -1 && arm_ <= 1 &&
                    (arm_ == 0 || cell_ == o_.length),
                "TMaze: cell {}, cue {} and arm {} were saved, of a corridor of {} steps; this state was changed since",
                cell_, cue_, arm_, o_.length);
    }

private:
    void observe(std::span<float> observation, float cue) const {
        observation[0] = cue;
        observation[1] = cell_ == o_.length ? 1.0F : 0.0F;
        observation[2] = 1;
    }

    TMazeOptions o_;
    Index cell_ = 0;
    int cue_ = 1;  // the right arm: 1 up, -1 down
    int arm_ = 0;  // the one that was taken; 0: none yet
};

}  // namespace GRADIVA_NAMESPACE
