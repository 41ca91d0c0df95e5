#include "gradiva/io/saved_policy.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/io/load_policy.hpp"
#include "gradiva/io/save_policy.hpp"
#include "gradiva/policy/acting.hpp"
#include "helpers/temporary_path.hpp"
#include "io/described_networks.hpp"
#include "io/policy_table.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// An action as numbers.
struct Numbers {
    std::vector<int> integers;
    std::vector<float> reals;
    bool operator==(const Numbers&) const = default;
};

Numbers numbers_of(int action) { return {{action}, {}}; }
Numbers numbers_of(std::span<const int> action) { return {{action.begin(), action.end()}, {}}; }
Numbers numbers_of(std::span<const float> action) { return {{}, {action.begin(), action.end()}}; }
Numbers numbers_of(const HybridAction& action) {
    return {{action.choice}, {action.values.begin(), action.values.end()}};
}

/// The action of a saved policy, asked for by the `act` of its kind.
Numbers act(SavedPolicy& policy, std::span<const float> observation, const ActOptions& options) {
    int choice = -1;
    std::vector<int> integers(3, -1);
    std::vector<float> reals(2, -9);
    if (const auto* several = std::get_if<MultiDiscrete>(&policy.spaces().action)) integers.resize(several->n.size());
    switch (policy.spaces().action.index()) {
        case 0: policy.act(observation, choice, options); return {{choice}, {}};
        case 1: policy.act(observation, reals, options); return {{}, reals};
        case 4: policy.act(observation, choice, reals, options); return {{choice}, reals};
        default: policy.act(observation, integers, options); return {integers, {}};
    }
}

/// How many of 200 actions, half of them sampled, half with random masks where there are masks, differ from the
/// actor's.
template <class A>
int differing_actions(const A& actor, SavedPolicy& policy) {
    int differing = 0;
    const PolicyDescription description = describe_policy(actor);
    std::visit(
        [&](const auto& space) {
            using Space = std::remove_cvref_t<decltype(space)>;
            const Spaces& spaces = *actor.spaces();
            Acting<A, Space> acting(actor, spaces.observation, space, spaces.masked);
            Rng rng(1), one(5), other(5);
            for (int n = 0; n < 200; ++n) {
                std::vector<float> observation(to_size(spaces.observation.size));
                for (float& x : observation) x = static_cast<float>(2 * rng.normal());
                std::vector<std::uint8_t> mask;
                if (spaces.masked) {
                    for (const Index choices : description.distribution.choices) {
                        std::vector<std::uint8_t> part(static_cast<std::size_t>(choices), 1);
                        if (n % 4 > 1) detail::draw_mask(part, rng);
                        mask.insert(mask.end(), part.begin(), part.end());
                    }
                }
                const bool sampled = n % 2 == 1;
                const ActOptions options{.legal = mask, .rng = sampled ? &one : nullptr};
                const ActOptions saved_options{.legal = mask, .rng = sampled ? &other : nullptr};
                const Numbers expected = numbers_of(acting.act(observation, options));
                if (act(policy, observation, saved_options) != expected) ++differing;
            }
        },
        actor.spaces()->action);
    return differing;
}

}  // namespace

TEST_CASE("a saved policy acts as the actor does, to the bit, for each distribution and space") {
    const TemporaryPath path("policy.safetensors");
    const auto check = [&](const std::string& name, const auto& actor) {
        INFO(name);
        save_policy(path.text(), actor);
        SavedPolicy policy(path.text());
        CHECK(differing_actions(actor, policy) == 0);
    };
    for_each_policy<float>({.mlp = {.hidden = {8, 5}, .normalize_observations = true}}, check);
    for_each_policy<double>({}, check);
    check("a shared trunk", trunk_policy());
}

TEST_CASE("a saved policy acts as the actor does with each form of network") {
    const TemporaryPath path("policy.safetensors");
    for (const NamedForm& row : policy_forms()) {
        INFO(row.name);
        with_policy<float>("", Beta<float>(table_box), table_box, false, row.form, [&](const auto&, const auto& actor) {
            save_policy(path.text(), actor);
            SavedPolicy policy(path.text());
            CHECK(differing_actions(actor, policy) == 0);
        });
    }
}

/// A policy that is saved, runs, is loaded and saved again.
template <class A>
void check_files(const A& actor) {
    const TemporaryPath path("policy.safetensors"), again("again.safetensors");
    save_policy(path.text(), actor);
    SavedPolicy policy(path.text());
    CHECK(differing_actions(actor, policy) == 0);
    policy.with_actor([&](const auto& rebuilt) { save_policy(again.text(), rebuilt); });
    CHECK(SavedPolicy(again.text()).description() == policy.description());
    auto expected = actor, other = actor;
    scatter(other, {.scale = 0.1, .mean = 3});
    load_policy(path.text(), other);
    CHECK(first_difference(image_of(expected), image_of(other)).empty());
}

TEST_CASE("networks with rows, images and parts are saved, run and loaded, to the bit") {
    const auto check = [](const std::string& name, const auto& actor) {
        INFO(name);
        check_files(actor);
    };
    for_each_network<float>(check);
    for_each_network<double>(check);
}

TEST_CASE("the policy of a description of a network with shape computes what it says") {
    for (const Dtype scalar : {Dtype::f32, Dtype::f64}) {
        for (const NamedPolicy& row : policies_with_shape(scalar)) {
            INFO(row.name << " in " << dtype_name(scalar));
            const PolicyExamples expected = computed_examples(row.policy), examples = policy_examples(row.policy);
            REQUIRE(examples.head.size() == expected.head.size());
            CHECK(examples.observation == expected.observation);
            const double tolerance = scalar == Dtype::f64 ? 1e-12 : 1e-5;
            for (std::size_t i = 0; i < expected.head.size(); ++i) {
                CHECK(std::abs(examples.head[i] - expected.head[i]) <=
                      tolerance * std::max(1.0, std::abs(expected.head[i])));
            }
        }
    }
}

TEST_CASE("a policy loads into an actor of the same shape, to the bit, for each distribution and space") {
    const TemporaryPath path("policy.safetensors");
    const auto check = [&](const std::string& name, const auto& actor) {
        INFO(name);
        save_policy(path.text(), actor);
        auto other = actor;
        scatter(other, {.scale = 0.1, .mean = 3});
        auto expected = actor;
        load_policy(path.text(), other);
        CHECK(first_difference(image_of(expected), image_of(other)).empty());
    };
    for_each_policy<float>({.mlp = {.hidden = {8, 5}, .normalize_observations = true}}, check);
    for_each_policy<double>({}, check);
    check("a shared trunk", trunk_policy());
}

TEST_CASE("a description that was made by hand is checked before it acts") {
    const auto refused = [](const auto& change) {
        std::string texts;
        with_policy<float>("", Categorical<float>(4), Discrete{.n = 4}, false, {}, [&](auto, const auto& actor) {
            PolicyDescription policy = describe_policy(actor);
            change(policy);
            for (const bool examples : {false, true}) {
                try {
                    examples ? void(policy_examples(policy)) : void(SavedPolicy(policy));
                    texts += "no error; ";
                } catch (const Error& error) {
                    texts += std::string(error.what()) + "; ";
                }
            }
        });
        return texts;
    };
    CHECK(refused([](PolicyDescription&) {}) == "no error; no error; ");
    CHECK_THAT(refused([](PolicyDescription& policy) { policy.network.layers.clear(); }),
               ContainsText("SavedPolicy: the network has no layer; policy_examples: the network has no layer"));
    CHECK_THAT(refused([](PolicyDescription& policy) { policy.network.layers[0].weight.push_back(1); }),
               ContainsText("SavedPolicy: layer0.weight has 25 numbers and needs 24"));
    CHECK_THAT(refused([](PolicyDescription& policy) { policy.network.layers[1].bias[2] = NAN; }),
               ContainsText("policy_examples: layer1.bias[2] is nan"));
    CHECK_THAT(refused([](PolicyDescription& policy) {
                   policy.network.mean = {1, 2};
               }),
               ContainsText("SavedPolicy: normalizer.mean has 2 numbers and needs 3"));
    CHECK_THAT(refused([](PolicyDescription& policy) { policy.spaces.action = Discrete{.n = 5}; }),
               ContainsText("the distribution has 4 choices, and the action space is Discrete(5)"));
    CHECK_THAT(refused([](PolicyDescription& policy) { policy = {}; }), ContainsText("SavedPolicy: "));
}

TEST_CASE("the actor of a saved policy is saved again as the same policy") {
    const TemporaryPath path("policy.safetensors"), again("again.safetensors");
    for_each_policy<float>({}, [&](const std::string& name, const auto& actor) {
        INFO(name);
        save_policy(path.text(), actor);
        const SavedPolicy policy(path.text());
        policy.with_actor([&](const auto& rebuilt) { save_policy(again.text(), rebuilt); });
        CHECK(SavedPolicy(again.text()).description() == policy.description());
    });
}
