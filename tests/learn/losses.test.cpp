// Both losses against their formulas, sample by sample, and their gradients against central differences of these.
#include "gradiva/learn/losses.hpp"

#include "catch.hpp"
#include "gradiva/surrogate/clip.hpp"
#include "gradiva/surrogate/kl_penalty.hpp"
#include "helpers/finite_difference.hpp"
#include "learn/update_rig.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Rig = UpdateRig<double>;
using Batch = SampleBatch<double>;

/// All samples of the rollout, in order of time.
Batch batch_of(Rig& rig) {
    Minibatches order;
    order.reset(rig.rollout);
    Buffer<double> advantage;
    advantage.gather(rig.rollout.advantage.data(), order.from(0), order.sample_count());
    const OrderedSamples<double> all{rig.rollout, order, advantage, {0, order.sample_count()}};
    Batch batch;
    batch.gather_for_actor(all);
    batch.gather_old_heads(all);
    batch.gather_old_values(all);
    batch.gather_targets(all);
    return batch;
}

double sum_over(const Rig& rig, const std::function<double(const PlainSample&)>& term) {
    double sum = 0;
    for (const PlainSample& sample : rig.samples()) sum += term(sample);
    return sum;
}

double error_of(const Buffer<double>& gradient, const std::vector<double>& numeric) {
    return relative_error(std::vector<double>(gradient.begin(), gradient.end()), numeric);
}

}  // namespace

TEST_CASE("the actor's loss is surrogate - c_H entropy + beta KL, and its gradient is added") {
    Rig rig(4);  // 20 samples
    const Batch batch = batch_of(rig);
    ActorScratch<Rig::ActorType> scratch;
    rig.actor.recall(batch.old_head.matrix(), rig.rollout.own_parameters.span(), scratch.old);
    const ActorCoefficients c{.surrogate = 0.5, .entropy = 0.3, .kl = 0.7};
    const auto surrogate_and_kl = [&](const PlainSample& s) {
        return -c.surrogate * s.ratio * s.advantage + c.kl * s.kl;
    };
    const auto loss = [&] {
        return sum_over(rig, [&](const PlainSample& s) { return surrogate_and_kl(s) - c.entropy * s.entropy; });
    };
    const auto numeric = numeric_gradient(rig.actor.weights(), loss);
    Buffer<double> gradient(static_cast<Index>(rig.actor.weights().size()), 1);
    const LossSums sums = actor_loss(rig.actor, KlPenalty{}, c, batch, scratch, gradient.span(), true);
    for (double& g : gradient) g -= 1;  // what was there has stayed
    CHECK(error_of(gradient, numeric) < 1e-6);
    CHECK(sums.surrogate == Catch::Approx(sum_over(rig, surrogate_and_kl)));
    CHECK(sums.entropy == Catch::Approx(sum_over(rig, [](const PlainSample& s) { return s.entropy; })));
    CHECK(sums.kl ==
          Catch::Approx(sum_over(rig, [](const PlainSample& s) { return s.ratio - 1 - std::log(s.ratio); })));
    CHECK(sum_of_kl(rig.actor, batch, scratch) ==
          Catch::Approx(sum_over(rig, [](const PlainSample& s) { return s.kl; })));
}

TEST_CASE("without a report the actor's loss has the same gradient") {
    Rig rig(4);
    const Batch batch = batch_of(rig);
    ActorScratch<Rig::ActorType> scratch;
    const auto size = static_cast<Index>(rig.actor.weights().size());
    Buffer<double> with(size), without(size);
    const LossSums sums = actor_loss(rig.actor, Clip{.clip = 0.1}, {}, batch, scratch, with.span(), true);
    const LossSums none = actor_loss(rig.actor, Clip{.clip = 0.1}, {}, batch, scratch, without.span(), false);
    CHECK(with == without);
    CHECK(sums.clipped > 0);
    CHECK(static_cast<double>(sums.clipped) ==
          sum_over(rig, [](const PlainSample& s) { return s.ratio < 0.9 || s.ratio > 1.1 ? 1 : 0; }));
    CHECK(none.surrogate == 0);
    CHECK(none.entropy == 0);
}

TEST_CASE("the critic's loss is c_V 0.5 (V - target)^2, and its gradient is added") {
    Rig rig(4);
    const Batch batch = batch_of(rig);
    CriticScratch<Rig::CriticType> scratch;
    const auto squares = [&] {
        return sum_over(rig, [](const PlainSample& s) { return 0.5 * std::pow(s.value - s.value_target, 2); });
    };
    const auto numeric = numeric_gradient(rig.critic.weights(), [&] { return 0.25 * squares(); });
    Buffer<double> gradient(static_cast<Index>(rig.critic.weights().size()), 1);
    CHECK(critic_loss(rig.critic, {.value = 0.25}, batch, scratch, gradient.span()) == Catch::Approx(squares()));
    for (double& g : gradient) g -= 1;
    CHECK(error_of(gradient, numeric) < 1e-6);
    CHECK(critic_loss(rig.critic, {.value = 0.25, .clip = 0.01}, batch, scratch, gradient.span()) > squares());
}
