// What trainers ask of their parts: the discount of an advantage, and no more of networks than an update needs.
#include "catch.hpp"

#include <cmath>
#include <string>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"

using namespace gradiva;

namespace {

constexpr double discount = 0.6;

// The same advantage under each name of its discount; Inner is one of the library's.

template <class Inner>
struct OfMember {
    Inner inner{.gamma = 0.6};
    double discount = 0.6;
    static constexpr bool holds_ratio = gradiva::holds_ratio<Inner>();
    void check(bool with_critic) const { inner.check(with_critic); }
    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        inner(rollout);
    }
};

template <class Inner>
struct OfFunction {
    Inner inner{.gamma = 0.6};
    static constexpr bool holds_ratio = gradiva::holds_ratio<Inner>();
    double discount() const { return inner.gamma; }
    void check(bool with_critic) const { inner.check(with_critic); }
    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        inner(rollout);
    }
};

template <class Inner>
struct OfNothing {
    Inner inner{.gamma = 0.6};
    static constexpr bool holds_ratio = gradiva::holds_ratio<Inner>();
    void check(bool with_critic) const { inner.check(with_critic); }
    template <class Scalar>
    void operator()(Rollout<Scalar>& rollout) const {
        inner(rollout);
    }
};

struct Parts {
    Vectorized<TimeLimit<CartPole>> envs{TimeLimit(CartPole{}, 30), {.count = 2, .seed = 3}};
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {8}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {8}}};
};

// A number that depends on the normalised rewards: the value loss after some iterations, by a trainer of each kind.

template <class Adv>
double by_ppo_clip(Adv advantage, bool normalize) {
    Parts p;
    PpoClip trainer(p.envs, p.actor, p.critic, advantage,
                    {.horizon = 16, .minibatch = 16, .epochs = 1, .normalize_rewards = normalize});
    return trainer.train({.steps = 128}).update.value_loss;
}
template <class Adv>
double by_ppo_kl(Adv advantage, bool normalize) {
    Parts p;
    PpoKl trainer(p.envs, p.actor, p.critic, advantage,
                  {.horizon = 16, .minibatch = 16, .epochs = 1, .normalize_rewards = normalize});
    return trainer.train({.steps = 128}).update.value_loss;
}
template <class Adv>
double by_a2c(Adv advantage, bool normalize) {
    Parts p;
    A2c trainer(p.envs, p.actor, p.critic, advantage, {.horizon = 16, .normalize_rewards = normalize});
    return trainer.train({.steps = 128}).update.value_loss;
}
template <class Adv>
double by_trpo(Adv advantage, bool normalize) {
    Parts p;
    Trpo trainer(p.envs, p.actor, p.critic, advantage,
                 {.horizon = 16, .minibatch = 16, .critic_epochs = 1, .normalize_rewards = normalize});
    return trainer.train({.steps = 128}).update.value_loss;
}
template <class Adv>
double by_reinforce(Adv advantage, bool normalize) {
    Parts p;
    Reinforce trainer(p.envs, p.actor, p.critic, advantage, {.normalize_rewards = normalize});
    return trainer.train({.steps = 128}).update.value_loss;
}
template <class Adv>
double by_off_policy(Adv advantage, bool normalize) {
    Parts p;
    OffPolicy trainer(p.envs, p.actor, p.critic, advantage, {.horizon = 16, .normalize_rewards = normalize});
    return trainer.train({.steps = 128}).update.value_loss;
}

template <class Train, class Inner>
void discount_counts_under_every_name(const char* who, const Train& train, Inner inner) {
    CAPTURE(who);
    inner.gamma = discount;
    const double expected = train(inner, true);
    REQUIRE(std::isfinite(expected));
    CHECK(train(OfMember<Inner>{}, true) == expected);
    CHECK(train(OfFunction<Inner>{}, true) == expected);
    CHECK(train(OfNothing<Inner>{}, false) == train(inner, false));
    CHECK(train(inner, false) != expected);
    CHECK_THROWS_WITH(
        train(OfNothing<Inner>{}, true),
        ContainsText(std::string(who) + ": normalize_rewards is true, and the advantage says no discount"));
}

/// Networks and distributions that have only what an update by minibatches needs.
class Plain : MlpNetwork<float> {
public:
    using MlpNetwork::append_parameters, MlpNetwork::forward, MlpNetwork::inputs, MlpNetwork::outputs,
        MlpNetwork::parameters, MlpNetwork::Tape;
    using MlpNetwork::MlpNetwork, MlpNetwork::Scalar;
    void backward(Tape& tape, ConstMatrixRef<float> dy, std::span<float> gradient) const {
        MlpNetwork::backward(tape, dy, gradient);
    }
};

class PlainChoice : Categorical<float> {
public:
    using Categorical::action_shape, Categorical::backward, Categorical::entropy, Categorical::forward,
        Categorical::head_size, Categorical::initialise, Categorical::kl, Categorical::log_prob, Categorical::mode,
        Categorical::parameter_count, Categorical::sample;
    using Categorical::Categorical, Categorical::Scalar, Categorical::Tape;
};

}  // namespace

TEST_CASE("rewards are normalised by the advantage's discount, whatever its name, by every trainer") {
    discount_counts_under_every_name(
        "PpoClip", [](auto a, bool n) { return by_ppo_clip(a, n); }, Gae{});
    discount_counts_under_every_name(
        "PpoKl", [](auto a, bool n) { return by_ppo_kl(a, n); }, Gae{});
    discount_counts_under_every_name(
        "A2c", [](auto a, bool n) { return by_a2c(a, n); }, Gae{});
    discount_counts_under_every_name(
        "Trpo", [](auto a, bool n) { return by_trpo(a, n); }, Gae{});
    discount_counts_under_every_name(
        "Reinforce", [](auto a, bool n) { return by_reinforce(a, n); }, RewardToGo{});
    discount_counts_under_every_name(
        "OffPolicy", [](auto a, bool n) { return by_off_policy(a, n); }, VTrace{});
}

TEST_CASE("a discount out of range is an Error where rewards are normalised by it") {
    OfFunction<Gae> advantage;
    for (const double wrong : {-0.1, 1.5, std::nan("")}) {
        CAPTURE(wrong);
        CHECK_THROWS_AS(discount_of("A2c", OfMember<Gae>{.discount = wrong}, true), Error);
        CHECK_NOTHROW(discount_of("A2c", OfMember<Gae>{.discount = wrong}, false));
    }
    CHECK(discount_of("A2c", advantage, true) == discount);
    CHECK(discount_of("A2c", OfNothing<Gae>{}, false) == 1);
}

TEST_CASE("networks without jvp and dX, and distributions without fisher, train where these are not needed") {
    Vectorized envs(TimeLimit(CartPole{}, 30), {.count = 2, .seed = 3});
    const Mlp layers{.hidden = {8}};
    Actor actor(Plain(4, 2, layers, Rng(1), 0.01), PlainChoice(2));
    Critic critic(Plain(4, 1, layers, Rng(2)));
    Actor same(MlpNetwork<float>(4, 2, layers, Rng(1), 0.01), Categorical<float>(2));
    Critic same_critic(MlpNetwork<float>(4, 1, layers, Rng(2)));
    const auto train = [&](auto& a, auto& c) {
        Vectorized own(TimeLimit(CartPole{}, 30), {.count = 2, .seed = 3});
        PpoClip trainer(own, a, c, Gae{}, {.horizon = 16, .minibatch = 16});
        return trainer.train({.steps = 64}).update.value_loss;
    };
    STATIC_REQUIRE(Policy<decltype(actor)> && !PolicyWithFisher<decltype(actor)>);
    STATIC_REQUIRE(PolicyWithFisher<decltype(same)>);
    CHECK(train(actor, critic) == Approx(train(same, same_critic)).epsilon(1e-5));
}
