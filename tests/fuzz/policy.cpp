// Any safetensors file is a policy that acts, or an Error.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "gradiva/io.hpp"

namespace {

/// Two actions of an episode within their space.
void act(gradiva::SavedPolicy& policy) {
    using namespace gradiva;
    const std::vector<float> observation(static_cast<std::size_t>(policy.spaces().observation.size), 0.25F);
    const std::vector<std::uint8_t> legal(
        policy.spaces().masked ? static_cast<std::size_t>(policy.description().distribution.mask_size()) : 0, 1);
    const ActOptions options{.legal = legal};
    const ActionShape shape =
        std::visit([](const auto& space) { return action_shape_of(space); }, policy.spaces().action);
    std::vector<int> integers(static_cast<std::size_t>(shape.integers));
    std::vector<float> reals(static_cast<std::size_t>(shape.reals), NAN);
    Episode episode = policy.begin();
    for (int step = 0; step < 2; ++step) {
        switch (policy.spaces().action.index()) {
            case 0: policy.act(observation, episode, integers[0], options); break;
            case 1: policy.act(observation, episode, reals, options); break;
            case 4: policy.act(observation, episode, integers[0], reals, options); break;
            default: policy.act(observation, episode, integers, options); break;
        }
        for (const float x : reals) {
            if (!std::isfinite(x)) std::abort();
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        const gradiva::detail::PolicyFile file(
            "fuzz", gradiva::SafetensorsFile(std::as_bytes(std::span(data, size)), "fuzzed"), "actor");
        gradiva::SavedPolicy policy(file.description());
        act(policy);
        const gradiva::PolicyExamples examples = file.examples(policy.description());
        policy.with_actor([&](const auto& actor) {
            gradiva::detail::check_examples(file.who(), actor, policy.description(), examples);
        });
    } catch (const gradiva::Error&) {
    }
    return 0;
}
