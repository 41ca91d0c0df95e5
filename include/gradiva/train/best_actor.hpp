#pragma once

#include <limits>

#include "gradiva/policy/policy.hpp"
#include "gradiva/train/progress.hpp"

namespace gradiva {

/// Callback of `train` that keeps a copy of the actor as it was when the mean return of the last episodes was highest.
/// Pass it as an lvalue: `BestActor best(actor); trainer.train({...}, best); evaluate(best.actor(), ...)`.
template <Policy P>
class BestActor {
public:
    explicit BestActor(const P& actor) : best_(actor) {}

    template <class Trainer>
    void operator()(const Progress& progress, const Trainer& trainer) {
        if (!(progress.mean_return > mean_return_)) return;
        mean_return_ = progress.mean_return;
        best_ = trainer.actor();
    }

    const P& actor() const { return best_; }
    /// The highest mean return so far, minus infinity before the first episode has ended.
    double mean_return() const { return mean_return_; }

private:
    P best_;
    double mean_return_ = -std::numeric_limits<double>::infinity();
};

}  // namespace gradiva
