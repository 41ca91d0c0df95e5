// Small problems that are known exactly: environments with one-hot observations that also show their model, and their
// values by dynamic programming on it.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/env/env.hpp"

namespace gradiva_test {

using gradiva::Box;
using gradiva::Discrete;
using gradiva::Index;
using gradiva::Matrix;
using gradiva::Outcome;
using gradiva::Rng;
using gradiva::Vector;

/// Where an action leads, and what it pays on average.
struct Transition {
    Index next = 0;  ///< not read when it terminates
    double reward = 0;
    bool terminated = false;
};

/// An environment from its model. `Problem` says `states()`, `actions()`, `transition(state, action)` and
/// `first(rng)`, the state in which an episode starts.
template <class Problem>
class TabularEnv {
public:
    Box observation_space() const { return {.size = problem().states(), .low = {0}, .high = {1}}; }
    Discrete action_space() const { return {.n = problem().actions()}; }
    void reset(Rng& rng, std::span<float> observation) {
        state_ = problem().first(rng);
        observe(observation);
    }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        const Transition t = problem().transition(state_, action);
        if (!t.terminated) state_ = t.next;
        observe(observation);
        double noise = 0;
        if constexpr (requires { problem().noise; }) noise = problem().noise * rng.normal();
        return {.reward = t.reward + noise, .terminated = t.terminated};
    }

private:
    const Problem& problem() const { return static_cast<const Problem&>(*this); }
    void observe(std::span<float> observation) const {
        std::fill(observation.begin(), observation.end(), 0.0F);
        observation[static_cast<std::size_t>(state_)] = 1;
    }

    Index state_ = 0;
};

/// States in a row, from the left one: action 0 goes left and, at the left end, pays a little and stays; action 1 goes
/// right and, at the right end, pays 1 and terminates.
struct Chain : TabularEnv<Chain> {
    explicit Chain(Index length = 6, double left_reward = 0.02) : n(length), small(left_reward) {}
    Index states() const { return n; }
    Index actions() const { return 2; }
    Index first(Rng&) const { return 0; }
    Transition transition(Index s, Index a) const {
        if (a == 0) return s == 0 ? Transition{.next = 0, .reward = small} : Transition{.next = s - 1};
        return s + 1 == n ? Transition{.reward = 1, .terminated = true} : Transition{.next = s + 1};
    }

    Index n;
    double small;
};

/// A map of cells: '#' is a wall, 'G' the goal, which pays 1 and terminates; each other step costs a little. The states
/// are the open cells, row by row; episodes start in any of them. Actions 0 to 3 go up, right, down, left; a step
/// against a wall or off the map stays.
struct GridWithWalls : TabularEnv<GridWithWalls> {
    explicit GridWithWalls(std::vector<std::string> cells = {"....G", ".##.#", ".....", ".#.#.", "...#."})
        : map(std::move(cells)) {
        for (Index row = 0; row < static_cast<Index>(map.size()); ++row) {
            for (Index column = 0; column < static_cast<Index>(map.front().size()); ++column) {
                if (at(row, column) == '.') open.push_back({row, column});
            }
        }
    }
    Index states() const { return static_cast<Index>(open.size()); }
    Index actions() const { return 4; }
    Index first(Rng& rng) const { return rng.below(states()); }
    char at(Index row, Index column) const {
        const bool inside = row >= 0 && row < static_cast<Index>(map.size()) && column >= 0 &&
                            column < static_cast<Index>(map.front().size());
        return inside ? map[static_cast<std::size_t>(row)][static_cast<std::size_t>(column)] : '#';
    }
    Transition transition(Index s, Index a) const {
        auto [row, column] = open[static_cast<std::size_t>(s)];
        row += a == 2 ? 1 : a == 0 ? -1 : 0;
        column += a == 1 ? 1 : a == 3 ? -1 : 0;
        if (at(row, column) == 'G') return {.reward = 1, .terminated = true};
        const auto next = std::find(open.begin(), open.end(), std::pair(row, column));
        return {.next = next == open.end() ? s : next - open.begin(), .reward = -0.01};
    }

    std::vector<std::string> map;
    std::vector<std::pair<Index, Index>> open;
};

/// 19 states in a row, from the middle one: action 0 goes left, action 1 right; leaving at the right end pays 1, at the
/// left end `left_reward`. Source: Sutton and Barto, "Reinforcement Learning", 2018, example 7.1.
struct RandomWalk19 : TabularEnv<RandomWalk19> {
    explicit RandomWalk19(double at_left_end = -1) : left_reward(at_left_end) {}
    Index states() const { return 19; }
    Index actions() const { return 2; }
    Index first(Rng&) const { return 9; }
    Transition transition(Index s, Index a) const {
        if (a == 0) return s == 0 ? Transition{.reward = left_reward, .terminated = true} : Transition{.next = s - 1};
        return s == 18 ? Transition{.reward = 1, .terminated = true} : Transition{.next = s + 1};
    }

    double left_reward;
};

/// One step; arm k pays `means[k]` and normal noise.
struct Arms : TabularEnv<Arms> {
    explicit Arms(std::vector<double> mean_rewards = {0, 1}, double deviation = 0)
        : means(std::move(mean_rewards)), noise(deviation) {}
    Index states() const { return 1; }
    Index actions() const { return static_cast<Index>(means.size()); }
    Index first(Rng&) const { return 0; }
    Transition transition(Index, Index a) const {
        return {.reward = means[static_cast<std::size_t>(a)], .terminated = true};
    }

    std::vector<double> means;
    double noise;
};

/// Q(s, a) = r + gamma V(s') where V(s) is `value_of(Q's column s)`, by iteration to 1e-13; actions x states.
template <class Problem, class ValueOf>
Matrix<double> fixed_point(const Problem& problem, double gamma, const ValueOf& value_of) {
    Matrix<double> q = Matrix<double>::Zero(problem.actions(), problem.states());
    for (double change = 1; change > 1e-13;) {
        Vector<double> value(problem.states());
        for (Index s = 0; s < problem.states(); ++s) value[s] = value_of(s, q.col(s));
        change = 0;
        for (Index s = 0; s < problem.states(); ++s) {
            for (Index a = 0; a < problem.actions(); ++a) {
                const Transition t = problem.transition(s, a);
                const double updated = t.reward + (t.terminated ? 0 : gamma * value[t.next]);
                change = std::max(change, std::abs(updated - q(a, s)));
                q(a, s) = updated;
            }
        }
    }
    return q;
}

/// Q* of each action (rows) in each state (columns).
template <class Problem>
Matrix<double> optimal_action_values(const Problem& problem, double gamma) {
    return fixed_point(problem, gamma, [](Index, const auto& q) { return q.maxCoeff(); });
}

/// Q of a policy that takes action a in state s with probability `policy(a, s)`.
template <class Problem>
Matrix<double> action_values(const Problem& problem, double gamma, const Matrix<double>& policy) {
    return fixed_point(problem, gamma, [&](Index s, const auto& q) { return q.dot(policy.col(s)); });
}

/// V of the policy that takes every action equally often.
template <class Problem>
Vector<double> uniform_policy_values(const Problem& problem, double gamma) {
    const double p = 1 / static_cast<double>(problem.actions());
    const Matrix<double> uniform = Matrix<double>::Constant(problem.actions(), problem.states(), p);
    return action_values(problem, gamma, uniform).colwise().mean();
}

/// All one-hot observations side by side.
template <class Scalar, class Problem>
Matrix<Scalar> all_observations(const Problem& problem) {
    return Matrix<Scalar>::Identity(problem.states(), problem.states());
}

}  // namespace gradiva_test
