// A Learner whose agents are in step gives the bits of a trainer.
#include "gradiva/agents/learner.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agents/in_step.hpp"
#include "catch.hpp"
#include "gradiva/gradiva.hpp"
#include "train/walks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr Index columns = 5, iterations = 4;

/// How a learner is driven.
enum class Drive { whole, in_pieces, as_batch };

template <class Weights>
std::vector<double> copy_of(const Weights& weights) {
    return {weights.begin(), weights.end()};
}

/// What the two have to agree in.
struct Outcomes {
    std::vector<double> actor, critic, report;
    bool operator==(const Outcomes&) const = default;
};

std::vector<double> numbers_of(const Progress& progress) {
    std::vector<double> numbers;
    for_each_number(progress, [&](std::string_view name, auto number) {
        const double value = static_cast<double>(number);
        const bool differs = name == "seconds" || name == "steps_per_second" || value != value;
        numbers.push_back(differs ? 0 : value);
    });
    return numbers;
}

template <class Make, class V, class Description, class Options>
Outcomes by_trainer(const Make& make, V envs, const Description& description, const Gae& gae, const Options& options) {
    Actor actor(envs, description);
    Critic critic(envs, description);
    auto trainer = make(envs, actor, critic, gae, options);
    const Progress last = trainer.train({.steps = iterations * columns * options.horizon});
    return {copy_of(std::as_const(actor).weights()), copy_of(std::as_const(critic).weights()), numbers_of(last)};
}

template <class V, class Description, class Options>
Outcomes by_learner(V envs, const Description& description, const Gae& gae, const Options& options, Drive drive) {
    const Index steps = iterations * columns * options.horizon;
    Learner learner(
        envs.observation_space(), envs.action_space(), description, description, gae, options,
        {.streams = columns, .seed = envs.seed(), .masked = HasVectorActionMask<V>, .schedule_steps = steps});
    std::vector<decltype(learner.join())> agents;
    InStep in_step(envs);
    in_step.join(learner, agents);
    std::vector<decltype(learner.join())*> pointers;
    for (auto& agent : agents) pointers.push_back(&agent);
    while (true) {
        in_step.observe(agents);
        if (drive != Drive::in_pieces) {
            learner.learn();
        } else {
            const Index before = learner.progress().learned;
            Index pieces = 0;
            while (!learner.learn(std::chrono::nanoseconds(0)) && learner.progress().learning > 0) ++pieces;
            CHECK((learner.progress().learned == before || pieces >= 3));
        }
        if (learner.progress().learned == steps) break;
        if (drive == Drive::as_batch) {
            learner.act(pointers, std::as_const(in_step).observation().matrix(), in_step.actions());
        } else {
            in_step.act(agents);
        }
        in_step.step(agents);
    }
    const LearnerProgress last = learner.progress();
    CHECK(last.acted == steps);
    CHECK(last.unrecorded + last.dropped + last.open + last.learning == 0);
    return {copy_of(std::as_const(learner).actor().weights()), copy_of(learner.critic().weights()), numbers_of(last)};
}

template <class Make, class V, class Description, class Options>
void check_same(const Make& make, const std::string& name, const V& envs, const Description& description,
                const Options& options) {
    const Gae gae{.gamma = 0.95, .lambda = 0.9};
    const Outcomes expected = by_trainer(make, envs, description, gae, options);
    CHECK(expected.actor.size() > 10);
    for (const Drive drive : {Drive::whole, Drive::in_pieces, Drive::as_batch}) {
        CAPTURE(name, static_cast<int>(drive));
        const Outcomes found = by_learner(envs, description, gae, options, drive);
        CHECK(found.actor == expected.actor);
        CHECK(found.critic == expected.critic);
        CHECK(found.report == expected.report);
    }
}

/// The rows of a table: spaces and networks with which an algorithm learns.
template <class Make, class Options>
void check_rows(const Make& make, Options options) {
    const Mlp mlp{.hidden = {6}};
    check_same(make, "discrete, masked", walks_of<true>(Discrete{.n = 3}, columns), mlp, options);
    check_same(make, "continuous", walks_of(Box{.size = 2}, columns), mlp, options);
    options.normalize_rewards = true;
    check_same(make, "normalised", walks_of<true>(Discrete{.n = 3}, columns),
               Mlp{.hidden = {6}, .normalize_observations = true}, options);
    check_same(make, "recurrent", walks_of<true>(Discrete{.n = 3}, columns), Gru{.before = {}, .units = 4, .after = {}},
               options);
}

}  // namespace

TEST_CASE("a Learner whose agents are in step learns what PpoClip does, to the bit") {
    check_rows([](auto&... parts) { return PpoClip(parts...); },
               PpoClipOptions{.horizon = 60,  // several passes of the critic
                              .minibatch = 50,
                              .epochs = 2,
                              .learning_rate = Linear{1e-2, 1e-3},
                              .value_clip = 0.3,
                              .sequence = 7});
}

TEST_CASE("a Learner whose agents are in step learns what PpoKl does, to the bit") {
    check_rows([](auto&... parts) { return PpoKl(parts...); },
               PpoKlOptions{.horizon = 16, .minibatch = 20, .epochs = 2, .learning_rate = 1e-2});
}

TEST_CASE("a Learner whose agents are in step learns what A2c does, to the bit") {
    check_rows([](auto&... parts) { return A2c(parts...); },
               A2cOptions{.horizon = 9, .learning_rate = 1e-2, .entropy = Linear{0.01, 0}});
}
