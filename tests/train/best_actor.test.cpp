#include "gradiva/train/best_actor.hpp"

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using ActorType = Actor<MlpNetwork<float>, Categorical<float>>;

/// Shows an actor, as a trainer does.
struct Shown {
    const ActorType& shown;
    const ActorType& actor() const { return shown; }
};

}  // namespace

TEST_CASE("BestActor keeps the actor as it was at the highest mean return") {
    const Vectorized envs(Corridor{}, {.count = 1});
    Actor actor(envs, Mlp{.hidden = {}});
    BestActor best(actor);
    const Shown trainer{actor};
    CHECK(best.mean_return() == -std::numeric_limits<double>::infinity());
    const double returns[] = {std::numeric_limits<double>::quiet_NaN(), 1, 5, 3, 5};
    const float kept[] = {-1, 1, 2, 2, 2};
    actor.weights()[0] = -1;
    best = BestActor(actor);
    for (std::size_t i = 0; i < 5; ++i) {
        actor.weights()[0] = static_cast<float>(i);
        best(Progress{.algorithm = "Test", .mean_return = returns[i]}, trainer);
        CHECK(best.actor().weights()[0] == kept[i]);
    }
    CHECK(best.mean_return() == 5);
}
