#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/io/detail/stored_part.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Throws `Error` unless there are numbers of choices, all at least 1, and small enough to be added.
inline void check_choices(const StoredPart& part, const char* name, const std::vector<Index>& choices) {
    require(!choices.empty(), "{}: {} is empty", part.who(), part.of(name));
    for (const Index n : choices) {
        require(n >= 1 && n < (Index{1} << 31), "{}: {} has a number of {}", part.who(), part.of(name), n);
    }
}

/// Bounds of a distribution, low < high and finite.
inline void add_bounds(const StoredPart& part, DescribedDistribution& d) {
    d.low = part.finite_numbers("bounds/low");
    d.high = part.finite_numbers("bounds/high");
    require(!d.low.empty() && d.low.size() == d.high.size(), "{}: {} has {} numbers, and high {}", part.who(),
            part.of("bounds/low"), d.low.size(), d.high.size());
    for (std::size_t i = 0; i < d.low.size(); ++i) {
        require(d.low[i] < d.high[i], "{}: {} is not below high at element {}", part.who(), part.of("bounds/low"), i);
    }
}

/// The distribution of real numbers.
inline void add_reals(const StoredPart& part, DescribedDistribution& d) {
    using Reals = DescribedDistribution::Reals;
    const std::string type = part.text("type");
    if (type == "SquashedGaussian") {
        require(!d.squashed, "{}: {} is squashed twice", part.who(), part.of("type"));
        d.squashed = true;
        add_bounds(part, d);
        add_reals(part.part("base"), d);
        require(d.reals != Reals::beta && static_cast<Index>(d.low.size()) == d.dimensions,
                "{}: {} does not fit its base", part.who(), part.of("bounds"));
    } else if (type == "Beta") {
        d.reals = Reals::beta;
        add_bounds(part, d);
        d.dimensions = static_cast<Index>(d.low.size());
    } else if (type == "DiagonalGaussian" || type == "StateDependentGaussian") {
        d.reals = type == "DiagonalGaussian" ? Reals::gaussian : Reals::state_dependent_gaussian;
        d.dimensions = part.number<Index>("dimensions");
        d.initial_log_std = part.number<double>("initial_log_std");
        require(d.dimensions >= 1 && d.dimensions < (Index{1} << 31) && std::isfinite(d.initial_log_std),
                "{}: {} has {} dimensions and initial_log_std {}", part.who(), part.of("type"), d.dimensions,
                d.initial_log_std);
    } else {
        fail("{}: {} is {}, which this version does not know", part.who(), part.of("type"), printable(type));
    }
}

inline DescribedDistribution described_distribution(const StoredPart& part, std::vector<double> own_parameters) {
    using Integers = DescribedDistribution::Integers;
    DescribedDistribution d;
    const std::string type = part.text("type");
    if (type == "Categorical" || type == "EpsilonGreedy" || type == "MultiCategorical") {
        d.integers = type == "EpsilonGreedy" ? Integers::greedy_choice : Integers::choices;
        d.choices = part.numbers<Index>("choices");
        if (type == "EpsilonGreedy") d.epsilon = part.number<double>("epsilon");
        require(d.epsilon >= 0 && d.epsilon <= 1, "{}: {} is {}", part.who(), part.of("epsilon"), d.epsilon);
        check_choices(part, "choices", d.choices);
        require(type == "MultiCategorical" || d.choices.size() == 1, "{}: {} has {} numbers, not 1", part.who(),
                part.of("choices"), d.choices.size());
    } else if (type == "Bernoulli") {
        d.integers = Integers::answers;
        d.answers = part.number<Index>("answers");
        require(d.answers >= 1 && d.answers < (Index{1} << 31), "{}: {} is {}", part.who(), part.of("answers"),
                d.answers);
    } else if (type == "Hybrid") {
        d.hybrid = true;
        d.integers = Integers::choices;
        d.choices = {part.number<Index>("choice/choices")};
        check_choices(part.part("choice"), "choices", d.choices);
        add_reals(part.part("values"), d);
    } else {
        add_reals(part, d);
    }
    d.own_parameters = std::move(own_parameters);
    const Index own = d.reals == DescribedDistribution::Reals::gaussian ? d.dimensions : 0;
    require(static_cast<Index>(d.own_parameters.size()) == own,
            "{}: behind the network's parameters are {} numbers, where the distribution has {}", part.who(),
            d.own_parameters.size(), own);
    return d;
}

}  // namespace GRADIVA_NAMESPACE::detail
