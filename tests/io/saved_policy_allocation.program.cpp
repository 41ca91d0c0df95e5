// A saved policy allocates nothing when it acts: in each space, with masks and without, greedy and sampled, with each kind
// of network, and with memory and without.
#include "helpers/count_malloc.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/io.hpp"
#include "io/described_memories.hpp"
#include "io/policy_table.hpp"

namespace {

using namespace gradiva;

void act(SavedPolicy& policy, std::span<const float> observation, const ActOptions& options) {
    std::array<int, 3> integers;
    std::array<float, 2> reals;
    int choice;
    switch (policy.spaces().action.index()) {
        case 0: return policy.act(observation, choice, options);
        case 1: return policy.act(observation, reals, options);
        case 4: return policy.act(observation, choice, reals, options);
        default:
            return policy.act(observation,
                              std::span(integers).first(policy.description().distribution.choices.size() == 1 ? 1 : 3),
                              options);
    }
}

/// Of one choice, in an episode.
void run_in_episode(const gradiva_test::NamedPolicy& row) {
    SavedPolicy policy(row.policy);
    Rng rng(1);
    const std::array<float, 5> observation{0.1F, -0.2F, 0.3F, 0.4F, 0.5F};
    Episode episode = policy.begin(), copy = episode;
    int choice;
    const long before = count_malloc::calls;
    for (int i = 0; i < 20; ++i) {
        policy.act(observation, episode, choice);
        policy.act(observation, episode, choice, {.rng = &rng});
        copy = episode;
        if (i % 7 == 6) episode.restart();
    }
    const long calls = count_malloc::calls - before;
    fmt::print("{}: {} allocations while acting\n", row.name, calls);
    if (calls != 0) ++count_malloc::failures;
}

void run(const std::string& name, PolicyDescription description) {
    SavedPolicy policy(std::move(description));
    Rng rng(1);
    const Index mask_size = policy.description().distribution.mask_size();
    const std::vector<std::uint8_t> legal(policy.spaces().masked ? to_size(mask_size) : 0, 1);
    std::vector<float> observation(to_size(policy.spaces().observation.size));
    for (float& x : observation) x = static_cast<float>(rng.normal());
    const long before = count_malloc::calls;
    for (int i = 0; i < 20; ++i) {
        act(policy, observation, {.legal = legal});
        act(policy, observation, {.legal = legal, .rng = &rng});
    }
    const long calls = count_malloc::calls - before;
    fmt::print("{}: {} allocations while acting\n", name, calls);
    if (calls != 0) ++count_malloc::failures;
}

}  // namespace

int main() {
    return count_malloc::judge([] {
        const gradiva_test::PolicyForm wide{.mlp = {.hidden = {64, 64}, .normalize_observations = true}};
        for (const Dtype scalar : {Dtype::f32, Dtype::f64}) {
            const auto run_in_scalar = [scalar](const std::string& name, const auto& actor) {
                PolicyDescription description = describe_policy(actor);
                description.scalar = scalar;  // double: the same numbers
                run(name, std::move(description));
            };
            gradiva_test::for_each_policy<float>(scalar == Dtype::f32 ? wide : gradiva_test::PolicyForm{},
                                                 run_in_scalar);
            gradiva_test::for_each_network<float>(run_in_scalar);
            for (const gradiva_test::NamedPolicy& row : gradiva_test::policies_with_memory(scalar)) run_in_episode(row);
        }
    });
}
