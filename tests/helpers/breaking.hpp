// Environments that fail now and then, for what has to go on after an exception.
#pragma once

#include <limits>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/env/wrapper.hpp"
#include "helpers/environments.hpp"

namespace gradiva_test {

/// What goes wrong, at which call in the life of an environment; the calls before and after it go well.
struct Breakage {
    enum class What { throws_error, throws_breakdown, throws_int, not_finite, infinite_reward, throws_in_reset };
    What what = What::throws_breakdown;
    Index environment = 0;  ///< -1: all of them
    Index at = 0;           ///< number of the step, or of the reset, from 0
};

/// An environment that breaks as it is told, after it has drawn its random numbers. How many steps and resets its life
/// has had so far shows in what it observes, so that one step more or less is seen in all that follows.
template <class E>
struct Breaking : gradiva::Wrapper<E> {
    using What = Breakage::What;

    Breaking(E env, std::vector<Breakage> breakages) : gradiva::Wrapper<E>(std::move(env)), breakages_(breakages) {}

    void reset(Rng& rng, std::span<float> observation) {
        gradiva::Wrapper<E>::reset(rng, observation);
        if (breaks(What::throws_in_reset, resets_++)) throw Breakdown("no new episode");
        show(observation);
    }

    Outcome step(gradiva::ActionOf<E> action, Rng& rng, std::span<float> observation) {
        Outcome outcome = gradiva::Wrapper<E>::step(action, rng, observation);
        const Index now = steps_++;
        if (breaks(What::throws_error, now)) gradiva::fail("the simulator reports an error");
        if (breaks(What::throws_breakdown, now)) throw Breakdown("the simulator is gone");
        if (breaks(What::throws_int, now)) throw 7;
        show(observation);
        if (breaks(What::not_finite, now)) observation[0] = std::numeric_limits<float>::quiet_NaN();
        if (breaks(What::infinite_reward, now)) outcome.reward = std::numeric_limits<double>::infinity();
        return outcome;
    }

    Index steps() const { return steps_; }
    Index resets() const { return resets_; }

private:
    bool breaks(What what, Index at) const {
        for (const Breakage& breakage : breakages_) {
            if (breakage.what == what && breakage.at == at) return true;
        }
        return false;
    }
    void show(std::span<float> observation) const {
        observation[0] += 0.125F * static_cast<float>(steps_ % 7) + 0.25F * static_cast<float>(resets_ % 5);
    }

    std::vector<Breakage> breakages_;
    Index steps_ = 0;
    Index resets_ = 0;
};

/// Makes copies of an environment, each with the breakages that name it.
template <class E>
auto breaking(const E& env, const std::vector<Breakage>& breakages) {
    return [env, breakages](Index i) {
        std::vector<Breakage> own;
        for (const Breakage& breakage : breakages) {
            if (breakage.environment == i || breakage.environment < 0) own.push_back(breakage);
        }
        return Breaking<E>(env, own);
    };
}

/// Random observations and rewards, and ends of both kinds at random, for actions of real numbers.
struct RealWanderer {
    Box observation_space() const { return {.size = 3}; }
    Box action_space() const { return {.size = 2, .low = {-1}, .high = {1}}; }
    void reset(Rng& rng, std::span<float> observation) { observe(rng, observation); }
    Outcome step(std::span<const float> action, Rng& rng, std::span<float> observation) {
        observe(rng, observation);
        const double reward = rng.normal() + static_cast<double>(action[0] - action[1]);
        const double u = rng.uniform();
        return {.reward = reward, .terminated = u < 0.1, .truncated = u >= 0.1 && u < 0.2};
    }

private:
    static void observe(Rng& rng, std::span<float> observation) {
        for (float& x : observation) x = static_cast<float>(rng.normal());
    }
};

}  // namespace gradiva_test
