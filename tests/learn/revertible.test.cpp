#include "gradiva/learn/revertible.hpp"

#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>

#include "catch.hpp"
#include "gradiva/learn/value_regression.hpp"
#include "gradiva/optim/adam.hpp"
#include "gradiva/optim/rmsprop.hpp"
#include "gradiva/optim/sgd.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "learn/update_rig.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Rig = UpdateRig<double>;

/// An optimiser whose step with the given number, counted over all copies, fails.
template <class O>
struct FailsAt {
    O optimizer;
    std::shared_ptr<std::atomic<int>> left;

    FailsAt(int number, O inner = {}) : optimizer(inner), left(std::make_shared<std::atomic<int>>(number)) {}

    void step(std::span<double> weights, std::span<const double> gradient, double learning_rate) {
        if (--*left == 0) throw std::runtime_error("the optimiser");
        optimizer.step(weights, gradient, learning_rate);
    }
};

/// The policy gradient, which is NaN once, in the call with a number: one for each register of samples.
struct SpoiltOnce : PolicyGradient {
    std::shared_ptr<std::atomic<int>> left;

    explicit SpoiltOnce(int number) : left(std::make_shared<std::atomic<int>>(number)) {}

    template <class V>
    auto log_prob_loss(const V& log_prob, const V& advantage) const {
        auto sample = PolicyGradient::log_prob_loss(log_prob, advantage);
        if (--*left == 0) sample.derivative = constant<V>(std::numeric_limits<double>::quiet_NaN());
        return sample;
    }
};

std::vector<double> weights_of(const Rig& rig) {
    std::vector<double> all(rig.actor.weights().begin(), rig.actor.weights().end());
    all.insert(all.end(), rig.critic.weights().begin(), rig.critic.weights().end());
    return all;
}

/// The weights after two updates, before and between which others failed where `fails`.
template <class S, class O>
std::vector<double> after_updates(S surrogate, O optimizer, double max_gradient_norm, Index threads, bool fails) {
    Rig rig(12);
    Threads pool(threads);
    const UpdateOptions options{
        .minibatch = 20, .epochs = 2, .learning_rate = 0.01, .max_gradient_norm = max_gradient_norm};
    Updater<Rig::ActorType, Rig::CriticType, S, O> update(rig.actor, rig.critic, surrogate, optimizer, options, pool,
                                                          1);
    const auto before = weights_of(rig);
    if (fails) {
        CHECK_THROWS(update(rig.rollout));
        CHECK(weights_of(rig) == before);
    }
    update(rig.rollout);
    update(rig.rollout);
    return weights_of(rig);
}

}  // namespace

TEST_CASE("a failed update reverts to the values committed last") {
    Revertible<int> a(1), b(2);
    const int result = commit_or_revert(
        [&] {
            *a = 5;
            *b = 6;
            return 7;
        },
        a, b);
    CHECK(result == 7);
    CHECK_THROWS_WITH(commit_or_revert(
                          [&] {
                              *a = 8;
                              *b = 9;
                              if (*a == 8) throw std::runtime_error("no");
                              return 0;
                          },
                          a, b),
                      "no");
    CHECK(*a == 5);
    CHECK(*b == 6);
}

TEMPLATE_TEST_CASE("a failed update does not affect the next one, with any number of threads", "[threads]",
                   Adam<double>, Rmsprop<double>, Sgd<double>) {
    const auto optimizer = [] {
        if constexpr (std::is_same_v<TestType, Sgd<double>>) {
            return TestType({.momentum = 0.9});
        } else {
            return TestType();
        }
    }();
    for (const double max_gradient_norm :
         {0.0, 0.5}) {  // without clipping a network is stepped before the other is known
        const auto expected = after_updates(PolicyGradient{}, optimizer, max_gradient_norm, 1, false);
        for (const Index threads : {1, 2, 4}) {
            CAPTURE(max_gradient_norm, threads);
            for (const int number : {1, 3, 4}) {
                CHECK(after_updates(PolicyGradient{}, FailsAt<TestType>(number, optimizer), max_gradient_norm, threads,
                                    true) == expected);
            }
            CHECK(after_updates(SpoiltOnce(2 * registers_of(20) + 1), optimizer, max_gradient_norm, threads, true) ==
                  expected);
        }
    }
}

TEST_CASE("a failed regression does not affect the next one") {
    const auto after = [](bool fails) {
        Rig rig(12);
        ValueRegression<Rig::CriticType, Adam<double>> regress(
            rig.critic, {}, {.minibatch = 20, .epochs = 2, .learning_rate = 0.01}, rig.threads, 1);
        regress(rig.rollout);
        if (fails) {
            const double target = rig.rollout.value_target(3, 7);
            rig.rollout.value_target(3, 7) = std::numeric_limits<double>::quiet_NaN();
            CHECK_THROWS_WITH(regress(rig.rollout), ContainsText("gradient is not finite"));
            rig.rollout.value_target(3, 7) = target;
        }
        regress(rig.rollout);
        return std::vector<double>(rig.critic.weights().begin(), rig.critic.weights().end());
    };
    CHECK(after(true) == after(false));
}
