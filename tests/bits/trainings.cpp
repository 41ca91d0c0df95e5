// Whole trainings: no weight depends on the number of threads, for any space, distribution and number of environments.
#include <cstring>
#include <vector>

#include "bits/column_bits.hpp"
#include "gradiva/gradiva.hpp"

namespace gradiva_bits {

namespace {

using namespace gradiva;

/// Numbers that decay and are pushed by the action's parts; an episode ends early where the first goes far away.
template <class Space>
struct Pushed {
    Space space;
    float x[3] = {};

    Box observation_space() const { return {.size = 3}; }
    Space action_space() const { return space; }
    void reset(Rng& rng, std::span<float> observation) {
        for (float& x_i : x) x_i = static_cast<float>(rng.normal());
        std::copy(x, x + 3, observation.begin());
    }
    Outcome step(typename ActionOfSpace<Space>::Type action, Rng& rng, std::span<float> observation) {
        double reward = 0;
        for (std::size_t i = 0; i < 3; ++i) {
            x[i] = 0.9F * x[i] + 0.3F * push(action, i) + 0.1F * static_cast<float>(rng.normal());
            reward -= static_cast<double>(x[i]) * static_cast<double>(x[i]);
        }
        std::copy(x, x + 3, observation.begin());
        return {.reward = reward, .terminated = x[0] > 3};
    }

    static float push(int action, std::size_t i) { return static_cast<std::size_t>(action) == i ? 1.0F : -0.5F; }
    template <class T>
    static float push(std::span<const T> action, std::size_t i) {
        return static_cast<float>(action[i % action.size()]);
    }
    static float push(const HybridAction& action, std::size_t i) {
        return push(action.choice, i) + push(action.values, i);
    }
};

template <class Run>
void check_threads(const std::string& name, const Run& run) {
    for (const Index count : {1, 3, 8, 20, 32, 40}) {
        ++tried;
        const auto one = run(count, Index{1});
        for (const Index threads : {2, 3, 4}) {
            const auto many = run(count, threads);
            if (std::memcmp(one.data(), many.data(), one.size() * sizeof(one[0])) == 0) continue;
            ++failures;
            fmt::print("{} in {} environments: {} threads give other weights than one\n", name, count, threads);
        }
    }
}

template <class A, class C>
auto weights_of(const A& actor, const C& critic) {
    std::vector<typename A::Scalar> all(actor.weights().begin(), actor.weights().end());
    all.insert(all.end(), critic.weights().begin(), critic.weights().end());
    return all;
}

template <class Space, class D>
void check_ppo(const std::string& name, const Space& space, const D& distribution) {
    using Scalar = typename D::Scalar;
    check_threads(fmt::format("PpoClip, {} of {}", name, scalar_name<Scalar>()), [&](Index count, Index threads) {
        Vectorized envs(TimeLimit(Pushed<Space>{space}, 20), {.count = count, .seed = 5});
        Actor actor(envs, Mlp{.hidden = {16}}, distribution);
        Critic<MlpNetwork<Scalar>> critic(envs, Mlp{.hidden = {16}});
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = 24,
                         .minibatch = 24 * count / 2,
                         .epochs = 2,
                         .entropy = 0.01,
                         .normalize_rewards = true,
                         .threads = threads});
        trainer.train({.steps = 3 * 24 * count});
        return weights_of(actor, critic);
    });
}

const Box box{.size = 8, .low = {-2}, .high = {2}};

/// In double too: a distribution with parameters of its own, whose gradient is a sum over columns, and one without.
template <class Scalar>
void check_with_and_without_own_parameters() {
    check_ppo("Categorical", Discrete{.n = 3}, Categorical<Scalar>(3));
    check_ppo("DiagonalGaussian", box, DiagonalGaussian<Scalar>(8));
}

/// distributions.cpp compares what these make of each column, in double too.
void check_other_distributions() {
    check_ppo("MultiCategorical", MultiDiscrete{{3, 2, 4}}, MultiCategorical<float>({3, 2, 4}));
    check_ppo("Bernoulli", MultiBinary{.size = 5}, Bernoulli<float>(5));
    check_ppo("StateDependentGaussian", box, StateDependentGaussian<float>(8));
    check_ppo("SquashedGaussian", box, SquashedGaussian<float>(box));
    check_ppo("Beta", box, Beta<float>(box));
    check_ppo("Hybrid", HybridSpace{.choice = {.n = 3}, .box = {.size = 2}}, Hybrid<float>(3, 2));
}

}  // namespace

void check_trainings() {
    check_with_and_without_own_parameters<float>();
    check_with_and_without_own_parameters<double>();
    check_other_distributions();
    check_threads("CartPoleBatch by A2c", [](Index count, Index threads) {
        CartPoleBatch envs({.count = count, .seed = 5});
        Actor actor(envs, Mlp{.hidden = {16}});
        Critic critic(envs, Mlp{.hidden = {16}});
        A2c trainer(envs, actor, critic, Gae{}, {.horizon = 24, .threads = threads});
        trainer.train({.steps = 8 * 24 * count});
        return weights_of(actor, critic);
    });
    check_threads("Pendulum by PpoKl", [](Index count, Index threads) {
        Vectorized envs(TimeLimit(Pendulum{}, 50), {.count = count, .seed = 5});
        Actor actor(envs, Mlp{.hidden = {16}});
        Critic critic(envs, Mlp{.hidden = {16}});
        PpoKl trainer(envs, actor, critic, Gae{}, {.horizon = 24, .minibatch = 24 * count, .threads = threads});
        trainer.train({.steps = 4 * 24 * count});
        return weights_of(actor, critic);
    });
}

}  // namespace gradiva_bits
