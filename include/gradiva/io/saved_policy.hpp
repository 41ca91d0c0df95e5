#pragma once

#include "gradiva/core/namespace.hpp"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "gradiva/io/detail/check_examples.hpp"
#include "gradiva/io/detail/check_numbers.hpp"
#include "gradiva/io/detail/policy_file.hpp"
#include "gradiva/io/detail/policy_of.hpp"
#include "gradiva/io/load_policy.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/policy/acting_in_any_space.hpp"

namespace GRADIVA_NAMESPACE {

/// A policy out of a file, for programs that do not train: whatever its network and distribution, if they are the
/// library's own.
///
///   SavedPolicy policy("walker.safetensors");
///   std::array<float, 4> action;
///   policy.act(observation, action);                  // the most probable one
///   policy.act(observation, action, {.rng = &rng});   // a sampled one
///
/// The file is one of `save_policy`, or a checkpoint. `act` is that of `Acting` for spaces that are known when the
/// program runs: one for each kind of action, which comes within the bounds of the space; it allocates nothing.
/// Movable; what was moved from can only be destroyed or assigned to. Use one object per thread.
class SavedPolicy {
public:
    /// Throws `Error` where the file is damaged, of another kind, or has weights that are not finite; and where a saved
    /// policy does not give the heads and actions of the examples that are stored with it (see `PolicyExamples`).
    template <class = void>  // compiled where it is called only
    explicit SavedPolicy(const std::string& path, const LoadPolicyOptions& options = {})
        : SavedPolicy(detail::PolicyFile("SavedPolicy", path, options.part)) {}

    /// The policy of a description. Throws `Error` where its parts do not fit together, or numbers are not finite.
    template <class = void>  // compiled where it is called only
    explicit SavedPolicy(PolicyDescription description) : description_(std::move(description)) {
        detail::check_numbers("SavedPolicy", description_);
        detail::check_description("SavedPolicy", description_);
        if (description_.scalar == Dtype::f64) {
            engine_ = std::make_unique<Engine<double>>(description_);
        } else {
            engine_ = std::make_unique<Engine<float>>(description_);
        }
    }

    const PolicyDescription& description() const { return description_; }
    const Spaces& spaces() const { return description_.spaces; }

    // See `Acting`.

    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, int& action, const ActOptions& options = {}) {
        with_acting([&](auto& acting) { acting.act(observation, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, std::span<int> action, const ActOptions& options = {}) {
        with_acting([&](auto& acting) { acting.act(observation, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, std::span<float> action, const ActOptions& options = {}) {
        with_acting([&](auto& acting) { acting.act(observation, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, int& choice, std::span<float> values, const ActOptions& options = {}) {
        with_acting([&](auto& acting) { acting.act(observation, choice, values, options); });
    }

    /// Returns `use(actor)`, for batches: the actor is a `Policy`, in float or in double.
    template <class Use>
    decltype(auto) with_actor(const Use& use) const {
        return std::visit([&](const auto& engine) -> decltype(auto) { return use(std::as_const(engine->actor)); },
                          engine_);
    }

private:
    template <class Scalar>
    struct Engine {
        explicit Engine(const PolicyDescription& description)
            : actor(detail::policy_of<Scalar>(description)), acting(actor, description.spaces) {}
        Engine(const Engine&) = delete;
        Engine& operator=(const Engine&) = delete;

        detail::AnyActor<Scalar> actor;
        Acting<detail::AnyActor<Scalar>, AnyActionSpace> acting;
    };

    template <class = void>  // compiled where it is called only
    explicit SavedPolicy(const detail::PolicyFile& file) : SavedPolicy(file.description()) {
        if (!file.has_examples()) return;
        const PolicyExamples examples = file.examples(description_);
        with_actor([&](const auto& actor) { detail::check_examples(file.who(), actor, description_, examples); });
    }

    template <class Use>
    void with_acting(const Use& use) {
        std::visit([&](auto& engine) { use(engine->acting); }, engine_);
    }

    PolicyDescription description_;
    std::variant<std::unique_ptr<Engine<float>>, std::unique_ptr<Engine<double>>> engine_;
};

}  // namespace GRADIVA_NAMESPACE
