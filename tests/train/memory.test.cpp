// Networks with memory: what is collected, valued and learned from sequences.
#include "catch.hpp"

#include <algorithm>
#include <vector>

#include "gradiva/gradiva.hpp"
#include "helpers/leaky_network.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Pendulums of unequal time limits, of which the angular velocity is not seen.
auto pendulums(Index count, std::uint64_t seed = 3) {
    const auto make = [](Index n) { return TimeLimit(Select(CartPole{}, {0, 2}), 4 + 3 * n); };
    return Vectorized(make, {.count = count, .seed = seed});
}

/// Rollouts of an actor and a critic with memory.
struct Rig {
    explicit Rig(Index threads_count = 1) : threads(threads_count) {}

    decltype(pendulums(3)) envs = pendulums(3);
    Actor<LeakyNetwork<double>, Categorical<double>> actor{envs, Leaky{5}, Categorical<double>(2)};
    Critic<LeakyNetwork<double>> critic{LeakyNetwork<double>(2, 1, Leaky{4}, Rng(5), 1.0)};
    Threads threads;
    Rollout<double> rollout{envs, actor};
    Collector<decltype(envs), decltype(actor)> collect{envs, actor, threads};
    Estimator<decltype(critic)> estimate{critic, threads};

    void next(Index steps, Index sequence) {
        rollout.sequence = sequence;
        collect.steps(rollout, steps);
        estimate(rollout, Gae{.gamma = 0.9, .lambda = 0});
    }
};

/// The critic's values, one observation after the other.
class PlainValues {
public:
    explicit PlainValues(const Rig& rig) : rig_(rig), state_(4, 3) {}

    double value(ConstMatrixMap<float> observation, Index n, bool keep) {
        const Matrix<double> x = observation.cast<double>();
        const Index width = 1;
        const std::uint8_t begins = 0;
        const auto v = rig_.critic.forward(
            x, Sequences<double>{{&width, 1}, {&begins, 1}, std::as_const(state_).columns({n, n + 1})}, tape_);
        const double result = v[0];
        if (keep) state_.columns({n, n + 1}) = rig_.critic.state_after(tape_, 0);
        return result;
    }
    void clear(Index n) { state_.clear_columns({n, n + 1}); }

private:
    const Rig& rig_;
    MatrixBuffer<double> state_;
    Critic<LeakyNetwork<double>>::Tape tape_;
};

/// An update that has rollouts estimated, and moves all values up before the second: the newest twice, then, in further
/// iterations, an older one and the newest.
struct Valued {
    Critic<LeakyNetwork<double>>& critic;

    template <class Estimate>
    UpdateReport operator()(RolloutStore<double>& store, const Estimate& estimate, double) const {
        Rollout<double>* newest = nullptr;
        Rollout<double>* first = nullptr;
        store.for_each([&](auto& entry, Index age) {
            if (age == 0) newest = &entry.rollout;
            first = &entry.rollout;
        });
        const double before = newest->value(2, 1);
        newest->value(2, 1) = 7;
        estimate(*first);
        CHECK(newest->value(2, 1) == 7);  // of the newest no pass is repeated
        critic.weights().back() += 1;     // the bias of the output
        estimate(*newest);
        CHECK(newest->value(2, 1) == Catch::Approx(before + 1));
        CHECK(newest->advantage(2, 1) == Catch::Approx(newest->value_target(2, 1) - newest->value(2, 1)));
        return {};
    }
};

}  // namespace

TEST_CASE("values of a critic with memory are those of one observation after the other, from rollout to rollout") {
    for (const Index sequence : {0, 1, 2, 7}) {
        CAPTURE(sequence);
        Rig rig;
        PlainValues plain(rig);
        Index finals = 0;
        for (int i = 0; i < 4; ++i) {
            rig.next(9, sequence);
            const Rollout<double>& rollout = rig.rollout;
            Index final = 0;
            for (Index t = 0; t < 9; ++t) {
                for (Index n = 0; n < 3; ++n) {
                    CAPTURE(i, t, n);
                    const Index column = t * 3 + n;
                    CHECK(rollout.value(n, t) ==
                          plain.value(rollout.observation.columns({column, column + 1}), n, true));
                    if (rollout.truncated(n, t) != 0) {
                        CHECK(rollout.final_sample[final] == column);
                        CHECK(rollout.next_value(n, t) ==
                              plain.value(rollout.final_observation.columns({final, final + 1}), n, false));
                        ++final;
                    }
                    if (rollout.truncated(n, t) + rollout.terminated(n, t) != 0) plain.clear(n);
                }
            }
            finals += final;
            for (Index n = 0; n < 3; ++n) {
                CHECK(rollout.value(n, 9) == plain.value(rollout.observation.columns({27 + n, 28 + n}), n, false));
            }
        }
        CHECK(finals > 3);
    }
}

TEST_CASE("what an update learns from is valued by the weights of that moment, and not twice by the same") {
    Rig rig;
    Trainer trainer({.name = "Own", .horizon = 9, .store = 2, .sequence = 4}, rig.envs, rig.actor, rig.critic, Gae{},
                    [&](Threads&) { return Valued{rig.critic}; });
    CHECK(trainer.train({.steps = 3 * 27}).iteration == 3);
}

TEST_CASE("a policy with memory gives the samples of shuffled sequences the log-probs that it acted with") {
    for (const Index sequence : {0, 1, 2, 7}) {
        CAPTURE(sequence);
        Rig rig;
        for (int i = 0; i < 3; ++i) rig.next(11, sequence);
        Minibatches order;
        order.reset(rig.rollout, rig.rollout.steps_of_sequence());
        Rng rng(1);
        order.shuffle(rng);
        const Buffer<double> advantage(order.sample_count(), 0.0);
        SampleBatch<double> batch;
        decltype(rig.actor)::Tape tape;
        Index samples = 0;
        for (Index begin = 0; begin < order.size(); begin += 4) {
            batch.gather_for_actor({rig.rollout, order, advantage, {begin, std::min(begin + 4, order.size())}});
            Buffer<double> log_prob(batch.old_log_prob.size());
            batch.forward(rig.actor, tape);
            rig.actor.log_prob(tape, std::as_const(batch.action).all(), log_prob.vector());
            CHECK(log_prob == batch.old_log_prob);
            samples += log_prob.size();
        }
        CHECK(samples == 33);
    }
}

TEST_CASE("a policy with memory differs in nothing from itself when it reweighs what it collected") {
    for (const Index sequence : {0, 3}) {
        CAPTURE(sequence);
        Rig rig;
        for (int i = 0; i < 2; ++i) rig.next(10, sequence);
        rig.rollout.log_ratio(1, 4) = 7;
        Reweigher reweigh(rig.actor, rig.threads);
        CHECK(reweigh(rig.rollout).kl == 0);
        CHECK(rig.rollout.log_ratio.matrix() == Matrix<double>::Zero(3, 10));
    }
}

TEST_CASE("a policy with memory goes over what another collected from states of zeros") {
    Rig rig;
    Actor other(rig.envs, Mlp{.hidden = {4}}, Categorical<double>(2));
    Rollout<double> rollout(rig.envs, other);
    Collector collect(rig.envs, other, rig.threads);
    collect.steps(rollout, 10);

    Minibatches order;
    order.reset(rollout, 10);
    const Buffer<double> advantage(order.sample_count(), 0.0);
    SampleBatch<double> batch;
    decltype(rig.actor)::Tape tape;
    batch.gather_for_actor({rollout, order, advantage, {0, 3}});
    CHECK_THROWS_WITH(
        batch.forward(rig.actor, tape),
        "update: the rollout has states of 0 numbers, where the memory of the network has 5; collect it by "
        "this policy");

    Reweigher(rig.actor, rig.threads)(rollout);
    CarriedStates<double> states(5, {0, 3});
    for (Index t = 0; t < 10; ++t) {
        const Matrix<double> x = rollout.observation.columns({3 * t, 3 * t + 3}).cast<double>();
        rig.actor.forward(x, all_legal(3), states.one_step({0, 3}), tape);
        states.take({0, 3}, rig.actor.state_after(tape, 0));
        Buffer<double> log_prob(3);
        rig.actor.log_prob(tape, std::as_const(rollout.action).columns({3 * t, 3 * t + 3}), log_prob.vector());
        for (Index n = 0; n < 3; ++n) {
            CHECK(rollout.log_ratio(n, t) == log_prob[n] - rollout.log_prob(n, t));
            if (rollout.terminated(n, t) + rollout.truncated(n, t) != 0) states.clear({n, n + 1});
        }
    }
}

TEST_CASE("sequences that start where a rollout has no states are refused") {
    Rig rig;
    rig.next(10, 4);
    Minibatches order;
    SampleBatch<double> batch;
    decltype(rig.actor)::Tape tape;
    for (const Index steps : {1, 2, 4, 6, 8, 10}) {
        CAPTURE(steps);
        order.reset(rig.rollout, steps);
        const Buffer<double> advantage(order.sample_count(), 0.0);
        batch.gather_for_actor({rig.rollout, order, advantage, {0, 2}});
        if (steps % 4 == 0 || steps == 10) {
            CHECK_NOTHROW(batch.forward(rig.actor, tape));
        } else {
            CHECK_THROWS_WITH(batch.forward(rig.actor, tape),
                              ContainsText("update: sequences do not start where the rollout has states"));
        }
    }
}

TEST_CASE("two rollouts of half the steps are one of all") {
    Rig halves, whole;
    for (int i = 0; i < 3; ++i) {
        CAPTURE(i);
        whole.next(10, 4);
        for (const Index half : {0, 1}) {
            halves.next(5, 2);
            const Range first{15 * half, 15 * (half + 1)};
            const auto same = [&](const auto& a, const auto& b) {
                return std::equal(a.data(), a.data() + 15, b.data() + first.begin);
            };
            CHECK(same(halves.rollout.log_prob, whole.rollout.log_prob));
            CHECK(same(halves.rollout.value, whole.rollout.value));
            CHECK(same(halves.rollout.next_value, whole.rollout.next_value));
            CHECK(same(halves.rollout.advantage, whole.rollout.advantage));
        }
    }
}

TEST_CASE("no bit of a training with memory depends on the number of threads", "[threads]") {
    const auto weights_of = [](auto train, Index threads) {
        auto envs = pendulums(9);
        Actor actor(envs, Leaky{4});
        Critic critic(envs, Leaky{3});
        train(envs, actor, critic, threads);
        std::vector<float> weights(actor.weights().begin(), actor.weights().end());
        weights.insert(weights.end(), critic.weights().begin(), critic.weights().end());
        return weights;
    };
    const auto check = [&](auto train) {
        const std::vector<float> one = weights_of(train, 1);
        CHECK(std::all_of(one.begin(), one.end(), [](float w) { return std::isfinite(w); }));
        CHECK(weights_of(train, 2) == one);
        CHECK(weights_of(train, 4) == one);
    };
    SECTION("PpoClip") {
        check([](auto& envs, auto& actor, auto& critic, Index threads) {
            PpoClip trainer(envs, actor, critic, Gae{},
                            {.horizon = 20, .minibatch = 60, .epochs = 3, .threads = threads});
            trainer.train({.steps = 540});
        });
    }
    SECTION("Reinforce") {
        check([](auto& envs, auto& actor, auto& critic, Index threads) {
            Reinforce trainer(envs, actor, critic, RewardToGo{}, {.episodes = 1, .threads = threads});
            trainer.train({.steps = 400});
        });
    }
}
