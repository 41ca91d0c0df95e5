#include "gradiva/io/policy_examples.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/io/describe_policy.hpp"
#include "gradiva/io/detail/check_examples.hpp"
#include "io/policy_table.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

template <class A>
std::string error_of(const A& actor, const PolicyExamples& examples) {
    try {
        detail::check_examples("test", actor, describe_policy(actor), examples);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

/// The observations drawn for an observation space, element by element.
std::vector<float> drawn(const Box& space, double mean, bool normalised, Index element) {
    const PolicyForm form{.mlp = {.hidden = {4}, .normalize_observations = normalised}, .mean = mean};
    std::vector<float> values;
    with_policy<float>("", Bernoulli<float>(3), MultiBinary{.size = 3}, false, form, [&](auto, const auto& actor) {
        PolicyDescription policy = describe_policy(actor);
        policy.spaces.observation = space;
        const PolicyExamples examples = detail::drawn_examples(policy);
        for (Index n = 0; n < 8; ++n) values.push_back(detail::example(examples.observation, n)[to_size(element)]);
    });
    return values;
}

}  // namespace

TEST_CASE("examples are reproduced by the policy, in float and in double, for each distribution and space") {
    const auto check = [](const std::string& name, const auto& actor) {
        INFO(name);
        const PolicyDescription policy = describe_policy(actor);
        const PolicyExamples examples = policy_examples(actor, policy);
        CHECK(examples.head.size() == static_cast<std::size_t>(8 * actor.head_size()));
        CHECK(examples.integers.size() == static_cast<std::size_t>(8 * actor.action_shape().integers));
        CHECK(examples.reals.size() == static_cast<std::size_t>(8 * actor.action_shape().reals));
        const auto rebuilt = detail::policy_of<typename std::remove_cvref_t<decltype(actor)>::Scalar>(policy);
        CHECK(error_of(rebuilt, examples) == "no error");
        const PolicyExamples again = policy_examples(policy);
        CHECK(again.head == examples.head);
        CHECK(again.integers == examples.integers);
        CHECK(again.reals == examples.reals);
        CHECK(again.mask == examples.mask);
    };
    for_each_policy<float>({.mlp = {.hidden = {8}, .normalize_observations = true}}, check);
    for_each_policy<double>({.scale = 20}, check);
}

TEST_CASE("observations of examples are within close bounds, else near the mean, else standard normal") {
    const Box space{.size = 3, .low = {-0.5F, -INFINITY, -1e30F}, .high = {0.25F, INFINITY, 1e30F}};
    const auto all = [](const std::vector<float>& values, float low, float high) {
        return std::all_of(values.begin(), values.end(), [&](float x) { return low <= x && x <= high; });
    };
    for (const bool normalised : {false, true}) CHECK(all(drawn(space, 1000, normalised, 0), -0.5F, 0.25F));
    for (const Index element : {1, 2}) {
        CHECK(all(drawn(space, 1000, true, element), 996, 1004));
        CHECK(all(drawn(space, 1000, false, element), -4, 4));
        std::vector<float> values = drawn(space, 1000, false, element);
        std::sort(values.begin(), values.end());
        CHECK(values.front() < 0);
        CHECK(values.back() > 0);
        CHECK(std::adjacent_find(values.begin(), values.end()) == values.end());
    }
    const Box half{.size = 3, .low = {2}, .high = {INFINITY}};
    CHECK(all(drawn(half, 0, false, 1), 2, 1e6F));
}

TEST_CASE("half of the examples have random masks, with a legal choice each") {
    with_policy<float>("", MultiCategorical<float>({3, 2}), MultiDiscrete{.n = {3, 2}}, true, {},
                       [](auto, const auto& actor) {
                           const PolicyExamples examples = policy_examples(describe_policy(actor));
                           REQUIRE(examples.mask.size() == 8 * 5);
                           Index masked = 0;
                           for (Index n = 0; n < 8; ++n) {
                               const auto mask = detail::example(examples.mask, n);
                               CHECK(mask[0] + mask[1] + mask[2] >= 1);
                               CHECK(mask[3] + mask[4] >= 1);
                               if (n % 2 == 0) CHECK(std::count(mask.begin(), mask.end(), 1) == 5);
                               masked += std::count(mask.begin(), mask.end(), 0);
                           }
                           CHECK(masked >= 4);
                       });
}

TEST_CASE("examples that the policy does not give are refused") {
    with_policy<float>(
        "", Hybrid<float>(3, 2), HybridSpace{.choice = {.n = 3}, .box = table_box}, true, {},
        [](auto, const auto& actor) {
            const auto policy = detail::policy_of<float>(describe_policy(actor));
            const PolicyExamples right = policy_examples(describe_policy(actor));
            REQUIRE(error_of(policy, right) == "no error");
            const auto changed = [&](const auto& change) {
                PolicyExamples examples = right;
                change(examples);
                return error_of(policy, examples);
            };
            CHECK(changed([](PolicyExamples& e) { e.head[6] += 1e-6; }) == "no error");
            CHECK_THAT(changed([](PolicyExamples& e) { e.head[6] += 3e-5; }),
                       ContainsText("row 1 of the head of example 1"));
            CHECK_THAT(changed([](PolicyExamples& e) { e.head[6] = NAN; }), ContainsText("is nan where it was saved"));
            CHECK_THAT(changed([](PolicyExamples& e) { e.head[6] = INFINITY; }),
                       ContainsText("is inf where it was saved"));
            CHECK_THAT(changed([](PolicyExamples& e) { e.observation[4] += 0.25F; }),
                       ContainsText("of the head of example 1"));
            CHECK_THAT(changed([](PolicyExamples& e) { e.integers[3] = (e.integers[3] + 1) % 3; }),
                       ContainsText("the head of example 3 gives another action"));
            CHECK(changed([](PolicyExamples& e) { e.reals[5] += 1e-6F; }) == "no error");
            CHECK_THAT(changed([](PolicyExamples& e) { e.reals[5] += 1e-3F; }),
                       ContainsText("the head of example 2 gives another action"));
            CHECK_THAT(changed([](PolicyExamples& e) { std::fill_n(e.mask.begin() + 3, 3, std::uint8_t{0}); }),
                       ContainsText("without a legal action"));
            CHECK_THAT(changed([](PolicyExamples& e) { e.mask[4] = 2; }), ContainsText("a mask of 2"));
        });
}
