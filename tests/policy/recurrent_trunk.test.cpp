#include "gradiva/policy/recurrent_trunk.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/nn/check_module.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/estimate.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/sequence_batch.hpp"
#include "learn/recording_optimizer.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using TrunkType = RecurrentTrunkNetwork<double>;
using ActorType = Actor<TrunkType, Categorical<double>>;
using CriticType = SharedCritic<ActorType>;

static_assert(is_recurrent_module<TrunkType>);
static_assert(RecurrentModuleWithJvp<TrunkType> && RecurrentModuleWithInputGradient<TrunkType>);
static_assert(PolicyWithFisher<ActorType>);
static_assert(ValueFunction<CriticType> && HasMemory<CriticType>);
static_assert(learns_in_actor<CriticType> && reads_actor_state<CriticType>);
static_assert(!HasMemory<SharedCritic<Actor<TrunkNetwork<double>, Categorical<double>>>> &&
              !reads_actor_state<SharedCritic<Actor<TrunkNetwork<double>, Categorical<double>>>>);

const RecurrentTrunk of_gru{.trunk = Gru{.units = 5, .after = {4}}, .critic = {.hidden = {3}}};
const RecurrentTrunk of_lstm{.trunk = Lstm{.before = {3}, .units = 4, .after = {}}, .actor = {.hidden = {3}}};

constexpr Index count = 5, steps = 13, samples = count * steps;

/// Rollouts of `steps` steps with ends of both kinds anywhere.
struct Rig {
    explicit Rig(const RecurrentTrunk& trunk, Index sequence) : actor(envs, trunk, Categorical<double>(3)) {
        Rng rng(17);
        for (double& w : actor.weights()) w = 0.5 * rng.normal();
        rollout.sequence = sequence;
    }

    Vectorized<Wanderer> envs{Wanderer{}, {.count = count, .seed = 3}};
    Threads threads;
    ActorType actor;
    CriticType critic{actor};
    Rollout<double> rollout{envs, actor};
    Collector<Vectorized<Wanderer>, ActorType> collect{envs, actor, threads};
    Estimator<CriticType> estimate{critic, threads};
};

bool has_ended(const Rollout<double>& rollout, Index t, Index n) {
    return rollout.terminated(n, t) + rollout.truncated(n, t) != 0;
}

/// One sequence of a rollout.
struct OneSequence {
    OneSequence(const Rollout<double>& rollout, Index number, Index n)
        : first(number * rollout.steps_of_sequence()),
          length(std::min(rollout.steps_of_sequence(), rollout.horizon - first)), x(3, length),
          actions({.integers = 1, .reals = 0}, length), width(to_size(length), 1),
          state(rollout.actor_state.matrix().col(number * count + n)) {
        for (Index t = 0; t < length; ++t) {
            const Index sample = (first + t) * count + n;
            x.col(t) = rollout.observation.matrix().col(sample).cast<double>();
            actions.columns({t, t + 1}).integers(0, 0) = rollout.action.all().integers(0, sample);
            begins.push_back(t > 0 && has_ended(rollout, first + t - 1, n));
        }
    }
    Sequences<double> sequences() const { return {width, begins, {state.data(), state.rows(), 1}}; }

    Index first, length;
    Matrix<double> x;
    ActionBatch actions;
    std::vector<Index> width;
    std::vector<std::uint8_t> begins;
    Matrix<double> state;
};

/// mean(-A log_prob) - c_H mean(H) + c_V mean(value loss), sequence by sequence, from the definitions.
double loss(const Rig& rig, double entropy, double coefficient, double clip) {
    const Rollout<double>& rollout = rig.rollout;
    double sum = 0;
    for (Index number = 0; number < rollout.sequences_of_each(); ++number) {
        for (Index n = 0; n < count; ++n) {
            const OneSequence one(rollout, number, n);
            ActorType::Tape tape;
            const Vector<double> value = rig.critic.forward(one.x, one.sequences(), tape);
            rig.actor.forward(one.x, all_legal(one.length), one.sequences(), tape);
            Vector<double> log_prob(one.length), entropies(one.length);
            rig.actor.log_prob(tape, one.actions.all(), log_prob);
            rig.actor.entropy(tape, entropies);
            for (Index t = 0; t < one.length; ++t) {
                const Index at = one.first + t;
                const double target = rollout.value_target(n, at), old = rollout.value(n, at);
                const double free = value[t] - target;
                const double clipped = old + std::clamp(value[t] - old, -clip, clip) - target;
                sum += -rollout.advantage(n, at) * log_prob[t] - entropy * entropies[t] +
                       coefficient * 0.5 * std::max(free * free, clipped * clipped);
            }
        }
    }
    return sum / samples;
}

}  // namespace

TEST_CASE("check_module finds nothing wrong in trunks with memory") {
    for (const RecurrentTrunk& trunk : {of_gru, of_lstm}) {
        const ModuleCheck check = check_module(TrunkType(3, 2, trunk, Rng(1)), {.sequence = 5});
        CHECK(check.gradient_error < 1e-6);
        CHECK(check.input_gradient_error < 1e-6);
        CHECK(check.jvp_error < 1e-6);
        CHECK(check.same_bits_in_all_widths);
        CHECK(check_module(RecurrentTrunkNetwork<float>(3, 2, trunk, Rng(1)), {.sequence = 4}).same_bits_in_all_widths);
    }
}

TEST_CASE("actor and critic of a trunk with memory run the same layers") {
    const Gru gru{.units = 5, .after = {}};
    const TrunkType network(3, 2, {.trunk = gru}, Rng(1), 0.01);
    CHECK(network.state_size() == 5);
    GruNetwork<double> actor(3, 2, gru, Rng(1)), critic(3, 1, gru, Rng(1));
    const std::span<const double> all = network.parameters();
    const std::size_t trunk = all.size() - 2 * 6 - 6;
    std::copy_n(all.begin(), trunk + 12, actor.parameters().begin());
    std::copy_n(all.begin(), trunk, critic.parameters().begin());
    std::copy_n(all.begin() + Index(trunk + 12), 6, critic.parameters().begin() + Index(trunk));
    Rng rng(2);
    const SequenceBatch<double> batch({6, 4, 4, 1}, 3, 2, 5, rng);
    TrunkType::Tape tape;
    GruNetwork<double>::Tape of_actor, of_critic;
    CHECK(network.forward(batch.x, batch.sequences(), tape) == actor.forward(batch.x, batch.sequences(), of_actor));
    const auto value = critic.forward(batch.x, batch.sequences(), of_critic);
    CHECK(network.value(tape) == value.row(0).transpose());
    for (Index t = 0; t < 6; ++t) CHECK(network.state_after(tape, t) == actor.state_after(of_actor, t));
}

TEST_CASE("the gradient of the whole loss goes back through the time of a trunk with memory") {
    const double clip = 0.25, entropy = 0.05, coefficient = 0.8;
    for (const RecurrentTrunk& trunk : {of_gru, of_lstm}) {
        for (const Index sequence : {1, 4, 0}) {
            CAPTURE(sequence);
            Rig rig(trunk, sequence);
            rig.collect.steps(rig.rollout, 6);
            rig.collect.steps(rig.rollout, steps);  // from states that are not 0
            Rng rng(5);
            for (Index i = 0; i < samples; ++i) {
                rig.rollout.advantage.data()[i] = rng.normal();
                rig.rollout.value_target.data()[i] = rng.normal();
                rig.rollout.value.data()[i] = 0.3 * rng.normal();
            }
            const auto numeric =
                numeric_gradient(rig.actor.weights(), [&] { return loss(rig, entropy, coefficient, clip); });
            const RecordingOptimizer optimizer;
            Updater update(rig.actor, rig.critic, PolicyGradient{}, optimizer,
                           UpdateOptions{.minibatch = samples,
                                         .epochs = 1,
                                         .entropy = entropy,
                                         .value_coefficient = coefficient,
                                         .value_clip = clip,
                                         .max_gradient_norm = 0,
                                         .normalize_advantage = false},
                           rig.threads, 1);
            const UpdateReport report = update(rig.rollout);
            CHECK(report.value_loss == Catch::Approx(loss(rig, 0, 1, clip) - loss(rig, 0, 0, clip)));
            REQUIRE(optimizer.record->gradients.size() == 1);
            const std::span<const double> found = optimizer.record->gradients[0], expected = numeric;
            const std::size_t heads = trunk.actor.hidden.empty() ? 3 * 5 + 5 * 3 + 4 : 5 * 3 + 4 * 3 + 5;
            CHECK(relative_error(found.first(found.size() - heads), expected.first(found.size() - heads)) < 1e-6);
            CHECK(relative_error(found.last(heads), expected.last(heads)) < 1e-6);
        }
    }
}

TEST_CASE("values of a trunk with memory are those of one observation after the other, with the actor's state") {
    for (const Index sequence : {0, 1, 4}) {
        CAPTURE(sequence);
        Rig rig(of_lstm, sequence);
        MatrixBuffer<double> states(rig.actor.state_size(), count);
        states.clear_columns({0, count});
        const auto value = [&](ConstMatrixMap<float> observation, Index n, bool keep) {
            const Matrix<double> x = observation.cast<double>();
            const Index width = 1;
            const std::uint8_t begins = 0;
            CriticType::Tape tape;
            const double v =
                rig.critic.forward(x, {{&width, 1}, {&begins, 1}, std::as_const(states).columns({n, n + 1})}, tape)[0];
            if (keep) states.columns({n, n + 1}) = rig.critic.state_after(tape, 0);
            return v;
        };
        Index finals = 0;
        for (int i = 0; i < 3; ++i) {
            rig.collect.steps(rig.rollout, steps);
            rig.estimate(rig.rollout, Gae{});
            const Rollout<double>& rollout = rig.rollout;
            CHECK(rollout.critic_state.rows() == 0);
            Index final = 0;
            for (Index t = 0; t < steps; ++t) {
                for (Index n = 0; n < count; ++n) {
                    CAPTURE(i, t, n);
                    const Index column = t * count + n;
                    CHECK(rollout.value(n, t) == value(rollout.observation.columns({column, column + 1}), n, true));
                    if (rollout.truncated(n, t) != 0) {
                        CHECK(rollout.next_value(n, t) ==
                              value(rollout.final_observation.columns({final, final + 1}), n, false));
                        ++final;
                    }
                    if (has_ended(rollout, t, n)) states.clear_columns({n, n + 1});
                }
            }
            finals += final;
            for (Index n = 0; n < count; ++n) {
                CHECK(rollout.value(n, steps) ==
                      value(rollout.observation.columns({samples + n, samples + n + 1}), n, false));
            }
        }
        CHECK(finals > 3);
    }
}

TEST_CASE("parameters of a trunk with memory are named by their part") {
    const TrunkType network(3, 2, {.trunk = Gru{.units = 2, .after = {}}}, Rng(1));
    CHECK(network.parameter_name(0) == "trunk, memory, input weight (0, 0)");
    CHECK(network.parameter_name(6 * 4 + 6 * 3) == "actor, layer 0, weight (0, 0)");
    CHECK(network.parameter_name(6 * 4 + 6 * 3 + 6) == "critic, layer 0, weight (0, 0)");
}

TEST_CASE("a trunk with memory refuses what its descriptions do, by name") {
    const auto make = [](const RecurrentTrunk& description) { TrunkType(3, 2, description, Rng(1)); };
    CHECK_THROWS_WITH(make({.trunk = Gru{.units = 0}}),
                      "RecurrentTrunk.trunk: Gru: units is 0; give the memory at least 1 unit");
    CHECK_THROWS_WITH(make({.trunk = Lstm{.before = {0}}}),
                      "RecurrentTrunk.trunk: Lstm: before[0] is 0; give every dense layer at least 1 unit");
    CHECK_THROWS_WITH(make({.actor = {.normalize_observations = true}}),
                      "RecurrentTrunk.actor has normalize_observations; observations are normalised by the trunk");
    CHECK_THROWS_WITH(make({.critic = {.inputs = Range{0, 1}}}),
                      "RecurrentTrunk.critic has inputs; it reads all outputs of the trunk, whose inputs say what is "
                      "read of the observation");
    CHECK_THROWS_WITH(make({.critic = {.hidden = {0}}}),
                      "RecurrentTrunk.critic: hidden[0] is 0; give every hidden layer at least 1 unit");
    CHECK_THROWS_WITH(TrunkType(3, 0, RecurrentTrunk{}, Rng(1)),
                      "RecurrentTrunk: the network has 0 outputs; give at least 1 output");
}
