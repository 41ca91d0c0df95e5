#include "gradiva/rollout/collect.hpp"

#include <set>
#include <tuple>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "helpers/environments.hpp"
#include "helpers/largest.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Environments, an actor that cares about what it sees, and a rollout.
template <class E, class Scalar = float>
struct Rig {
    template <class Source>
    Rig(const Source& source, VectorizedOptions options, Index thread_count = 1)
        : envs(source, options), actor(envs, {.hidden = {8}}, Categorical<Scalar>(envs.action_space().n)),
          threads(thread_count), rollout(envs, actor), collect(envs, actor, threads) {
        Rng rng(options.seed);
        for (Scalar& w : actor.weights()) w = static_cast<Scalar>(0.5 * rng.normal());
    }

    Vectorized<E> envs;
    Actor<MlpNetwork<Scalar>, Categorical<Scalar>> actor;
    Threads threads;
    Rollout<Scalar> rollout;
    Collector<Vectorized<E>, Actor<MlpNetwork<Scalar>, Categorical<Scalar>>> collect;
};

auto tickers(bool truncates) {
    return [=](Index i) { return Ticker{.id = i, .length = 2 + i, .truncates = truncates}; };
}

template <class Scalar>
void check_same(const Rollout<Scalar>& a, const Rollout<Scalar>& b) {
    CHECK(a.observation == b.observation);
    CHECK(a.head == b.head);
    CHECK(a.log_prob == b.log_prob);
    CHECK(a.reward == b.reward);
    CHECK(a.terminated == b.terminated);
    CHECK(a.truncated == b.truncated);
    CHECK(a.length == b.length);
    CHECK(a.final_sample == b.final_sample);
    CHECK(a.final_observation == b.final_observation);
    CHECK(a.action.all().integers == b.action.all().integers);
}

/// All that is stored of each step, step by step, of the first environments; final observations beside.
template <class Scalar>
std::vector<std::vector<double>> moments_in(const Rollout<Scalar>& r, Index environments) {
    std::vector<std::vector<double>> moments;
    for (Index t = 0; t < r.horizon; ++t) {
        for (Index n = 0; n < environments; ++n) {
            const Index column = t * r.environments + n;
            std::vector<double> moment{static_cast<double>(r.log_prob(n, t)), static_cast<double>(r.reward(n, t)),
                                       static_cast<double>(r.terminated(n, t)), static_cast<double>(r.truncated(n, t)),
                                       static_cast<double>(r.action.all().integers(0, column))};
            const auto add = [&](const auto& numbers) {
                for (const auto x : numbers) moment.push_back(static_cast<double>(x));
            };
            add(r.observation.column(column));
            add(r.head.column(column));
            add(r.observation.column(column + r.environments));
            for (Index i = 0; i < r.final_sample.size(); ++i) {
                if (r.final_sample[i] == column) add(r.final_observation.column(i));
            }
            moments.push_back(moment);
        }
    }
    return moments;
}

/// Returns and lengths of the episodes that ended, by environment.
template <class Scalar>
std::multiset<std::tuple<Index, double, Index>> episodes_in(const Rollout<Scalar>& r, Index environments) {
    std::multiset<std::tuple<Index, double, Index>> episodes;
    for (const FinishedEpisode& e : r.finished) {
        if (e.environment < environments) episodes.insert({e.environment, e.reward_sum, e.length});
    }
    return episodes;
}

}  // namespace

TEST_CASE("A rollout holds sample t of environment n in column t N + n without filler rows") {
    Rig<Ticker> rig(tickers(false), {.count = 3});
    rig.collect.steps(rig.rollout, 7);
    const auto& r = rig.rollout;
    CHECK(r.horizon == 7);
    CHECK(!r.whole_episodes);
    CHECK(r.sample_count() == 21);
    for (Index n = 0; n < 3; ++n) {
        const Index length = 2 + n;
        for (Index t = 0; t <= 7; ++t) {
            CHECK(r.observation(0, t * 3 + n) == static_cast<float>(n));
            CHECK(r.observation(1, t * 3 + n) == static_cast<float>(t / length));
            CHECK(r.observation(2, t * 3 + n) == static_cast<float>(t % length));
            if (t == 7) continue;
            CHECK(r.reward(n, t) == static_cast<float>(1 + n));
            CHECK(r.terminated(n, t) == (t % length == length - 1 ? 1 : 0));
            CHECK(r.truncated(n, t) == 0);
        }
    }
    CHECK(r.final_sample.empty());
    CHECK(r.final_observation.cols() == 0);
    CHECK(r.final_mask.cols() == 0);
    rig.rollout.log_ratio.matrix().setConstant(5);
    rig.collect.steps(rig.rollout, 7);
    CHECK((r.log_ratio.matrix().array() == 0).all());
}

TEST_CASE("The next rollout goes on where the last one stopped") {
    Rig<Ticker> whole(tickers(true), {.count = 3});
    whole.collect.steps(whole.rollout, 9);
    Rig<Ticker> pieces(tickers(true), {.count = 3});
    const Index horizons[] = {4, 5};
    Index t0 = 0;
    for (const Index horizon : horizons) {
        pieces.collect.steps(pieces.rollout, horizon);
        for (Index t = 0; t <= horizon; ++t) {
            for (Index n = 0; n < 3; ++n) {
                for (Index i = 0; i < 3; ++i) {
                    CHECK(pieces.rollout.observation(i, t * 3 + n) == whole.rollout.observation(i, (t0 + t) * 3 + n));
                }
                if (t < horizon) CHECK(pieces.rollout.log_prob(n, t) == whole.rollout.log_prob(n, t0 + t));
            }
        }
        t0 += horizon;
    }
}

TEST_CASE("The final observation of every truncated episode is kept with its sample") {
    Rig<Ticker> rig(tickers(true), {.count = 6});
    rig.collect.steps(rig.rollout, 8);
    const auto& r = rig.rollout;
    Index expected = 0;
    for (Index n = 0; n < 6; ++n) expected += 8 / (2 + n);
    REQUIRE(r.final_sample.size() == expected);
    REQUIRE(r.final_observation.cols() == expected);
    for (Index f = 0; f < expected; ++f) {
        const Index n = r.final_sample[f] % 6, t = r.final_sample[f] / 6;
        CHECK(r.truncated(n, t) == 1);
        CHECK(r.terminated(n, t) == 0);
        CHECK(r.final_observation(0, f) == static_cast<float>(n));
        CHECK(r.final_observation(1, f) == static_cast<float>(t / (2 + n)));
        CHECK(r.final_observation(2, f) == static_cast<float>(2 + n));
    }
}

TEST_CASE("Episodes that ended are reported with their whole return and length across rollouts") {
    Rig<Ticker> rig([](Index i) { return Ticker{.id = i, .length = 5}; }, {.count = 2});
    for (const Index ended : {0, 2, 0, 2, 2}) {  // after 3, 6, 9, 12 and 15 steps
        rig.collect.steps(rig.rollout, 3);
        REQUIRE(rig.rollout.finished.size() == ended);
        for (const FinishedEpisode& episode : rig.rollout.finished) {
            CHECK(episode.length == 5);
            CHECK(episode.reward_sum == 5.0 * static_cast<double>(1 + episode.environment));
        }
    }
}

TEMPLATE_TEST_CASE("Stored log-probs and heads are those of the actor afterwards so that the first ratio is 1", "",
                   float, double) {
    Rig<Wanderer, TestType> rig(Wanderer{}, {.count = 6, .seed = 2});
    for (int rollout = 0; rollout < 2; ++rollout) {
        rig.collect.steps(rig.rollout, 20);
        auto& r = rig.rollout;
        typename decltype(rig.actor)::Tape tape;
        const Matrix<TestType> observation = r.observation.columns({0, 120}).template cast<TestType>();
        rig.actor.forward(observation, tape);
        Vector<TestType> log_prob(120);
        rig.actor.log_prob(tape, std::as_const(r.action).all(), log_prob);
        const auto difference = log_prob - VectorMap<TestType>(r.log_prob.data(), 120);
        CHECK(static_cast<double>(largest_size(difference)) < 1e-6);
        CHECK(largest_size(tape.head - r.head.matrix()) < TestType(1e-6));
        CHECK(log_prob.array().exp().maxCoeff() < TestType(1));
    }
}

TEST_CASE("The actions of each environment come from a stream of its own") {
    Rig<Wanderer> all(Wanderer{}, {.count = 6, .seed = 2});
    Rig<Wanderer> few(Wanderer{}, {.count = 2, .seed = 2});
    few.actor = all.actor;
    all.collect.steps(all.rollout, 50);
    few.collect.steps(few.rollout, 50);
    std::vector<int> first, second;
    for (Index t = 0; t < 50; ++t) {
        for (Index n = 0; n < 2; ++n) {
            CHECK(all.rollout.action.all().integers(0, t * 6 + n) == few.rollout.action.all().integers(0, t * 2 + n));
        }
        first.push_back(few.rollout.action.all().integers(0, 2 * t));
        second.push_back(few.rollout.action.all().integers(0, 2 * t + 1));
    }
    CHECK(first != second);
}

TEST_CASE("Rollouts have the same bits with 1, 2 and 4 threads", "[threads]") {
    for (const bool whole_episodes : {false, true}) {
        INFO("whole episodes " << whole_episodes);
        const TimeLimit env(Wanderer{}, 30);
        Rig<TimeLimit<Wanderer>> one(env, {.count = 13, .seed = 3}, 1);
        Rig<TimeLimit<Wanderer>> two(env, {.count = 13, .seed = 3}, 2);
        Rig<TimeLimit<Wanderer>> four(env, {.count = 13, .seed = 3}, 4);
        for (int i = 0; i < 3; ++i) {
            for (auto* rig : {&one, &two, &four}) {
                if (whole_episodes) {
                    rig->collect.episodes(rig->rollout, 2);
                } else {
                    rig->collect.steps(rig->rollout, 11);
                }
            }
            check_same(one.rollout, two.rollout);
            check_same(one.rollout, four.rollout);
        }
    }
}

TEST_CASE("Twice the steps are two rollouts, and an environment does not depend on those beside it", "[threads]") {
    constexpr Index steps = 40;
    const TimeLimit env(Wanderer{.terminates = 0.1, .truncates = 0.1}, 9);
    for (const Index count : {3, 20, 67}) {
        CAPTURE(count);
        Rig<TimeLimit<Wanderer>> whole(env, {.count = count, .seed = 3}), halves(env, {.count = count, .seed = 3}),
            more(env, {.count = count + 30, .seed = 3}, 3);  // in shards, and parts of 64 steps
        for (auto* rig : {&halves, &more}) rig->actor = whole.actor;
        whole.collect.steps(whole.rollout, 2 * steps);
        more.collect.steps(more.rollout, 2 * steps);
        const auto all = episodes_in(whole.rollout, count);
        CHECK(static_cast<Index>(all.size()) > 2 * count);
        CHECK((all == episodes_in(more.rollout, count)));
        CHECK((moments_in(whole.rollout, count) == moments_in(more.rollout, count)));
        std::vector<std::vector<double>> moments;
        std::multiset<std::tuple<Index, double, Index>> episodes;
        for (int half = 0; half < 2; ++half) {
            halves.collect.steps(halves.rollout, steps);
            const auto of_half = moments_in(halves.rollout, count);
            moments.insert(moments.end(), of_half.begin(), of_half.end());
            episodes.merge(episodes_in(halves.rollout, count));
        }
        CHECK((moments == moments_in(whole.rollout, count)));
        CHECK((episodes == all));
    }
}
