// Sizes that are no multiples of shards, passes or vectors, down to one: the number of threads must change no bit.
#include "catch.hpp"

#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole_batch.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/policy/critic.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gradiva;

namespace {

struct Sizes {
    Index environments, horizon, minibatch;
    std::vector<Index> hidden;
};

// One environment, one sample; fewer samples than threads; minibatches one sample above that of a shard; widths below,
// at and above those of vectors.
const std::vector<Sizes> all_sizes = {
    {1, 1, 1, {1}},        {1, 2, 2, {3}},     {1, 5, 2, {17, 5}},      {3, 7, 5, {16}},
    {5, 53, 129, {33, 2}}, {7, 40, 257, {65}}, {131, 3, 393, {20, 20}},
};

template <class V>
std::vector<float> weights_after(V envs, const Sizes& sizes, Index threads) {
    Actor actor(envs, Mlp{.hidden = sizes.hidden});
    Critic critic(envs, Mlp{.hidden = sizes.hidden, .activation = Activation::relu});
    const std::vector<float> actors(actor.weights().begin(), actor.weights().end());
    const std::vector<float> critics(critic.weights().begin(), critic.weights().end());
    PpoClip trainer(envs, actor, critic, Gae{},
                    {.horizon = sizes.horizon, .minibatch = sizes.minibatch, .epochs = 2, .threads = threads});
    trainer.train({.steps = 3 * sizes.environments * sizes.horizon});
    std::vector<float> weights(actor.weights().begin(), actor.weights().end());
    REQUIRE(weights != actors);
    REQUIRE_FALSE(std::equal(critics.begin(), critics.end(), critic.weights().begin()));
    weights.insert(weights.end(), critic.weights().begin(), critic.weights().end());
    return weights;
}

template <class MakeEnvs>
void check_threads(const MakeEnvs& make_envs) {
    for (const Sizes& sizes : all_sizes) {
        CAPTURE(sizes.environments, sizes.horizon, sizes.minibatch, sizes.hidden);
        const std::vector<float> one = weights_after(make_envs(sizes.environments), sizes, 1);
        for (const float w : one) REQUIRE(std::isfinite(w));
        for (const Index threads : {2, 3, 16}) {
            CAPTURE(threads);
            REQUIRE((weights_after(make_envs(sizes.environments), sizes, threads) == one));
        }
    }
}

}  // namespace

TEST_CASE("more threads than cores, environments, shards or samples change no bit of a training", "[threads]") {
    SECTION("with actions of real numbers") {
        check_threads([](Index count) { return Vectorized(TimeLimit(Pendulum{}, 9), {.count = count, .seed = 1}); });
    }
    SECTION("with choices, in an environment that steps many at once") {
        check_threads([](Index count) { return CartPoleBatch({.count = count, .seed = 1, .limit = 30}); });
    }
}
