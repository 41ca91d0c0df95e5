// Networks without memory that are run over sequences: what they collect, value and learn is what they do without.
#include <algorithm>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/train/estimate.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/ignored_state.hpp"
#include "helpers/random.hpp"
#include "learn/recording_optimizer.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr Index steps = 11, count = 5, samples = steps * count;

const Mlp mlp{.hidden = {6, 5}};

/// Rollouts of an actor and a critic, with ends of both kinds inside sequences.
template <class Scalar, class Description>
struct Rig {
    explicit Rig(const Description& description)
        : actor(envs, description, Categorical<Scalar>(3)), critic(Network(3, 1, description, Rng(5), 1.0)) {
        Rng rng(17);
        for (Scalar& w : actor.weights()) w = static_cast<Scalar>(0.6 * rng.normal());
    }

    void next(Index sequence) {
        rollout.sequence = sequence;
        collect.steps(rollout, steps);
        estimate(rollout, Gae{.gamma = 0.9});
    }

    using Network = typename NetworkFor<Description, Scalar>::Type;
    Vectorized<Wanderer> envs{Wanderer{}, {.count = count, .seed = 3}};
    Threads threads;
    Actor<Network, Categorical<Scalar>> actor;
    Critic<Network> critic;
    Rollout<Scalar> rollout{envs, actor};
    Collector<Vectorized<Wanderer>, Actor<Network, Categorical<Scalar>>> collect{envs, actor, threads};
    Estimator<Critic<Network>> estimate{critic, threads};
};

template <class Scalar>
using PlainRig = Rig<Scalar, Mlp>;
template <class Scalar>
using SequenceRig = Rig<Scalar, IgnoresState<Mlp>>;

/// The gradients of an update by all samples, of the actor and of the critic.
template <class R>
std::vector<std::vector<double>> gradients(R& rig) {
    const RecordingOptimizer optimizer;
    Updater update(rig.actor, rig.critic, Clip{}, optimizer,
                   {.minibatch = samples, .epochs = 1, .entropy = 0.05, .value_clip = 0.1, .max_gradient_norm = 0},
                   rig.threads, 1);
    update(rig.rollout);
    return optimizer.record->gradients;
}

template <class Description>
std::vector<float> trained(const Description& description, bool by_ppo, Index threads) {
    Vectorized envs(TimeLimit(CartPole{}, 30), {.count = 9, .seed = 1});
    Actor actor(envs, description);
    Critic critic(envs, description);
    if (by_ppo) {
        PpoClip(envs, actor, critic, Gae{},
                {.horizon = 40, .minibatch = 70, .epochs = 3, .target_kl = 0.05, .sequence = 1, .threads = threads})
            .train({.steps = 4 * 9 * 40});
    } else {
        A2c(envs, actor, critic, Gae{}, {.horizon = 40, .learning_rate = 1e-2, .sequence = 1, .threads = threads})
            .train({.steps = 8 * 9 * 40});
    }
    std::vector<float> weights(actor.weights().begin(), actor.weights().end());
    weights.insert(weights.end(), critic.weights().begin(), critic.weights().end());
    return weights;
}

}  // namespace

TEST_CASE("a network without memory collects and values the same as one of sequences") {
    for (const Index sequence : {0, 1, 2, 7}) {
        CAPTURE(sequence);
        PlainRig<float> plain(mlp);
        SequenceRig<float> sequential({mlp});
        Index ends = 0;
        for (int i = 0; i < 3; ++i) {
            plain.next(0);
            sequential.next(sequence);
            const Rollout<float>&a = plain.rollout, &b = sequential.rollout;
            CHECK(b.actor_state.rows() + b.critic_state.rows() == 2);
            CHECK(b.observation.matrix() == a.observation.matrix());
            CHECK(b.action.all().integers == a.action.all().integers);
            CHECK(b.head.matrix() == a.head.matrix());
            CHECK(b.log_prob.matrix() == a.log_prob.matrix());
            CHECK(b.value.matrix() == a.value.matrix());
            CHECK(b.next_value.matrix() == a.next_value.matrix());
            CHECK(b.advantage.matrix() == a.advantage.matrix());
            ends += a.final_sample.size();
        }
        CHECK(ends > 3);
    }
}

TEST_CASE("a network without memory has the same outputs and input gradients, column by column, over sequences") {
    Rng rng(3);
    const Matrix<double> dy = random_matrix<double>(3, samples, rng);
    PlainRig<double> plain(mlp);
    plain.next(0);
    decltype(plain.actor)::Tape tape;
    const Matrix<double> x = plain.rollout.observation.columns({0, samples}).cast<double>();
    const Matrix<double> y = plain.actor.network().forward(x, tape.network);
    Matrix<double> dx(3, samples);
    std::vector<double> gradient(plain.actor.weights().size(), 0.0);
    plain.actor.network().backward(tape.network, dy, gradient, dx);

    for (const Index sequence : {Index{1}, Index{2}, Index{7}, steps}) {
        CAPTURE(sequence);
        SequenceRig<double> rig({mlp});
        rig.next(sequence);
        Minibatches order;
        order.reset(rig.rollout, sequence);
        Rng shuffle(1);
        order.shuffle(shuffle);
        const Buffer<double> advantage(order.sample_count(), 0.0);
        SampleBatch<double> batch;
        decltype(rig.actor)::Tape sequence_tape;
        std::vector<double> sum(gradient.size(), 0.0);
        Index seen = 0;
        for (Index begin = 0; begin < order.size(); begin += 4) {
            batch.gather_for_actor({rig.rollout, order, advantage, {begin, std::min(begin + 4, order.size())}});
            const auto outputs = batch.outputs(rig.actor.network(), sequence_tape.network);
            Matrix<double> own_dy(3, batch.layout.size()), own_dx(3, batch.layout.size());
            for (Index j = 0; j < batch.layout.size(); ++j) {
                const Index sample = batch.layout.samples()[j];
                own_dy.col(j) = dy.col(sample);
                CHECK(outputs.col(j) == y.col(sample));
            }
            rig.actor.network().backward(sequence_tape.network, own_dy, sum, own_dx);
            for (Index j = 0; j < batch.layout.size(); ++j) CHECK(own_dx.col(j) == dx.col(batch.layout.samples()[j]));
            seen += batch.layout.size();
        }
        CHECK(seen == samples);
        CHECK(relative_error(sum, gradient) < 1e-12);
    }
}

TEMPLATE_TEST_CASE("an update of networks without memory has the same gradients over sequences", "", float, double) {
    PlainRig<TestType> plain(mlp);
    for (int i = 0; i < 2; ++i) plain.next(0);
    const auto expected = gradients(plain);
    REQUIRE(expected.size() == 2);
    for (const Index sequence : {1, 2, 7, 0}) {
        CAPTURE(sequence);
        SequenceRig<TestType> rig({mlp});
        for (int i = 0; i < 2; ++i) rig.next(sequence);
        const auto found = gradients(rig);
        REQUIRE(found.size() == 2);
        if (sequence == 1) CHECK(found == expected);
        CHECK(relative_error(found[0], expected[0]) < 1e-6);
        CHECK(relative_error(found[1], expected[1]) < 1e-6);
    }
}

TEST_CASE("a whole training by sequences of one step has the bits of one without memory", "[threads]") {
    for (const bool by_ppo : {true, false}) {
        CAPTURE(by_ppo);
        const Mlp description{.hidden = {20}, .normalize_observations = true};
        const std::vector<float> plain = trained(description, by_ppo, 1);
        CHECK(trained(IgnoresState<Mlp>{description}, by_ppo, 1) == plain);
        CHECK(trained(IgnoresState<Mlp>{description}, by_ppo, 2) == plain);
    }
}
