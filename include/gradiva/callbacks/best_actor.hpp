#pragma once

#include <cmath>
#include <limits>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/train/progress.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `BestActor`.
struct BestActorOptions {
    Index at_least_episodes = 100;  ///< finished since the trainer was built, before mean returns are compared
};

/// Callback of `train` that keeps a copy of the actor of the highest mean return so far: the undiscounted return of
/// sampled actions, over the last 100 finished episodes of the training. Those episodes were played by policies up to
/// the one before the iteration's update; the copy is made after it. Until enough episodes have finished, the copy is
/// the latest actor. Pass it as an lvalue: `BestActor best(actor); trainer.train({...}, best); evaluate(best.actor(),
/// ...)`.
template <Policy P>
class BestActor {
public:
    /// Throws `Error` on options out of range.
    explicit BestActor(const P& actor, const BestActorOptions& options = {}) : best_(actor), options_(options) {
        require(options.at_least_episodes >= 0, "BestActor: at_least_episodes is {}; give a number of at least 0",
                options.at_least_episodes);
    }

    template <class Trainer>
    void operator()(const Progress& progress, const Trainer& trainer) {
        const bool counts =
            progress.lifetime_episodes >= options_.at_least_episodes && !std::isnan(progress.mean_return);
        if (compared_ && !(counts && progress.mean_return > mean_return_)) return;
        best_ = trainer.actor();
        if (!counts) return;
        mean_return_ = progress.mean_return;
        compared_ = true;
    }

    static constexpr std::string_view state_name = "best_actor";
    void visit_state(State& state) {
        visit_policy(state, "actor", best_);
        state.fixed("at_least_episodes", options_.at_least_episodes);
        state("mean_return", mean_return_);
        state("compared", compared_);
    }

    /// The copy; before the first iteration one of the actor given to the constructor.
    const P& actor() const { return best_; }
    /// The highest mean return so far; minus infinity before enough episodes have finished.
    double mean_return() const { return mean_return_; }

private:
    P best_;
    BestActorOptions options_;
    double mean_return_ = -std::numeric_limits<double>::infinity();
    bool compared_ = false;
};

}  // namespace GRADIVA_NAMESPACE
