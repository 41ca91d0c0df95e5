#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/printable.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/io/detail/checkpoint_file.hpp"
#include "gradiva/io/detail/described_policy.hpp"
#include "gradiva/io/detail/stored_part.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/policy.hpp"
#include "gradiva/version.hpp"

// A policy as a safetensors file: the state of the actor, whose names begin with "actor/", that of the critic, if it
// was given, and the examples.

namespace GRADIVA_NAMESPACE::detail {

inline constexpr std::string_view policy_format_key = "gradiva.policy";
inline constexpr std::string_view policy_format = "1";

template <class T>
void add_examples(SafetensorsWriter& file, std::string_view name, const std::vector<T>& all) {
    constexpr Index count = PolicyExamples::count;
    if (all.empty()) return;
    const Index shape[] = {count, static_cast<Index>(all.size()) / count};
    file.add(name, shape, all.data());
}

/// What is saved of a policy.
template <class A, class C>
struct PolicyParts {
    A& actor;
    C& critic;

    void visit_state(State& state) {
        visit_policy(state, "actor", actor);
        if constexpr (has_critic<C>) visit_policy(state, "critic", critic);
    }
};

/// Throws `Error` unless the critic's weights, and what normalises its observations, are finite.
inline void check_critic(const std::string& who, const StateImage& image) {
    for (const StateArray& array : image.arrays()) {
        if (!array.path.starts_with("critic/")) continue;
        const std::string name = array.path.substr(std::string_view("critic/").size());
        for (const char* end : {"parameters", "weights", "/mean", "/scale", "/squares"}) {
            if (name.ends_with(end)) StoredPart(who, image, "critic").finite_numbers(name);
        }
    }
}

inline void write_policy(const std::string& path, const StateImage& image, const PolicyExamples& examples) {
    SafetensorsWriter file;
    file.add_text(policy_format_key, policy_format);
    file.add_text("gradiva.version", version_text());
    for (const StateArray& array : image.arrays()) file.add(array.path, array.type, array.shape, array.data);
    add_examples(file, "examples/observation", examples.observation);
    add_examples(file, "examples/begins", examples.begins);
    add_examples(file, "examples/mask", examples.mask);
    add_examples(file, "examples/head", examples.head);
    add_examples(file, "examples/integers", examples.integers);
    add_examples(file, "examples/reals", examples.reals);
    file.write(path);
}

/// A file of `save_policy` or `Checkpoint` that was read, and the place of an actor in it.
class PolicyFile {
public:
    /// Throws `Error` where the file is damaged, of another kind, or has no such part.
    PolicyFile(const char* who, const std::string& path, const std::string& part)
        : PolicyFile(who, SafetensorsFile(path), part) {
        require(file_.has_checksum(), "{}: its checksum is missing; it was changed by another program", who_);
    }

    /// The same, with or without a checksum.
    PolicyFile(const char* who, SafetensorsFile file, const std::string& part)
        : file_(std::move(file)), who_(std::string(who) + " '" + file_.path() + "'"), image_(state_in(file_)) {
        const std::string* const format = file_.find_text(policy_format_key);
        is_policy_ = format != nullptr;
        require(
            is_policy_ || file_.find_text(checkpoint_format_key) != nullptr,
            "{}: this file is neither a saved policy nor a checkpoint; give one that save_policy or Checkpoint wrote",
            who_);
        require(!is_policy_ || *format == policy_format, "{}: its format is {} and this library reads {}", who_,
                is_policy_ ? printable(*format) : "", policy_format);
        actor_ = place_of(part);
    }

    const std::string& who() const { return who_; }
    const StateImage& image() const { return image_; }
    /// The path of the actor, such as "actor".
    const std::string& actor() const { return actor_; }

    PolicyDescription description(const Spaces* otherwise = nullptr) const {
        return described_policy(who_, image_, actor_, otherwise);
    }

    /// Whether it has examples: checkpoints have none.
    bool has_examples() const { return is_policy_; }
    PolicyExamples examples(const PolicyDescription& policy) const {
        const ActionShape shape =
            std::visit([](const auto& space) { return action_shape_of(space); }, policy.spaces.action);
        return {.observation = numbers<float>("observation", policy.spaces.observation.size),
                .begins = numbers<std::uint8_t>("begins", policy.network.memory ? 1 : 0),
                .mask = numbers<std::uint8_t>("mask", policy.spaces.masked ? policy.distribution.mask_size() : 0),
                .head = numbers<double>("head", policy.network.outputs()),
                .integers = numbers<int>("integers", shape.integers),
                .reals = numbers<float>("reals", shape.reals)};
    }

private:
    /// Numbers of the examples, `size` of each.
    template <class T>
    std::vector<T> numbers(std::string_view name, Index size) const {
        if (size == 0) return {};
        const StoredPart part(who_, image_, "examples");
        std::vector<T> all = part.numbers<T>(name);
        require(static_cast<Index>(all.size()) / PolicyExamples::count == size &&
                    static_cast<Index>(all.size()) % PolicyExamples::count == 0,
                "{}: {} has {} numbers, not {} of each of {} examples", who_, part.of(name), all.size(), size,
                PolicyExamples::count);
        return all;
    }

    std::string place_of(const std::string& part) const {
        for (const std::string& place : {part, part + "/actor", "callbacks/" + part + "/actor"}) {
            if (is_actor(place)) return place;
        }
        std::string parts;
        for (const StateArray& array : image_.arrays()) {
            constexpr std::string_view end = "/network/type";
            if (!array.path.ends_with(end)) continue;
            const std::string place = array.path.substr(0, array.path.size() - end.size());
            if (is_actor(place)) parts += (parts.empty() ? "" : ", ") + printable(place);
        }
        fail("{}: it has no part '{}'; its actors of the library's own networks and distributions are: {}", who_,
             printable(part), parts.empty() ? "none" : parts);
    }

    bool is_actor(const std::string& place) const {
        return image_.find(place + "/network/type") != nullptr && image_.find(place + "/distribution/type") != nullptr;
    }

    SafetensorsFile file_;
    std::string who_;
    StateImage image_;
    bool is_policy_ = false;
    std::string actor_;
};

}  // namespace GRADIVA_NAMESPACE::detail
