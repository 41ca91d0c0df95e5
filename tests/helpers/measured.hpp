// Environments with metrics that are known exactly.
#pragma once

#include <array>
#include <span>
#include <string_view>

#include "gradiva/environments/linear_quadratic.hpp"
#include "helpers/environments.hpp"

namespace gradiva_test {

/// A `Ticker` that says which of its episodes has ended, 100 id + 0, 1, 2, ..., and after how many steps.
struct Measured : Ticker {
    static constexpr std::array<std::string_view, 2> metric_names{"episode", "steps"};
    void metrics(std::span<double> out) const {
        out[0] = static_cast<double>(100 * id + episode);
        out[1] = static_cast<double>(at);
    }
    void visit_state(gradiva::State& state) {
        state.fixed("id", id);
        state.fixed("length", length);
        state("episode", episode);
        state("at", at);
    }
};

/// Makes environments of so many steps an episode, by their number.
inline auto measured(std::span<const Index> lengths) {
    return [lengths](Index i) {
        Measured env;
        env.id = i;
        env.length = lengths[static_cast<std::size_t>(i)];
        env.truncates = i % 2 == 1;
        return env;
    };
}

/// A regulator that says which of its episodes has ended, after how many steps, and what it has paid in them.
struct MeasuredRegulator : gradiva::LinearQuadratic {
    using LinearQuadratic::LinearQuadratic;
    double episode = -1, steps = 0, paid = 0;

    static constexpr std::array<std::string_view, 3> metric_names{"episode", "steps", "paid"};
    void metrics(std::span<double> out) const {
        out[0] = episode;
        out[1] = steps;
        out[2] = paid;
    }
    void reset(Rng& rng, std::span<float> observation) {
        ++episode;
        steps = paid = 0;
        LinearQuadratic::reset(rng, observation);
    }
    Outcome step(std::span<const float> action, Rng& rng, std::span<float> observation) {
        const Outcome outcome = LinearQuadratic::step(action, rng, observation);
        ++steps;
        paid += outcome.reward;
        return outcome;
    }
};

}  // namespace gradiva_test
