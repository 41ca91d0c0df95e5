// Trains every trainer on two environments of different spaces, PPO on all spaces, in float and double, and prints a
// hash of the weights of each: a change that must not change a number leaves them as they were. Includes what users
// include and nothing else, so that the headers of older and newer versions compile it. See hashes.sh.

#include <bit>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include <gradiva/gradiva.hpp>

using namespace gradiva;

namespace {

/// FNV-1a over the bytes of numbers.
class Hash {
public:
    template <class Numbers>
    void add(const Numbers& numbers) {
        using Scalar = std::remove_cv_t<typename Numbers::value_type>;
        using Bits = std::conditional_t<sizeof(Scalar) == 4, std::uint32_t, std::uint64_t>;
        for (const Scalar x : numbers) {
            auto bits = static_cast<std::uint64_t>(std::bit_cast<Bits>(x));
            for (std::size_t i = 0; i < sizeof(Scalar); ++i, bits >>= 8) {
                hash_ = (hash_ ^ (bits & 0xff)) * 0x100000001b3;
            }
        }
    }
    std::uint64_t value() const { return hash_; }

private:
    std::uint64_t hash_ = 0xcbf29ce484222325;
};

template <class... Parts>
void print(const std::string& name, Parts&... parts) {
    Hash hash;
    (hash.add(parts.weights()), ...);
    fmt::print("{:<44} {:016x}\n", name, hash.value());
}

/// Some lamps, each to be switched on where its observation is positive. An episode has no end of its own.
class Lamps {
public:
    Box observation_space() const { return {.size = 5}; }
    MultiBinary action_space() const { return {.size = 5}; }
    void reset(Rng& rng, std::span<float> observation) { show(rng, observation); }
    Outcome step(std::span<const int> lit, Rng& rng, std::span<float> observation) {
        double right = 0;
        for (std::size_t i = 0; i < lit.size(); ++i) right += (lit[i] == 1) == (observation_[i] > 0) ? 1 : 0;
        show(rng, observation);
        return {.reward = right};
    }

private:
    void show(Rng& rng, std::span<float> observation) {
        for (std::size_t i = 0; i < observation.size(); ++i) {
            observation_[i] = static_cast<float>(rng.uniform(-1, 1));
            observation[i] = observation_[i];
        }
    }
    std::vector<float> observation_ = std::vector<float>(5);
};

const Mlp plain{.hidden = {64, 64}};
const Mlp normalized{
    .hidden = {24, 40}, .activation = Activation::relu, .layer_norm = true, .normalize_observations = true};

/// Every trainer with an actor and a critic.
template <class E>
void actor_critic(const std::string& name, const E& env, Index threads) {
    const auto train = [&](const char* trainer_name, const Mlp& mlp, Index steps, const auto& make) {
        Vectorized envs(TimeLimit(env, 30), {.count = 12, .seed = 7});
        Actor actor(envs, mlp);
        Critic critic(envs, mlp);
        make(envs, actor, critic).train({.steps = steps});
        print(trainer_name + (", " + name), actor, critic);
    };
    train("PpoClip", plain, 3 * 12 * 64, [&](auto& envs, auto& actor, auto& critic) {
        return PpoClip(envs, actor, critic, Gae{}, {.horizon = 64, .epochs = 3, .threads = threads});
    });
    train("PpoClip with normalisation", normalized, 4 * 12 * 32, [&](auto& envs, auto& actor, auto& critic) {
        return PpoClip(envs, actor, critic, NStep{.n = 4},
                       {.horizon = 32,
                        .minibatch = 100,
                        .epochs = 3,
                        .entropy = 0.01,
                        .value_clip = 0.2,
                        .target_kl = 0.05,
                        .normalize_rewards = true,
                        .threads = threads});
    });
    train("PpoKl", plain, 3 * 12 * 64, [&](auto& envs, auto& actor, auto& critic) {
        return PpoKl(envs, actor, critic, Gae{}, {.horizon = 64, .epochs = 3, .entropy = 0.01, .threads = threads});
    });
    train("A2c", plain, 30 * 12 * 5, [&](auto& envs, auto& actor, auto& critic) {
        return A2c(envs, actor, critic, Gae{.lambda = 1}, {.entropy = 0.01, .threads = threads});
    });
    train("A2c by Adam", normalized, 20 * 12 * 8, [&](auto& envs, auto& actor, auto& critic) {
        return A2c(envs, actor, critic, Gae{}, {.horizon = 8, .normalize_advantage = true, .threads = threads},
                   Adam<float>{});
    });
    train("Trpo", plain, 3 * 12 * 64, [&](auto& envs, auto& actor, auto& critic) {
        return Trpo(envs, actor, critic, Gae{}, {.horizon = 64, .critic_epochs = 3, .threads = threads});
    });
    train("Reinforce", plain, 4 * 12 * 30, [&](auto& envs, auto& actor, auto& critic) {
        return Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic}, {.threads = threads});
    });
    train("Reinforce without critic", plain, 4 * 12 * 30, [&](auto& envs, auto& actor, auto&) {
        return Reinforce(envs, actor, RewardToGo{.baseline = Baseline::mean_of_others},
                         {.entropy = 0.01, .normalize_rewards = true, .threads = threads});
    });
    train("OffPolicy", plain, 8 * 12 * 32, [&](auto& envs, auto& actor, auto& critic) {
        return OffPolicy(envs, actor, critic, VTrace{}, {.replays = 2, .entropy = 0.01, .threads = threads});
    });
}

template <class E>
void q_lambda(const std::string& name, const E& env, Index threads) {
    Vectorized envs(TimeLimit(env, 30), {.count = 12, .seed = 7});
    Actor actor(envs, Mlp{.layer_norm = true}, EpsilonGreedy<float>(env.action_space().n));
    QLambda(envs, actor, {.threads = threads}).train({.steps = 6 * 12 * 32});
    print("QLambda, " + name, actor);
}

template <class E>
void analytic(const std::string& name, const E& env, bool sample, Index threads) {
    Vectorized envs(env, {.count = 12, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {32}});
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 16, .episode = 40, .sample = sample, .threads = threads});
    trainer.train({.steps = 8 * 12 * 16});
    print(fmt::format("AnalyticPolicyGradient{}, {}", sample ? "" : " of means", name), actor);
}

/// PPO over a distribution of a chosen scalar.
template <class E, class D>
void ppo_over(const std::string& name, const E& env, const D& distribution, Index threads) {
    using Scalar = typename D::Scalar;
    Vectorized envs(TimeLimit(env, 30), {.count = 12, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {20}}, distribution);
    Critic<MlpNetwork<Scalar>> critic(envs, Mlp{.hidden = {20}});
    PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 32, .epochs = 3, .entropy = 0.01, .threads = threads});
    trainer.train({.steps = 3 * 12 * 32});
    print(fmt::format("PpoClip over {} of {}", name, sizeof(Scalar) == 4 ? "float" : "double"), actor, critic);
}

template <class Scalar>
void distributions(Index threads) {
    const Pendulum pendulum;
    const Box box = pendulum.action_space();
    ppo_over("Categorical", CartPole{}, Categorical<Scalar>(2), threads);
    ppo_over("masked Categorical", MaskedGrid{}, Categorical<Scalar>(MaskedGrid{}.action_space().n), threads);
    ppo_over("MultiCategorical", DialLock({3, 2, 4}), MultiCategorical<Scalar>({3, 2, 4}), threads);
    ppo_over("Bernoulli", Lamps{}, Bernoulli<Scalar>(5), threads);
    ppo_over("DiagonalGaussian", pendulum, DiagonalGaussian<Scalar>(1), threads);
    ppo_over("StateDependentGaussian", pendulum, StateDependentGaussian<Scalar>(1), threads);
    ppo_over("SquashedGaussian", pendulum, SquashedGaussian<Scalar>(box), threads);
    ppo_over("Beta", pendulum, Beta<Scalar>(box), threads);
    const HybridSpace space = Archery{}.action_space();
    ppo_over("Hybrid", Archery{}, Hybrid<Scalar>(space.choice.n, space.box.size), threads);
}

void batched_cart_pole(Index threads) {
    CartPoleBatch envs({.count = 40, .seed = 7});
    Actor actor(envs, Mlp{.hidden = {32}});
    Critic critic(envs, Mlp{.hidden = {32}});
    PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 32, .minibatch = 320, .epochs = 3, .threads = threads});
    trainer.train({.steps = 3 * 40 * 32});
    print("PpoClip, CartPoleBatch", actor, critic);
}

void shared_trunk(Index threads) {
    Vectorized envs(TimeLimit(CartPole{}, 30), {.count = 12, .seed = 7});
    Actor actor(envs, SharedTrunk{.trunk = plain});
    SharedCritic critic(actor);
    PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 64, .epochs = 3, .threads = threads});
    trainer.train({.steps = 3 * 12 * 64});
    print("PpoClip, shared trunk", actor);
}

}  // namespace

int main(int count, char** arguments) {
    const Index threads = count > 1 ? std::atoi(arguments[1]) : 1;
    actor_critic("CartPole", CartPole{}, threads);
    actor_critic("Pendulum", Pendulum{}, threads);
    q_lambda("CartPole", CartPole{}, threads);
    q_lambda("MaskedGrid", MaskedGrid{}, threads);
    const LinearQuadratic linear({.a = Matrix<double>{{1, 0.1}, {0, 1}},
                                  .b = Matrix<double>{{0}, {0.1}},
                                  .q = Matrix<double>::Identity(2, 2),
                                  .r = Matrix<double>{{0.1}}});
    for (const bool sample : {true, false}) {
        analytic("Pendulum", Pendulum{}, sample, threads);
        analytic("LinearQuadratic", linear, sample, threads);
    }
    distributions<float>(threads);
    distributions<double>(threads);
    batched_cart_pole(threads);
    shared_trunk(threads);
}
