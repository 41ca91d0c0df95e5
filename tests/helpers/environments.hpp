// Small environments whose behaviour is known exactly, shared by the tests.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include "gradiva/env/env.hpp"

namespace gradiva_test {

using gradiva::Box;
using gradiva::Discrete;
using gradiva::Index;
using gradiva::Outcome;
using gradiva::Rng;

/// Positions 0 to `goal`, seen as a share of it; action 1 goes on, action 0 goes back. 1 at the goal, -0.01 elsewhere.
struct Corridor {
    int goal = 4;
    int position = 0;

    double best_return() const { return 1 - 0.01 * (goal - 1); }
    Box observation_space() const { return {.size = 1, .low = {0}, .high = {1}}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        position = 0;
        observe(observation);
    }
    Outcome step(int action, Rng&, std::span<float> observation) {
        position = std::max(0, position + (action == 1 ? 1 : -1));
        observe(observation);
        return {.reward = position == goal ? 1.0 : -0.01, .terminated = position == goal};
    }

private:
    void observe(std::span<float> observation) const {
        observation[0] = static_cast<float>(position) / static_cast<float>(goal);
    }
};

/// One step; each arm pays its reward, with normal noise.
struct Bandit {
    std::vector<double> rewards = {0, 1};
    double noise = 0;

    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = static_cast<Index>(rewards.size())}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 1; }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        observation[0] = 1;
        return {.reward = rewards[static_cast<std::size_t>(action)] + noise * rng.normal(), .terminated = true};
    }
};

/// Shows (id, episode, step of the episode), pays 1 + id per step, ends every episode after `length` steps.
struct Ticker {
    Index id = 0;
    Index length = 3;
    bool truncates = false;
    Index episode = -1;
    Index at = 0;

    Box observation_space() const { return {.size = 3}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        ++episode;
        at = 0;
        observe(observation);
    }
    Outcome step(int, Rng&, std::span<float> observation) {
        ++at;
        observe(observation);
        const bool ends = at == length;
        return {
            .reward = 1 + static_cast<double>(id), .terminated = ends && !truncates, .truncated = ends && truncates};
    }

private:
    void observe(std::span<float> observation) const {
        observation[0] = static_cast<float>(id);
        observation[1] = static_cast<float>(episode);
        observation[2] = static_cast<float>(at);
    }
};

/// Random observations and rewards, and ends of both kinds at random.
struct Wanderer {
    double terminates = 0.1;
    double truncates = 0.1;
    double reward_unit = 1;
    Index blanks = 0;  ///< zeros that are observed after all else

    Box observation_space() const { return {.size = 3 + blanks}; }
    Discrete action_space() const { return {.n = 3}; }
    void reset(Rng& rng, std::span<float> observation) { observe(rng, observation); }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        observe(rng, observation);
        const double reward = rng.normal() + 0.5 * action;
        const double u = rng.uniform();
        return {.reward = reward_unit * reward,
                .terminated = u < terminates,
                .truncated = u >= terminates && u < terminates + truncates};
    }

private:
    static void observe(Rng& rng, std::span<float> observation) {
        for (float& x : observation.first(3)) x = static_cast<float>(rng.normal());
        for (float& x : observation.subspan(3)) x = 0;
    }
};

/// Random observations, rewards and ends; of `n` choices a random one or more are legal in each state, and one that is
/// not is an error. The observation shows the mask of these first. `forbidden` choices follow that are never legal.
struct Masked {
    Index n = 5;
    Index forbidden = 0;
    std::vector<std::uint8_t> legal = std::vector<std::uint8_t>(static_cast<std::size_t>(n + forbidden), 0);

    Box observation_space() const { return {.size = n + 1}; }
    Discrete action_space() const { return {.n = n + forbidden}; }
    void action_mask(std::span<std::uint8_t> mask) const { std::copy(legal.begin(), legal.end(), mask.begin()); }
    void reset(Rng& rng, std::span<float> observation) { move_on(rng, observation); }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        if (legal.at(static_cast<std::size_t>(action)) == 0) throw std::logic_error("an illegal action was sent");
        const double reward = static_cast<double>(action) + rng.normal();
        move_on(rng, observation);
        const double u = rng.uniform();
        return {.reward = reward, .terminated = u < 0.1, .truncated = u >= 0.1 && u < 0.2};
    }

private:
    void move_on(Rng& rng, std::span<float> observation) {
        for (Index i = 0; i < n; ++i) legal[static_cast<std::size_t>(i)] = rng.below(2) == 0 ? 1 : 0;
        legal[static_cast<std::size_t>(rng.below(n))] = 1;
        std::copy_n(legal.begin(), n, observation.begin());
        observation[static_cast<std::size_t>(n)] = static_cast<float>(rng.normal());
    }
};

/// Forbids everything from step `at` on.
struct Deadlock {
    Index at = 3;
    Index steps = 0;

    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void action_mask(std::span<std::uint8_t> legal) const {
        if (steps == at) std::fill(legal.begin(), legal.end(), std::uint8_t{0});
    }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(int, Rng&, std::span<float> observation) {
        observation[0] = static_cast<float>(++steps);
        return {};
    }
};

/// What a `Faulty` environment throws: no error of the library's own.
struct Breakdown : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class Fault {
    none,
    nan_in_reset,
    nan_in_step,
    nan_at_end,
    unwritten_reset,
    unwritten_step,
    infinite_reward,
    thrown
};

/// Well-behaved, in episodes of 4 steps cut by truncation, but for one fault: the first, at step `at` of its life.
struct Faulty {
    Fault fault = Fault::none;
    Index at = 3;
    Index steps = 0;
    Index resets = 0;

    Box observation_space() const { return {.size = 2}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        ++resets;
        observation[0] = fault == Fault::nan_in_reset ? nan : 0;
        if (fault != Fault::unwritten_reset) observation[1] = 0.5F;
    }
    Outcome step(int, Rng&, std::span<float> observation) {
        ++steps;
        const bool now = steps == at;
        const bool ends = steps % 4 == 0;
        if (now && fault == Fault::thrown) throw Breakdown("the simulator is gone");
        observation[0] = now && (fault == Fault::nan_in_step || fault == Fault::nan_at_end) ? nan : 1;
        if (!(now && fault == Fault::unwritten_step)) observation[1] = 0.5F;
        const double infinity = std::numeric_limits<double>::infinity();
        return {.reward = now && fault == Fault::infinite_reward ? infinity : 1, .truncated = ends};
    }

private:
    static constexpr float nan = std::numeric_limits<float>::quiet_NaN();
};

/// Makes environments of which only number `which` has the fault.
inline auto one_faulty(Fault fault, Index which, Index at = 3) {
    return [=](Index i) { return Faulty{.fault = i == which ? fault : Fault::none, .at = at}; };
}

}  // namespace gradiva_test
