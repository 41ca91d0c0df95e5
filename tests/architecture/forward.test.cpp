#include "gradiva/forward.hpp"

#include <type_traits>

namespace {

/// A user's header: it names types and has none of them.
struct Game {
    gradiva::Rng* rng;
    gradiva::Vectorized<gradiva::TimeLimit<gradiva::CartPole>>* envs;
    gradiva::Rollout<float>* rollout;
    gradiva::MlpNetwork<float>* network;
    gradiva::Categorical<float>* distribution;
    const gradiva::Progress* progress;
};

}  // namespace

#include "catch.hpp"
#include "gradiva/gradiva.hpp"

using namespace gradiva;

TEST_CASE("What forward.hpp declares are the library's types") {
    TimeLimit limited(CartPole{}, 10);
    Vectorized envs(limited, {.count = 2});
    Actor actor(envs, Mlp{.hidden = {}});
    Rollout<float> rollout(envs, actor);
    Rng rng(1);
    const Progress progress;
    const Game game{&rng, &envs, &rollout, nullptr, nullptr, &progress};
    CHECK(game.envs->size() == 2);
    static_assert(std::is_same_v<decltype(actor), Actor<std::remove_pointer_t<decltype(game.network)>,
                                                        std::remove_pointer_t<decltype(game.distribution)>>>);
}
