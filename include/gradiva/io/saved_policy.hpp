#pragma once

#include "gradiva/core/namespace.hpp"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "gradiva/core/check.hpp"
#include "gradiva/io/detail/check_examples.hpp"
#include "gradiva/io/detail/check_numbers.hpp"
#include "gradiva/io/detail/policy_file.hpp"
#include "gradiva/io/detail/policy_of.hpp"
#include "gradiva/io/load_policy.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/policy/acting_in_any_space.hpp"
#include "gradiva/policy/episode.hpp"

namespace GRADIVA_NAMESPACE {

/// A policy out of a file, for programs that do not train: whatever its network and distribution, if they are the
/// library's own.
///
///   SavedPolicy policy("walker.safetensors");
///   std::array<float, 4> action;
///   policy.act(observation, action);                  // the most probable one
///   policy.act(observation, action, {.rng = &rng});   // a sampled one
///
/// One with memory acts in an episode, which carries its state from one action to the next; any other may, too:
///
///   auto episode = policy.begin();                    // at the beginning of an episode
///   policy.act(observation, episode, action);         // its state goes on by one step
///   episode.restart();                                // another one begins
///
/// The file is one of `save_policy`, or a checkpoint. `act` is that of `Acting` for spaces that are known when the
/// program runs: one for each kind of action, which comes within the bounds of the space; it allocates nothing. `act`
/// without an episode throws `Error` where the policy has a memory. Movable; what was moved from can only be destroyed
/// or assigned to. Use one object per thread.
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
        engine_ = detail::with_policy_of(description_, [&](auto actor) -> AnyEngine {
            return std::make_unique<Engine<decltype(actor)>>(std::move(actor), description_.spaces);
        });
    }

    const PolicyDescription& description() const { return description_; }
    const Spaces& spaces() const { return description_.spaces; }

    // See `Acting`.

    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, int& action, const ActOptions& options = {}) {
        without_episode([&](auto& acting) { acting.act(observation, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, std::span<int> action, const ActOptions& options = {}) {
        without_episode([&](auto& acting) { acting.act(observation, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, std::span<float> action, const ActOptions& options = {}) {
        without_episode([&](auto& acting) { acting.act(observation, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, int& choice, std::span<float> values, const ActOptions& options = {}) {
        without_episode([&](auto& acting) { acting.act(observation, choice, values, options); });
    }

    /// An episode at its beginning; its state has 0 numbers where the policy has no memory.
    template <class = void>  // compiled where it is called only
    Episode begin() const {
        return std::visit([](const auto& engine) { return engine->acting.begin(); }, engine_);
    }

    // The same in an episode.

    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, Episode& episode, int& action, const ActOptions& options = {}) {
        with_acting([&](auto& acting) { acting.act(observation, episode, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, Episode& episode, std::span<int> action,
             const ActOptions& options = {}) {
        with_acting([&](auto& acting) { acting.act(observation, episode, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, Episode& episode, std::span<float> action,
             const ActOptions& options = {}) {
        with_acting([&](auto& acting) { acting.act(observation, episode, action, options); });
    }
    template <class = void>  // compiled where it is called only
    void act(std::span<const float> observation, Episode& episode, int& choice, std::span<float> values,
             const ActOptions& options = {}) {
        with_acting([&](auto& acting) { acting.act(observation, episode, choice, values, options); });
    }

    /// Returns `use(actor)`, for batches: the actor is a `Policy`, in float or in double, with or without memory.
    template <class Use>
    decltype(auto) with_actor(const Use& use) const {
        return std::visit([&](const auto& engine) -> decltype(auto) { return use(std::as_const(engine->actor)); },
                          engine_);
    }

private:
    template <class A>
    struct Engine {
        Engine(A given, const Spaces& spaces) : actor(std::move(given)), acting(actor, spaces) {}
        Engine(const Engine&) = delete;
        Engine& operator=(const Engine&) = delete;

        A actor;
        Acting<A, AnyActionSpace> acting;
    };
    using AnyEngine = std::variant<std::unique_ptr<Engine<detail::AnyActor<float>>>,
                                   std::unique_ptr<Engine<detail::AnyActor<double>>>,
                                   std::unique_ptr<Engine<detail::AnyRecurrentActor<float>>>,
                                   std::unique_ptr<Engine<detail::AnyRecurrentActor<double>>>>;

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
    template <class Use>
    void without_episode(const Use& use) {
        std::visit(
            [&](auto& engine) {
                if constexpr (HasMemory<decltype(engine->actor)>) {
                    fail(
                        "SavedPolicy: the policy has a memory; give act the episode that begin() made: auto episode = "
                        "policy.begin(); policy.act(observation, episode, action)");
                } else {
                    use(engine->acting);
                }
            },
            engine_);
    }

    PolicyDescription description_;
    AnyEngine engine_;
};

}  // namespace GRADIVA_NAMESPACE
