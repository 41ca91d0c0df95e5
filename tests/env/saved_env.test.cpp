#include "gradiva/env/saved_env.hpp"

#include "catch.hpp"
#include "gradiva/env/clip_reward.hpp"
#include "gradiva/env/frame_stack.hpp"
#include "gradiva/env/rescale_action.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/archery.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "helpers/environments.hpp"
#include "helpers/masked_mirror.hpp"
#include "helpers/resumed.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Pays for its number of steps, which it alone knows.
template <class E>
struct Tired : Wrapper<E> {
    using Wrapper<E>::Wrapper;
    int steps = 0;
    Outcome step(ActionOf<E> action, Rng& rng, std::span<float> observation) {
        Outcome outcome = this->wrapped().step(action, rng, observation);
        outcome.reward -= 0.001 * ++steps;
        return outcome;
    }
    void visit_state(State& state) requires HasSavedState<E> {
        Wrapper<E>::visit_state(state);
        state("steps", steps);
    }
};
template <class E>
Tired(E) -> Tired<E>;

struct Plain : Ticker {
    static constexpr bool saved_as_bytes = true;
};

}  // namespace

TEST_CASE("wrappers go on from their saved state with the same bits, in any order") {
    CHECK(resumed_difference(TimeLimit(CartPole{}, 9)).empty());
    CHECK(resumed_difference(TimeLimit(FrameStack(CartPole{}, 4), 9)).empty());
    CHECK(resumed_difference(FrameStack(TimeLimit(FrameStack(TimeLimit(CartPole{}, 11), 2), 9), 3)).empty());
    CHECK(resumed_difference(TimeLimit(ClipReward(RescaleAction(FrameStack(Pendulum{}, 2)), -2, 0), 20)).empty());
    CHECK(resumed_difference(RescaleAction(FrameStack(Archery({.targets = 6, .arrows = 5}), 3))).empty());
    CHECK(resumed_difference(TimeLimit(Tired(Plain{{.length = 8}}), 20)).empty());
}

TEST_CASE("a wrapper of other options is not restored, and says which") {
    const Pendulum env;
    CHECK_THAT(refusal_of(TimeLimit(env, 5), TimeLimit(env, 6)),
               ContainsText("test: limit is 5 where it was saved and 6 here"));
    CHECK_THAT(refusal_of(FrameStack(env, 2), FrameStack(env, 3)), ContainsText("test: count is 2 where"));
    CHECK_THAT(refusal_of(ClipReward(env, -1, 1), ClipReward(env, -2, 1)), ContainsText("test: low is -1 where"));
    CHECK_THAT(refusal_of(ClipReward(env, -1, 1), ClipReward(env, -1, 2)), ContainsText("test: high is 1 where"));
    CHECK_THAT(refusal_of(TimeLimit(ClipReward(env, -1, 1), 5), TimeLimit(ClipReward(env, -1, 2), 5)),
               ContainsText("test: wrapped/high is 1 where"));
}

TEST_CASE("an environment with other bounds is not restored") {
    struct Mirror : MaskedMirror {
        void visit_state(State& state) { state("at", at); }
    };
    const auto with_bounds = [](float low, float high) {
        Mirror env;
        env.low[0] = low;
        env.high[1] = high;
        return RescaleAction(env);
    };
    CHECK_THAT(refusal_of(with_bounds(2, 30), with_bounds(3, 30)), ContainsText("test: bounds/low[0] is 2 where"));
    CHECK_THAT(refusal_of(with_bounds(2, 30), with_bounds(2, 31)), ContainsText("test: bounds/high[1] is 30 where"));
    CHECK_THAT(refusal_of(Vectorized(with_bounds(2, 30)), Vectorized(with_bounds(2, 31))),
               ContainsText("test: env/bounds/high[0][1] is 30 where"));
}

TEST_CASE("Vectorized of another count, seed or space is not restored, and says which") {
    const auto refusal = [](const VectorizedOptions& saved, const VectorizedOptions& here) {
        return refusal_of(Vectorized(CartPole{}, saved), Vectorized(CartPole{}, here));
    };
    CHECK(refusal({.count = 3, .seed = 4}, {.count = 3, .seed = 4}).empty());
    CHECK_THAT(refusal({.count = 3}, {.count = 2}), ContainsText("test: count is 3 where it was saved and 2 here"));
    CHECK_THAT(refusal({.seed = 4}, {.seed = 5}), ContainsText("test: seed is 4 where it was saved and 5 here"));
    CHECK_THAT(refusal_of(Vectorized(Wanderer{}), Vectorized(Wanderer{.blanks = 1}), Episodes::restarted),
               ContainsText("test: observation_space/size is 3 where it was saved and 4 here"));
    CHECK_THAT(refusal_of(Vectorized(Bandit{.rewards = {1, 2}}), Vectorized(Bandit{.rewards = {1, 2, 3}}),
                          Episodes::restarted),
               ContainsText("test: action_space/n is 2 where it was saved and 3 here"));
}

TEST_CASE("where episodes begin anew, and without saved environments, the streams alone are restored") {
    const Vectorized fresh(TimeLimit(CartPole{}, 9), {.count = 3});
    CHECK(resumed_difference(fresh, 20, 40, 3).empty());
    CHECK(resumed_difference(fresh, 20, 40, 1, Episodes::restarted).empty());
    Vectorized saved(fresh);
    Vectorized walking(Wanderer{}, {.count = 3});
    CHECK(image_of(saved).find("env/wrapped/x") != nullptr);
    CHECK(image_of(saved, Episodes::restarted).find("env/wrapped/x") == nullptr);
    CHECK(image_of(saved, Episodes::restarted).find("streams/words") != nullptr);
    CHECK(image_of(walking, Episodes::restarted).find("streams/words") != nullptr);
    CHECK(image_of(walking, Episodes::restarted).arrays().back().path.substr(0, 7) == "streams");
    CHECK_THROWS_WITH(image_of(walking), ContainsText("Vectorized: these environments show no state"));
}

TEST_CASE("all numbers of a space are compared where it is fixed") {
    struct Part {
        HybridSpace hybrid{{.n = 2}, {.size = 1, .low = {-1}, .high = {1}}};
        MultiDiscrete dials{{2, 3}};
        MultiBinary answers{4};
        void visit_state(State& state) {
            state.fixed("hybrid", hybrid);
            state.fixed("dials", dials);
            state.fixed("answers", answers);
        }
    };
    const auto refusal = [](const auto& change) {
        Part here;
        change(here);
        return refusal_of(Part{}, here);
    };
    CHECK(refusal([](Part&) {}).empty());
    CHECK_THAT(refusal([](Part& p) { p.hybrid.choice.n = 3; }), ContainsText("hybrid/choice/n is 2 where"));
    CHECK_THAT(refusal([](Part& p) { p.hybrid.box.size = 2; }), ContainsText("hybrid/box/size is 1 where"));
    CHECK_THAT(refusal([](Part& p) { p.hybrid.box.low = {}; }), ContainsText("hybrid/box/low has 1 numbers where"));
    CHECK_THAT(refusal([](Part& p) { p.hybrid.box.high = {2}; }), ContainsText("hybrid/box/high is 1 where"));
    CHECK_THAT(refusal([](Part& p) { p.dials.n[1] = 4; }), ContainsText("dials/n[1] is 3 where"));
    CHECK_THAT(refusal([](Part& p) { p.answers.size = 5; }), ContainsText("answers/size is 4 where"));
}
