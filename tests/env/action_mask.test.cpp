#include "gradiva/env/action_mask.hpp"

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Mask = MatrixBuffer<std::uint8_t>;

Mask mask_of(Index rows, const std::vector<std::uint8_t>& values) {
    Mask mask(rows, static_cast<Index>(values.size()) / rows);
    std::copy(values.begin(), values.end(), mask.data());
    return mask;
}

ActionMask view(const Mask& mask) { return mask.matrix(); }

}  // namespace

TEST_CASE("A mask has a row for each choice of the environments, none where these have no masks") {
    CHECK(mask_size_of(Vectorized(Masked{.n = 4})) == 4);
    CHECK(mask_size_of(Vectorized(TimeLimit(Masked{.n = 4}, 10))) == 4);
    CHECK(mask_size_of(Vectorized(Corridor{})) == 0);
    CHECK(choices_of(MultiDiscrete{{3, 2, 4}}) == 9);
    CHECK(choices_of(HybridSpace{{3}, {.size = 2}}) == 3);
    CHECK(choices_of(Box{.size = 2}) == 0);
}

TEST_CASE("A mask without a legal action is refused with the environment that gave it") {
    const Mask good = mask_of(2, {1, 0, 0, 1, 1, 1});
    CHECK_NOTHROW(check_mask("Test", Discrete{2}, good.matrix(), {4, 7}, "step"));
    const Mask bad = mask_of(2, {1, 0, 0, 0, 1, 1});
    CHECK_THROWS_WITH(check_mask("Test", Discrete{2}, bad.matrix(), {4, 7}, "step"),
                      "Test: environment 5 gave a mask without a legal action in step (choices 0 to 1); leave at least "
                      "one legal, or end the episode before");
    CHECK_NOTHROW(check_mask("Test", Discrete{2}, all_legal(3), {4, 7}, "step"));
}

TEST_CASE("Each choice of several needs a legal action of its own") {
    const MultiDiscrete space{{2, 3}};
    CHECK_NOTHROW(check_mask("Test", space, view(mask_of(5, {0, 1, 0, 0, 1})), {0, 1}, "reset"));
    CHECK_THROWS_WITH(check_mask("Test", space, view(mask_of(5, {1, 1, 0, 0, 0})), {0, 1}, "reset"),
                      ContainsText("without a legal action in reset (choices 2 to 4)"));
    CHECK_THROWS_WITH(check_mask("Test", space, view(mask_of(5, {0, 0, 0, 1, 0})), {0, 1}, "reset"),
                      ContainsText("without a legal action in reset (choices 0 to 1)"));
    CHECK_THROWS_WITH(
        check_mask("Test", MultiDiscrete{{2, 3, 2}}, view(mask_of(7, {0, 1, 0, 0, 1, 0, 0})), {0, 1}, "reset"),
        ContainsText("without a legal action in reset (choices 5 to 6)"));
}

TEST_CASE("Vectorized environments show the masks of their present states, and the last one of a truncated episode") {
    Vectorized envs(Masked{.n = 3}, {.count = 2, .seed = 1});
    MatrixBuffer<float> observation(4, 2), final_observation(4, 2);
    Mask mask(3, 2), final_mask(3, 2);
    ActionBatch actions({.integers = 1, .reals = 0}, 2);
    Buffer<double> reward(2);
    Buffer<std::uint8_t> terminated(2), truncated(2);
    envs.reset({0, 2}, observation.matrix());
    Index truncations = 0;
    for (int t = 0; t < 200; ++t) {
        envs.action_mask({0, 2}, mask.matrix());
        for (Index n = 0; n < 2; ++n) {
            for (Index i = 0; i < 3; ++i) CHECK(observation(i, n) == static_cast<float>(mask(i, n)));
            Index choice = 0;
            while (mask(choice, n) == 0) ++choice;
            actions.all().integers(0, n) = static_cast<int>(choice);
        }
        StepView out{observation.matrix(), final_observation.matrix(), reward.span(),
                     terminated.span(),    truncated.span(),           final_mask.matrix()};
        envs.step({0, 2}, actions.all(), out);
        for (Index n = 0; n < 2; ++n) {
            if (truncated[n] == 0) continue;
            ++truncations;
            for (Index i = 0; i < 3; ++i) CHECK(final_observation(i, n) == static_cast<float>(final_mask(i, n)));
        }
    }
    CHECK(truncations > 10);
}

TEST_CASE("check_env tries legal actions only, and reports a state without any") {
    CHECK_NOTHROW(check_env(Masked{}));
    CHECK_THROWS_WITH(check_env(Deadlock{}, {.steps = 10}),
                      ContainsText("check_env: environment 0 gave a mask without a legal action in step"));
}
