#pragma once

#include "gradiva/core/namespace.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <variant>

#include "gradiva/core/description.hpp"

namespace GRADIVA_NAMESPACE {

/// What the rules of a `Doctor` need to know of a training. A number that is unknown is NaN.
struct RunFacts {
    static constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

    double horizon = unknown;              ///< steps of each environment in a rollout; NaN of whole episodes
    double environments = unknown;         ///< that run side by side
    double updates = unknown;              ///< gradient steps of an iteration: epochs x minibatches
    double gamma = unknown;                ///< discount
    double lambda = 1;                     ///< of the advantage; 1 where it has none
    double sequence = unknown;             ///< steps of a sequence; NaN of policies without memory
    double continuous = unknown;           ///< 1 where all actions are real numbers, 0 where none is
    double action_size = 1;                ///< real numbers in an action
    bool normalizes_observations = false;  ///< in the actor

    /// The facts that `description` holds; those that it does not hold are unknown.
    static RunFacts of(const Description& description);
};

/// The number at a path; NaN where there is none.
inline double described_number(const Description& description, std::string_view path) {
    const DescriptionValue* const value = description.find(path);
    if (value == nullptr) return RunFacts::unknown;
    if (const auto* number = std::get_if<double>(value)) return *number;
    if (const auto* number = std::get_if<std::int64_t>(value)) return static_cast<double>(*number);
    if (const auto* number = std::get_if<bool>(value)) return *number ? 1 : 0;
    return RunFacts::unknown;
}

namespace detail {

inline std::string described_text(const Description& description, std::string_view path) {
    const DescriptionValue* const value = description.find(path);
    const auto* const text = value == nullptr ? nullptr : std::get_if<std::string>(value);
    return text == nullptr ? std::string() : *text;
}

/// Whether a network of the actor, at any depth, remembers.
inline bool describes_memory(const Description& description) {
    for (const Description::Entry& entry : description.entries) {
        if (!entry.path.starts_with("actor/") || !entry.path.ends_with("type")) continue;
        const auto* const text = std::get_if<std::string>(&entry.value);
        if (text != nullptr && (*text == "Gru" || *text == "Lstm")) return true;
    }
    return false;
}

/// Epochs x minibatches; NaN where the update is described by other options.
inline double described_updates(const Description& description, const RunFacts& facts) {
    const double epochs = described_number(description, "update/options/epochs");
    if (described_text(description, "update/options/minibatch") == "all") return epochs;
    const double minibatch = described_number(description, "update/options/minibatch");
    return epochs * std::ceil(facts.horizon * facts.environments / minibatch);
}

/// Says what the actions are, by the distribution of the actor.
inline void find_actions(const Description& description, RunFacts& facts) {
    const std::string type = described_text(description, "actor/distribution/type");
    for (const char* name : {"Categorical", "MultiCategorical", "Bernoulli", "EpsilonGreedy"}) {
        if (type == name) facts.continuous = 0;
    }
    for (const char* name : {"DiagonalGaussian", "StateDependentGaussian", "SquashedGaussian", "Beta"}) {
        if (type == name) facts.continuous = 1;
    }
    const double size = described_number(description, "environments/action_space/size");
    if (std::isfinite(size)) facts.action_size = size;
}

}  // namespace detail

inline RunFacts RunFacts::of(const Description& description) {
    RunFacts facts;
    const double horizon = described_number(description, "options/horizon");
    if (horizon > 0) facts.horizon = horizon;
    facts.environments = described_number(description, "environments/count");
    facts.updates = detail::described_updates(description, facts);
    facts.gamma = described_number(description, "advantage/gamma");
    const double lambda = described_number(description, "advantage/lambda");
    if (std::isfinite(lambda)) facts.lambda = lambda;
    if (detail::describes_memory(description)) facts.sequence = described_number(description, "options/sequence");
    if (facts.sequence == 0) facts.sequence = facts.horizon;
    detail::find_actions(description, facts);
    facts.normalizes_observations = described_number(description, "actor/network/normalize_observations") == 1;
    return facts;
}

}  // namespace GRADIVA_NAMESPACE
