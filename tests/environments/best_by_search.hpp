// The return of the optimal policy in an environment that is deterministic after the reset, by a search over copies of
// it.
#pragma once

#include <algorithm>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "gradiva/env/env.hpp"

namespace gradiva_test {

/// The largest return within h steps, V_h(s) = max over a of r(s, a) + V_{h-1}(s'). What is observed must tell the
/// states apart. `actions(env, observation)` lists the actions to try, `play(env, action, observation)` takes a step.
template <class E, class Actions, class Play>
class BestBySearch {
public:
    BestBySearch(Actions actions, Play play) : actions_(std::move(actions)), play_(std::move(play)) {}

    double operator()(const E& env, const std::vector<float>& observation, int horizon) {
        if (horizon == 0) return 0;
        const auto known = values_.find({observation, horizon});
        if (known != values_.end()) return known->second;
        double best = -std::numeric_limits<double>::infinity();
        for (const auto& action : actions_(env, observation)) {
            E next = env;
            std::vector<float> seen(observation.size());
            const gradiva::Outcome outcome = play_(next, action, seen);
            best = std::max(best, outcome.reward + (outcome.terminated ? 0 : (*this)(next, seen, horizon - 1)));
        }
        return values_[{observation, horizon}] = best;
    }

private:
    Actions actions_;
    Play play_;
    std::map<std::pair<std::vector<float>, int>, double> values_;
};

/// The episodes' first observations, each with an environment in that state, and how often it came.
template <class E>
struct Start {
    E env;
    int count = 0;
};

template <class E>
std::map<std::vector<float>, Start<E>> starts_of(E env, int resets) {
    gradiva::Rng rng(1);
    std::map<std::vector<float>, Start<E>> starts;
    std::vector<float> observation(static_cast<std::size_t>(env.observation_space().size));
    for (int i = 0; i < resets; ++i) {
        env.reset(rng, observation);
        ++starts.try_emplace(observation, Start<E>{env}).first->second.count;
    }
    return starts;
}

}  // namespace gradiva_test
