#include "gradiva/agents/learner_options.hpp"

#include "catch.hpp"
#include "gradiva/gradiva.hpp"

using namespace gradiva;

namespace {

auto learner_of(const LearnerOptions& of_learner, const PpoClipOptions& of_update = {.horizon = 8, .minibatch = 8}) {
    return Learner(Box{.size = 2}, Discrete{.n = 3}, Mlp{.hidden = {4}}, of_update, of_learner);
}

}  // namespace

TEST_CASE("options of a Learner out of range are errors that say how to mend them") {
    CHECK_NOTHROW(learner_of({}));
    CHECK_THROWS_WITH(learner_of({.streams = 0}), "Learner: streams is 0; give at least 1 agent");
    CHECK_THROWS_WITH(learner_of({.threads = -1}),
                      "Learner: threads is -1; give at least 1, or 0 for those of the algorithm's options");
    CHECK_THROWS_WITH(learner_of({.schedule_steps = -1}),
                      "Learner: schedule_steps is -1; give at least 1, or 0 where all schedules are constant");
    CHECK_THROWS_WITH(learner_of({.samples = -1}),
                      "Learner: samples is -1; give at least 1, or 0 for rollouts that close once columns are full");
    CHECK_THROWS_WITH(learner_of({.streams = 2, .samples = 17}),
                      "Learner: samples is 17; give at most streams x horizon (2 x 8 = 16)");
    CHECK_THROWS_WITH(learner_of({}, {.horizon = 8, .minibatch = 9}),
                      ContainsText("PpoClip: minibatch is 9; give a number of samples from 1 to"));
    CHECK_THROWS_WITH(learner_of({}, {.horizon = 8, .minibatch = 8, .threads = 0}), ContainsText("threads"));
}

TEST_CASE("a Learner refuses spaces that nothing can be done with") {
    const PpoClipOptions options{.horizon = 8, .minibatch = 8};
    const Mlp mlp{.hidden = {4}};
    CHECK_THROWS_WITH(Learner(Box{.size = 0}, Discrete{.n = 3}, mlp, options), ContainsText("Box of size 0"));
    CHECK_THROWS_WITH(Learner(Box{.size = 2}, Discrete{.n = 0}, mlp, options), ContainsText("n = 0"));
    CHECK_THROWS_WITH(Learner(Box{.size = 2}, Box{.size = 2}, mlp, options, {.masked = true}),
                      "Learner: masked is true, and Box(2) has no masks; leave it false");
}

TEST_CASE("schedules of a Learner that are not constant need the steps over which they run") {
    for (const auto& options : {PpoClipOptions{.clip = Linear{0.2, 0}, .horizon = 8, .minibatch = 8},
                                PpoClipOptions{.horizon = 8, .minibatch = 8, .learning_rate = Linear{1, 0}},
                                PpoClipOptions{.horizon = 8, .minibatch = 8, .entropy = Linear{1, 0}},
                                PpoClipOptions{.horizon = 8, .minibatch = 8, .value_clip = Linear{1, 0}}}) {
        CHECK_THROWS_WITH(learner_of({}, options),
                          "Learner: a schedule of PpoClip's options is not constant, and schedule_steps is 0; give the "
                          "number of steps over which it runs");
        CHECK_NOTHROW(learner_of({.schedule_steps = 100}, options));
    }
}
