// What a policy with memory is worth: it remembers within an episode, and nothing of the one before.
#include <algorithm>
#include <array>

#include "catch.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/leaky_network.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Every second episode begins with a 1; all else that is observed is 0. An action is right that says whether this one
/// did; others cost 1. Episodes have two, three or four steps and end in both ways.
struct Cued {
    Index episode = 0, t = 0;

    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) {
        ++episode;
        t = 0;
        observation[0] = static_cast<float>(episode % 2);
    }
    Outcome step(int action, Rng&, std::span<float> observation) {
        observation[0] = 0;
        const bool ends = ++t == 2 + episode % 3, terminates = episode % 4 < 2;
        return {.reward = action == episode % 2 ? 0.0 : -1.0,
                .terminated = ends && terminates,
                .truncated = ends && !terminates};
    }
};

/// h' = tanh(10 x + 10 h): from 0 to 1 at the first 1, where it stays. Action 1 where it is 1, with certainty.
auto rememberer() {
    Actor actor(LeakyNetwork<float>(1, 2, Leaky{1}, Rng(1), 1.0), Categorical<float>(2));
    constexpr std::array<float, 7> weights{10, 10, 0, 0, 0, 2000, -1000};
    REQUIRE(actor.weights().size() == weights.size());
    std::copy(weights.begin(), weights.end(), actor.weights().begin());
    return actor;
}

}  // namespace

TEST_CASE("evaluate carries the state of a policy with memory through an episode, and clears it at the end") {
    const auto actor = rememberer();
    for (const bool greedy : {true, false}) {
        for (const Index environments : {1, 3, 16}) {
            CAPTURE(greedy, environments);
            const Evaluation result =
                evaluate(actor, Cued{}, {.episodes = 48, .greedy = greedy, .environments = environments});
            CHECK(result.episodes == 48);
            CHECK(result.mean_length > 2);
            CHECK(result.mean_return == 0);
        }
    }
}
