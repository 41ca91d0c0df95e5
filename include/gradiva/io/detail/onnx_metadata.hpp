#pragma once

#include "gradiva/core/namespace.hpp"

#include <span>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradiva/io/detail/real_bounds.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"

// The metadata of an ONNX file, as JSON. Numbers that are not finite are null there.

namespace GRADIVA_NAMESPACE::detail {

template <class = void>  // compiled where it is called only
nlohmann::ordered_json json_of(const Box& box) {
    nlohmann::ordered_json json = {{"size", box.size}};
    if (!box.shape.empty()) json["shape"] = box.shape;
    json.update({{"low", box.low}, {"high", box.high}});
    return json;
}

template <class = void>  // compiled where it is called only
nlohmann::ordered_json json_of(const Spaces& spaces) {
    nlohmann::ordered_json action = {{"kind", kind_of(spaces.action)}};
    if (const auto* discrete = std::get_if<Discrete>(&spaces.action)) {
        action["n"] = discrete->n;
    } else if (const auto* box = std::get_if<Box>(&spaces.action)) {
        action.update(json_of(*box));
    } else if (const auto* several = std::get_if<MultiDiscrete>(&spaces.action)) {
        action["n"] = several->n;
    } else if (const auto* answers = std::get_if<MultiBinary>(&spaces.action)) {
        action["size"] = answers->size;
    } else {
        const auto& hybrid = std::get<HybridSpace>(spaces.action);
        action["n"] = hybrid.choice.n;
        action["box"] = json_of(hybrid.box);
    }
    return {{"observation", json_of(spaces.observation)}, {"action", action}, {"masked", spaces.masked}};
}

/// The fields of `DescribedDistribution` that the kind has.
template <class = void>  // compiled where it is called only
nlohmann::ordered_json json_of(const DescribedDistribution& d) {
    using Integers = DescribedDistribution::Integers;
    using Reals = DescribedDistribution::Reals;
    constexpr const char* integers[] = {"none", "choices", "greedy_choice", "answers"};
    constexpr const char* reals[] = {"none", "gaussian", "state_dependent_gaussian", "beta"};
    nlohmann::ordered_json json = {{"integers", integers[static_cast<int>(d.integers)]},
                                   {"reals", reals[static_cast<int>(d.reals)]}};
    if (!d.choices.empty()) json["choices"] = d.choices;
    if (d.integers == Integers::answers) json["answers"] = d.answers;
    if (d.integers == Integers::greedy_choice) json["epsilon"] = d.epsilon;
    if (d.reals == Reals::none) return json;
    json["dimensions"] = d.dimensions;
    json["squashed"] = d.squashed;
    if (d.reals == Reals::state_dependent_gaussian) json["initial_log_std"] = d.initial_log_std;
    if (d.reals == Reals::gaussian) json["log_std"] = d.own_parameters;
    if (!d.low.empty()) json.update({{"low", d.low}, {"high", d.high}});
    return json;
}

/// An array of examples, whose columns are examples, as a list of lists; as a list of numbers where `of_one`.
template <class T>
nlohmann::ordered_json json_of_examples(const std::vector<T>& all, bool of_one = false) {
    if (of_one) return all;
    nlohmann::ordered_json json = nlohmann::ordered_json::array();
    for (Index n = 0; n < PolicyExamples::count; ++n) {
        const std::span<const T> one = example(all, n);
        json.push_back(std::vector<T>(one.begin(), one.end()));
    }
    return json;
}

/// By the names of the graph's inputs and outputs, in their shapes; with a memory `begins`, a list of 0 and 1, in place
/// of states.
template <class = void>  // compiled where it is called only
nlohmann::ordered_json json_of(const PolicyExamples& examples, const AnyActionSpace& action) {
    const bool hybrid = std::holds_alternative<HybridSpace>(action);
    nlohmann::ordered_json json = {{"observation", json_of_examples(examples.observation)}};
    if (!examples.begins.empty()) json["begins"] = json_of_examples(examples.begins, true);
    if (!examples.mask.empty()) json["mask"] = json_of_examples(examples.mask);
    json["head"] = json_of_examples(examples.head);
    if (!examples.integers.empty()) {
        json["action"] = json_of_examples(examples.integers, is_one_integer(action));
    }
    if (!examples.reals.empty()) json[hybrid ? "values" : "action"] = json_of_examples(examples.reals);
    return json;
}

}  // namespace GRADIVA_NAMESPACE::detail
