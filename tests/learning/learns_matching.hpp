// Whether a trainer learns with a distribution: whole trainings, one for each distribution of the library.
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/reweigh.hpp"
#include "gradiva/train/evaluate.hpp"
#include "learning/matching.hpp"

namespace gradiva_test {

/// A distribution by its space, so that tests can be written over a list of them.
template <class SpaceT, class DistributionT>
struct Case {
    using Space = SpaceT;
    using Distribution = DistributionT;
};

using gradiva::Box;
using EveryDistribution =
    std::tuple<Case<gradiva::Discrete, gradiva::Categorical<float>>,
               Case<gradiva::MultiDiscrete, gradiva::MultiCategorical<float>>,
               Case<gradiva::MultiBinary, gradiva::Bernoulli<float>>, Case<Box, gradiva::DiagonalGaussian<float>>,
               Case<Box, gradiva::StateDependentGaussian<float>>, Case<Box, gradiva::SquashedGaussian<float>>,
               Case<Box, gradiva::Beta<float>>, Case<gradiva::HybridSpace, gradiva::Hybrid<float>>>;

inline gradiva::Discrete make_space(gradiva::Discrete) { return {4}; }
inline gradiva::MultiDiscrete make_space(const gradiva::MultiDiscrete&) { return {{3, 2}}; }
inline gradiva::MultiBinary make_space(gradiva::MultiBinary) { return {3}; }
inline Box make_space(const Box&) { return {.size = 2, .low = {-1}, .high = {1}}; }
inline gradiva::HybridSpace make_space(const gradiva::HybridSpace&) { return {{3}, make_space(Box{})}; }

template <class D, class Space>
D make_distribution(const Space& space) {
    if constexpr (requires { D(space); }) {
        return D(space);
    } else if constexpr (requires { D(space.n); }) {
        return D(space.n);
    } else if constexpr (requires { D(space.size); }) {
        return D(space.size);
    } else {
        return D(space.choice.n, space.box.size);
    }
}

/// Trains under seeds 1, 2 and 3, `train(envs, actor, critic)` each; all must come within 0.05 of the best return.
template <class CaseT, class Train>
void check_learns_matching(const Train& train) {
    using namespace gradiva;
    const Matching<typename CaseT::Space> task{make_space(typename CaseT::Space{})};
    std::string returns;
    bool all = true;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Vectorized envs(task, {.count = 8, .seed = seed});
        Actor actor(envs, Mlp{.hidden = {16}}, make_distribution<typename CaseT::Distribution>(envs.action_space()));
        Critic critic(envs, Mlp{.hidden = {16}});
        train(envs, actor, critic);
        const double reached = evaluate(actor, task, {.episodes = 40}).mean_return;
        all = all && reached > -0.05;
        returns += fmt::format("seed {}: {:.4f}  ", seed, reached);

        // What was collected has the log-probs that the policy gives when it looks again.
        Threads threads(1);
        Rollout<float> rollout(envs, actor);
        Collector(envs, actor, threads).steps(rollout, 16);
        CHECK(Reweigher(actor, threads)(rollout).kl < 1e-8);
    }
    INFO(returns);
    CHECK(all);
}

}  // namespace gradiva_test
