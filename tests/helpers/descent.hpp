// An optimiser against a scalar rule.
#pragma once

#include "catch.hpp"

#include <cstddef>
#include <span>
#include <vector>

#include "gradiva/core/rng.hpp"

namespace gradiva_test {

/// Takes ten steps of changing gradients and learning rates on a few weights, each of which must move as its own copy
/// of `rule` says: `rule(g, learning_rate, t)` is what step t, from 1, subtracts from a weight.
template <class Scalar, class Optimizer, class Rule>
void check_descent(Optimizer optimizer, const Rule& rule, double tolerance) {
    constexpr std::size_t size = 19;
    gradiva::Rng rng(1);
    std::vector<Scalar> weights(size);
    for (Scalar& weight : weights) weight = static_cast<Scalar>(rng.uniform(-1, 1));
    std::vector<double> expected(weights.begin(), weights.end());
    std::vector<Rule> rules(size, rule);
    for (int t = 1; t <= 10; ++t) {
        const double rate = 0.1 / t;
        std::vector<Scalar> gradient(size);
        for (Scalar& g : gradient) g = static_cast<Scalar>(rng.normal());
        optimizer.step(weights, std::span<const Scalar>(gradient), rate);
        for (std::size_t i = 0; i < size; ++i) {
            CAPTURE(t, i);
            expected[i] -= rules[i](static_cast<double>(gradient[i]), rate, t);
            REQUIRE(static_cast<double>(weights[i]) == Catch::Approx(expected[i]).margin(tolerance).epsilon(0));
        }
    }
}

/// The weight after each of the steps that an optimiser takes from 0 along these gradients.
template <class Optimizer>
std::vector<double> path(Optimizer optimizer, const std::vector<double>& gradients, double learning_rate) {
    std::vector<double> places;
    double weight = 0;
    for (const double& g : gradients) {
        optimizer.step(std::span(&weight, 1), std::span(&g, 1), learning_rate);
        places.push_back(weight);
    }
    return places;
}

}  // namespace gradiva_test
