// The update of an actor and a critic that share a trunk: the gradient of the whole loss, value clipping included.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"
#include "learn/recording_optimizer.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// A filled rollout of 5 environments and 40 steps, with random advantages, value targets and old values.
struct SharedRig {
    using Network = TrunkNetwork<double>;
    using ActorType = Actor<Network, Categorical<double>>;

    SharedRig() {
        Rng rng(17);
        for (double& w : actor.weights()) w += 0.3 * rng.normal();
        Collector(envs, actor, threads).steps(rollout, 40);
        const Index samples = 5 * 40;
        for (Index i = 0; i < samples; ++i) {
            rollout.advantage.data()[i] = rng.normal();
            rollout.value_target.data()[i] = rng.normal();
            rollout.value.data()[i] = 0.3 * rng.normal();
        }
    }

    /// mean(-A log_prob) - c_H mean(H) + c_V mean(value loss), from the definitions.
    double loss(double entropy, double value_coefficient, double clip) const {
        ActorType::Tape tape;
        const Index samples = 5 * 40;
        MatrixBuffer<double> x(3, samples);
        for (Index i = 0; i < 3 * samples; ++i) x.data()[i] = static_cast<double>(rollout.observation.data()[i]);
        const Vector<double> value = critic.forward(std::as_const(x).matrix(), tape);
        actor.forward(std::as_const(x).matrix(), tape);
        Vector<double> log_prob(samples), entropies(samples);
        actor.log_prob(tape, rollout.action.all(), log_prob);
        actor.entropy(tape, entropies);
        double sum = 0;
        for (Index i = 0; i < samples; ++i) {
            const double target = rollout.value_target.data()[i], old = rollout.value.data()[i];
            const double free = value[i] - target;
            const double clipped = old + std::clamp(value[i] - old, -clip, clip) - target;
            sum += -rollout.advantage.data()[i] * log_prob[i] - entropy * entropies[i] +
                   value_coefficient * 0.5 * std::max(free * free, clipped * clipped);
        }
        return sum / static_cast<double>(samples);
    }

    Vectorized<Wanderer> envs{Wanderer{}, {.count = 5, .seed = 3}};
    Threads threads;
    ActorType actor{envs, SharedTrunk{.trunk = Mlp{.hidden = {6, 5}}}, Categorical<double>(3)};
    SharedCritic<ActorType> critic{actor};
    Rollout<double> rollout{envs, actor};
};

/// Weights after some iterations, by name of the trainer.
std::vector<float> trained(const std::string& trainer, Index threads) {
    Vectorized envs(TimeLimit(Corridor{}, 30), {.count = 8, .seed = 1});
    Actor actor(envs, SharedTrunk{.trunk = Mlp{.hidden = {32}}});
    SharedCritic critic(actor);
    const std::vector<float> before(actor.weights().begin(), actor.weights().end());
    const auto run = [](auto&& t) { t.train({.steps = 3 * 8 * 64}); };
    if (trainer == "PpoClip") run(PpoClip(envs, actor, critic, Gae{}, {.horizon = 64, .threads = threads}));
    if (trainer == "PpoKl") run(PpoKl(envs, actor, critic, Gae{}, {.horizon = 64, .threads = threads}));
    if (trainer == "A2c") run(A2c(envs, actor, critic, Gae{}, {.horizon = 64, .threads = threads}));
    if (trainer == "Reinforce") {
        run(Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                      {.episodes = 2, .threads = threads}));
    }
    if (trainer == "OffPolicy") {
        run(OffPolicy(envs, actor, critic, VTrace{}, {.horizon = 64, .threads = threads}));
    }
    const std::vector<float> after(actor.weights().begin(), actor.weights().end());
    CHECK(after != before);
    return after;
}

}  // namespace

TEST_CASE("the gradient of the whole loss reaches a shared trunk, clipped values included") {
    SharedRig rig;
    const double clip = 0.25, entropy = 0.05, coefficient = 0.8;
    REQUIRE(rig.loss(0, 1, clip) - rig.loss(0, 1, 100) > 0.02);
    const auto numeric = numeric_gradient(rig.actor.weights(), [&] { return rig.loss(entropy, coefficient, clip); });
    for (const Index minibatch : {200, 50}) {  // each sample against its own old value
        const RecordingOptimizer optimizer;
        Updater update(rig.actor, rig.critic, PolicyGradient{}, optimizer,
                       UpdateOptions{.minibatch = minibatch,
                                     .epochs = 1,
                                     .entropy = entropy,
                                     .value_coefficient = coefficient,
                                     .value_clip = clip,
                                     .max_gradient_norm = 0,
                                     .normalize_advantage = false},
                       rig.threads, 1);
        const UpdateReport report = update(rig.rollout);
        CHECK(report.value_loss == Catch::Approx(rig.loss(0, 1, clip) - rig.loss(0, 0, clip)));
        const auto& gradients = optimizer.record->gradients;
        REQUIRE(gradients.size() == to_size(200 / minibatch));
        std::vector<double> mean(numeric.size(), 0.0);
        for (const auto& gradient : gradients) {
            for (std::size_t i = 0; i < mean.size(); ++i)
                mean[i] += gradient[i] / static_cast<double>(gradients.size());
        }
        CHECK(relative_error(mean, numeric) < 1e-6);
    }
}

TEST_CASE("every trainer of a critic learns through a shared trunk with the same bits for any number of threads",
          "[threads]") {
    for (const std::string trainer : {"PpoClip", "PpoKl", "A2c", "Reinforce", "OffPolicy"}) {
        CAPTURE(trainer);
        CHECK((trained(trainer, 2) == trained(trainer, 1)));
    }
}
