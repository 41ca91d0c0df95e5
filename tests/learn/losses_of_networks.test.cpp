// The gradient of PPO's whole loss through every kind of network, against central differences of that loss, which is
// computed here from heads and values.
#include <algorithm>
#include <cmath>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/learn/losses.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/rollout/minibatches.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/parameter_blocks.hpp"

using namespace gradiva;
using gradiva_test::check_blocks;
using gradiva_test::ParameterBlocks;

namespace {

/// Random images of 4 x 3 pixels and two channels, and behind them two random numbers.
struct Gallery {
    static constexpr Index pixels = 4 * 3 * 2, observed = pixels + 2;

    Box observation_space() const { return {.size = observed}; }
    Discrete action_space() const { return {.n = 3}; }
    void reset(Rng& rng, std::span<float> observation) {
        for (float& x : observation) x = static_cast<float>(rng.normal());
    }
    Outcome step(int, Rng& rng, std::span<float> observation) {
        reset(rng, observation);
        return {.reward = 1, .terminated = rng.uniform() < 0.1};
    }
};

constexpr double clip = 0.2, value_clip = 0.15, c_entropy = 0.1, c_value = 0.5;

using Actions = Categorical<double>;

/// A rollout of the actor, with stored heads, values, advantages and targets moved at random.
template <class A>
Rollout<double> rollout_of(Vectorized<Gallery>& envs, A& actor) {
    Rng rng(5);
    for (double& w : actor.weights()) w += 0.2 * rng.normal();
    Threads threads;
    Rollout<double> rollout(envs, actor);
    Collector collect(envs, actor, threads);
    collect.steps(rollout, 4);
    for (Index t = 0; t < 4; ++t) {
        for (Index n = 0; n < envs.size(); ++n) {
            rollout.log_prob(n, t) += 0.2 * rng.normal();
            rollout.value(n, t) = 0.3 * rng.normal();
            rollout.advantage(n, t) = rng.normal();
            rollout.value_target(n, t) = rng.normal();
        }
    }
    return rollout;
}

SampleBatch<double> batch_of(const Rollout<double>& rollout) {
    Minibatches order;
    order.reset(rollout);
    Buffer<double> advantage;
    advantage.gather(rollout.advantage.data(), order.from(0), order.sample_count());
    const OrderedSamples<double> all{rollout, order, advantage, {0, order.sample_count()}};
    SampleBatch<double> batch;
    batch.gather_for_actor(all);
    batch.gather_old_values(all);
    batch.gather_targets(all);
    return batch;
}

/// sum(-min(rho A, clip(rho) A) - c_H H).
template <class A>
double loss_of_actor(const A& actor, const SampleBatch<double>& batch) {
    typename A::Tape tape;
    const Index n = batch.observation.cols();
    Vector<double> log_prob(n), entropy(n);
    actor.forward(batch.observation.matrix(), tape);
    actor.log_prob(tape, batch.action.all(), log_prob);
    actor.entropy(tape, entropy);
    double sum = 0;
    for (Index j = 0; j < n; ++j) {
        const double rho = std::exp(log_prob[j] - batch.old_log_prob[j]), a = batch.advantage[j];
        sum -= std::min(rho * a, std::clamp(rho, 1 - clip, 1 + clip) * a) + c_entropy * entropy[j];
    }
    return sum;
}

/// sum(c_V 0.5 max((V - target)^2, (V_old + clip(V - V_old) - target)^2)).
template <class C>
double loss_of_critic(const C& critic, const SampleBatch<double>& batch) {
    typename C::Tape tape;
    const auto value = critic.forward(batch.observation.matrix(), tape);
    double sum = 0;
    for (Index j = 0; j < value.size(); ++j) {
        const double old = batch.old_value[j], target = batch.value_target[j];
        const double near = old + std::clamp(value[j] - old, -value_clip, value_clip);
        sum += c_value * 0.5 * std::max(std::pow(value[j] - target, 2), std::pow(near - target, 2));
    }
    return sum;
}

constexpr ActorCoefficients of_actor{.surrogate = 1, .entropy = c_entropy};
constexpr CriticCoefficients of_critic{.value = c_value, .clip = value_clip};

template <class A>
void check_actor(A& actor, const ParameterBlocks& blocks, const SampleBatch<double>& batch) {
    ActorScratch<A> scratch;
    std::vector<double> gradient(actor.weights().size(), 0);
    actor_loss(actor, Clip{.clip = clip}, of_actor, batch, scratch, std::span(gradient), true);
    const auto numeric = gradiva_test::numeric_gradient(actor.weights(), [&] { return loss_of_actor(actor, batch); });
    check_blocks(blocks, gradient, numeric);
}

/// Both losses, through a network each of this description.
template <class Description>
void check_networks(const char* name, const Description& description) {
    INFO(name);
    Vectorized envs(Gallery{}, {.count = 5, .seed = 1});
    Actor actor(envs, description, Actions(3));
    Critic critic(typename NetworkFor<Description, double>::Type(Gallery::observed, 1, description, Rng(9)));
    const Rollout<double> rollout = rollout_of(envs, actor);
    const SampleBatch<double> batch = batch_of(rollout);
    check_actor(actor, {description, Gallery::observed, 3}, batch);

    CriticScratch<decltype(critic)> scratch;
    std::vector<double> gradient(critic.weights().size(), 0);
    critic_loss(critic, of_critic, batch, scratch, std::span(gradient));
    const auto numeric =
        gradiva_test::numeric_gradient(critic.weights(), [&] { return loss_of_critic(critic, batch); });
    check_blocks({description, Gallery::observed, 1}, gradient, numeric);
}

Convolution of_image(Activation f) {
    return {.shape = {4, 3, 2},
            .layers = {{.channels = 3, .kernel = 2}, {.channels = 2, .kernel = 2, .padding = 1}},
            .hidden = {5},
            .activation = f,
            .inputs = Range{0, Gallery::pixels}};
}

const Mlp numbers{.hidden = {4}, .activation = Activation::silu, .inputs = Range{Gallery::pixels, Gallery::observed}};

}  // namespace

TEST_CASE("the gradient of PPO's whole loss through any network agrees with central differences") {
    check_networks("Mlp of some rows", numbers);
    check_networks("Convolution, tanh", of_image(Activation::tanh));
    check_networks("Convolution, gelu", of_image(Activation::gelu));
    check_networks("Join", Join{.networks = {of_image(Activation::elu), numbers}, .hidden = {6}});
}

TEST_CASE("the gradient of PPO's whole loss through a shared trunk of an image agrees with central differences") {
    Vectorized envs(Gallery{}, {.count = 5, .seed = 1});
    const SharedTrunk description{.trunk = Join{.networks = {of_image(Activation::tanh), numbers}, .hidden = {6}},
                                  .actor = {.hidden = {5}},
                                  .critic = {.hidden = {4}, .activation = Activation::silu}};
    Actor actor(envs, description, Actions(3));
    const SharedCritic critic(actor);
    const Rollout<double> rollout = rollout_of(envs, actor);
    const SampleBatch<double> batch = batch_of(rollout);
    const ParameterBlocks blocks(description, Gallery::observed, 3);
    check_actor(actor, blocks, batch);

    CriticScratch<SharedCritic<decltype(actor)>> scratch;
    std::vector<double> gradient(actor.weights().size(), 0);
    critic_loss(critic, of_critic, batch, scratch, std::span(gradient));
    const auto numeric = gradiva_test::numeric_gradient(actor.weights(), [&] { return loss_of_critic(critic, batch); });
    check_blocks(blocks, gradient, numeric);
}
