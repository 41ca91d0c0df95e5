// One-step tasks for every action space, in which the best action follows from what is observed.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "gradiva/env/env.hpp"

namespace gradiva_test {

/// Shows x = -1 or 1; an action costs its distance from the one that x asks for, so that the best return is 0.
template <class Space>
struct Matching {
    Space space;
    float x = 1;

    gradiva::Box observation_space() const { return {.size = 1}; }
    Space action_space() const { return space; }
    void reset(gradiva::Rng& rng, std::span<float> observation) {
        x = rng.uniform() < 0.5 ? -1.0F : 1.0F;
        observation[0] = x;
    }
    gradiva::Outcome step(typename gradiva::ActionOfSpace<Space>::Type action, gradiva::Rng&,
                          std::span<float> observation) {
        observation[0] = x;
        return {.reward = -cost(space, action), .terminated = true};
    }

private:
    double cost(const gradiva::Discrete& s, int choice) const { return choice == (x > 0 ? s.n - 1 : 0) ? 0 : 1; }
    double cost(const gradiva::Box& s, std::span<const float> values) const {
        double sum = 0;
        for (gradiva::Index i = 0; i < s.size; ++i) {
            const double wanted = 0.5 * static_cast<double>(x) * (i % 2 == 0 ? 1 : -1);
            sum += std::pow(static_cast<double>(values[static_cast<std::size_t>(i)]) - wanted, 2);
        }
        return sum;
    }
    double cost(const gradiva::MultiDiscrete& s, std::span<const int> choices) const {
        double sum = 0;
        for (std::size_t k = 0; k < choices.size(); ++k) sum += cost(gradiva::Discrete{s.n[k]}, choices[k]);
        return sum;
    }
    double cost(const gradiva::MultiBinary&, std::span<const int> answers) const {
        double sum = 0;
        for (std::size_t k = 0; k < answers.size(); ++k) {
            sum += cost(gradiva::Discrete{2}, k % 2 == 0 ? answers[k] : 1 - answers[k]);
        }
        return sum;
    }
    double cost(const gradiva::HybridSpace& s, gradiva::HybridAction action) const {
        return cost(s.choice, action.choice) + cost(s.box, action.values);
    }
};

}  // namespace gradiva_test
