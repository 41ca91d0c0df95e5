#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <vector>

#include "gradiva/core/dtype.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/kernels/activation.hpp"

namespace GRADIVA_NAMESPACE {

/// One dense layer: Z = W X + b. With layer normalisation, gain * normalised(Z) + shift takes the place of Z (see
/// `LayerNorm`).
struct DescribedLayer {
    Index inputs = 0, outputs = 0;
    std::vector<double> weight = {};            ///< W, outputs x inputs, column after column
    std::vector<double> bias = {};              ///< b, one per output
    std::vector<double> gain = {}, shift = {};  ///< one per output; empty: no layer normalisation

    bool operator==(const DescribedLayer&) const = default;
};

/// An `Mlp` with its weights. Without layers before the last one it is a linear map.
struct DescribedNetwork {
    Activation activation = Activation::tanh;  ///< after every layer but the last
    std::vector<DescribedLayer> layers = {};   ///< at least one; outputs of the last: the head
    /// Inputs are normalised, y = clamp((x - mean) * scale, -10, 10), in double; empty: they are not.
    std::vector<double> mean = {}, scale = {};

    Index inputs() const { return layers.front().inputs; }
    Index outputs() const { return layers.back().outputs; }

    bool operator==(const DescribedNetwork&) const = default;
};

/// A distribution over actions: of integers, of real numbers, or both (see the distributions' own comments). The rows
/// of the head are those of all choices, or of all answers, then those of the real numbers.
struct DescribedDistribution {
    enum class Integers {
        none,
        choices,        ///< Categorical, MultiCategorical, or the choice of a Hybrid: `choices[k]` logits each
        greedy_choice,  ///< EpsilonGreedy: `choices[0]` action values
        answers,        ///< Bernoulli: `answers` logits
    };
    enum class Reals {
        none,
        gaussian,                  ///< `dimensions` means; log sigma are the own parameters
        state_dependent_gaussian,  ///< `dimensions` means, as many h with log sigma = initial_log_std + h
        beta,                      ///< `dimensions` h of alpha, as many of beta
    };

    Integers integers = Integers::none;
    std::vector<Index> choices = {};
    Index answers = 0;
    double epsilon = 0;  ///< of EpsilonGreedy

    Reals reals = Reals::none;
    bool squashed = false;  ///< SquashedGaussian: u is normal, and the action low + (high - low) (tanh u + 1) / 2
    Index dimensions = 0;
    double initial_log_std = 0;
    std::vector<double> low = {}, high = {};  ///< bounds of Beta and SquashedGaussian, one per dimension
    std::vector<double> own_parameters = {};  ///< of the Gaussian, one log sigma per dimension; else empty

    bool hybrid = false;  ///< one choice and real numbers

    /// Rows of masks: one per choice; 0 where there are no masks.
    Index mask_size() const {
        Index sum = 0;
        for (const Index n : choices) sum += n;
        return sum;
    }
    /// The first row of the head that belongs to real numbers.
    Index first_real_row() const { return mask_size() + answers; }
    Index head_size() const {
        const bool two = reals == Reals::state_dependent_gaussian || reals == Reals::beta;
        return first_real_row() + (reals == Reals::none ? 0 : two ? 2 * dimensions : dimensions);
    }

    bool operator==(const DescribedDistribution&) const = default;
};

/// A policy of the library's own networks and distributions as plain numbers: all that acting needs, and what is
/// written to files of other formats. Numbers of a policy in float are exact in double.
struct PolicyDescription {
    Dtype scalar = Dtype::f32;  ///< f32 or f64: in which the network computes
    Spaces spaces = {};
    DescribedNetwork network = {};
    DescribedDistribution distribution = {};

    bool operator==(const PolicyDescription&) const = default;
};

}  // namespace GRADIVA_NAMESPACE
