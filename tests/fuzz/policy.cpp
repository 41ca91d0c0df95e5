// Any safetensors file is a policy that acts, or an Error; and it fills an actor and a critic at hand with finite
// numbers, or is an Error and leaves them as they were. The seeds "with_critic", and "checkpoint", of which only these
// two parts are there, are of that actor and critic. Seeds have no checksum, by which what is changed would be refused.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradiva/core/state_difference.hpp"
#include "gradiva/gradiva.hpp"
#include "gradiva/io.hpp"
#include "helpers/temporary_path.hpp"

namespace {

/// Two actions of an episode whose real numbers are finite.
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

void load_saved_policy(std::span<const std::byte> bytes) {
    const gradiva::detail::PolicyFile file("fuzz", gradiva::SafetensorsFile(bytes, "fuzzed"), "actor");
    gradiva::SavedPolicy policy(file.description());
    act(policy);
    if (!file.has_examples()) return;
    const gradiva::PolicyExamples examples = file.examples(policy.description());
    policy.with_actor(
        [&](const auto& actor) { gradiva::detail::check_examples(file.who(), actor, policy.description(), examples); });
}

/// The bytes of a file with its checksum in its metadata; none where it has no metadata.
std::string with_checksum(std::string_view bytes) {
    std::uint64_t length = 0;
    constexpr std::string_view metadata = "\"__metadata__\":{\"";
    const std::size_t at = bytes.find(metadata);
    if (bytes.size() < sizeof(length) || at == bytes.npos) return {};
    std::memcpy(&length, bytes.data(), sizeof(length));
    const std::string checksum = std::string(gradiva::detail::checksum_prefix) + "0000000000000000\",";
    const std::size_t behind = at + metadata.size() - 1;
    std::string all(bytes);
    all.insert(behind, checksum);
    length += checksum.size();
    std::memcpy(all.data(), &length, sizeof(length));
    gradiva::Crc64 crc;
    crc.add(std::as_bytes(std::span(all)));
    const auto digits = gradiva::hex_digits(crc.value());
    all.replace(behind + gradiva::detail::checksum_prefix.size(), 16, digits.data(), 16);
    return all;
}

const gradiva::Vectorized<gradiva::CartPole>& cart_pole() {
    static const gradiva::Vectorized<gradiva::CartPole> envs(gradiva::CartPole{}, {.count = 1});
    return envs;
}

/// An actor and a critic as those of the seeds.
struct Parts {
    gradiva::Mlp mlp{.hidden = {2}, .normalize_observations = true};
    gradiva::Actor<gradiva::MlpNetwork<float>, gradiva::Categorical<float>> actor{cart_pole(), mlp};
    gradiva::Critic<gradiva::MlpNetwork<float>> critic{cart_pole(), mlp};

    void visit_state(gradiva::State& state) {
        state("actor", actor);
        state("critic", critic);
    }
};

template <class Numbers>
bool are_finite(const Numbers& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](auto x) { return std::isfinite(x); });
}

void load_parts(const std::string& path) {
    Parts parts;
    const gradiva::StateImage before = gradiva::image_of(parts);
    try {
        load_policy(path, parts.actor, parts.critic);
        if (!are_finite(parts.actor.weights()) || !are_finite(parts.critic.weights())) std::abort();
        const float observation[] = {0.1F, -0.2F, 0.3F, -0.4F};
        gradiva::Acting(parts.actor, cart_pole()).act(observation);
    } catch (const gradiva::Error&) {
        if (!gradiva::first_difference(before, gradiva::image_of(parts)).empty()) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        load_saved_policy(std::as_bytes(std::span(data, size)));
    } catch (const gradiva::Error&) {
    }
    static const gradiva_test::TemporaryPath path("fuzzed_policy");
    const std::string file = with_checksum({reinterpret_cast<const char*>(data), size});
    if (file.empty()) return 0;
    std::ofstream(path.text(), std::ios::binary) << file;
    load_parts(path.text());
    return 0;
}
