// Every trainer with every kind of network, for choices and for real actions: a trainer asks its networks for passes
// that others do not, in batches of other widths.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/gradiva.hpp"

using namespace gradiva;

namespace {

constexpr Index pixels = 4 * 3 * 2, numbers = pixels + 2, episode = 9, count = 5;

/// A number that actions push to and fro; it is observed as an image of 4 x 3 pixels and two channels, and two numbers
/// behind it. Models `DifferentiableEnv` where actions are real. Where `masked`, choice 0 is illegal right of 0.
template <class Space, bool masked = false>
struct Pictures {
    Space space;
    double x = 0;

    Box observation_space() const { return {.size = numbers}; }
    Space action_space() const { return space; }
    void action_mask(std::span<std::uint8_t> legal) const requires masked {
        std::fill(legal.begin(), legal.end(), std::uint8_t{1});
        legal[0] = x > 0 ? 0 : 1;
    }
    void reset(Rng& rng, std::span<float> observation) {
        x = rng.normal();
        show(observation);
    }
    Outcome step(typename ActionOfSpace<Space>::Type action, Rng&, std::span<float> observation) {
        const double a = push(action), before = x;
        const double reward = transition({&before, 1}, {&a, 1}, {&x, 1});
        show(observation);
        return {.reward = reward};
    }

    Index state_size() const { return 1; }
    void save(std::span<double> state) const { state[0] = x; }
    double transition(std::span<const double> state, std::span<const double> action, std::span<double> next) const {
        const double s = state[0], a = action[0];
        next[0] = 0.8 * s + 0.3 * a;
        return -next[0] * next[0];
    }
    void transition_backward(std::span<const double> state, std::span<const double> action,
                             std::span<const double> d_next, double d_reward, std::span<double> d_state,
                             std::span<double> d_action) const {
        const double d = d_next[0] - 2 * (0.8 * state[0] + 0.3 * action[0]) * d_reward;
        d_state[0] += 0.8 * d;
        d_action[0] += 0.3 * d;
    }
    void observe(std::span<const double> state, std::span<double> observation) const {
        for (Index i = 0; i < numbers; ++i) observation[to_size(i)] = std::sin(state[0] + 0.7 * double(i));
    }
    void observe_backward(std::span<const double> state, std::span<const double> d_observation,
                          std::span<double> d_state) const {
        for (Index i = 0; i < numbers; ++i)
            d_state[0] += std::cos(state[0] + 0.7 * double(i)) * d_observation[to_size(i)];
    }

private:
    static double push(int choice) { return choice - 1; }
    static double push(std::span<const float> values) { return static_cast<double>(values[0]); }
    static double push(const HybridAction& action) {
        return push(action.choice) * static_cast<double>(action.values[0]);
    }

    void show(std::span<float> observation) const {
        std::vector<double> all(observation.size());
        observe({&x, 1}, all);
        std::copy(all.begin(), all.end(), observation.begin());
    }
};

template <bool masked = false, class Space>
auto pictures_of(const Space& space) {
    return Vectorized(TimeLimit(Pictures<Space, masked>{space}, episode), {.count = count, .seed = 1});
}

/// The networks that a `Join` or a `SharedTrunk` may hold, as one type: every trainer is compiled once for all of them.
using AnyNetwork = LayeredNetwork<AnyLayers<float>>;

AnyNetwork network_of(const NetworkPart& description, Index outputs, std::uint64_t stream, double gain) {
    const AnyLayers<float> layers(numbers, outputs, description);
    AnyNetwork network(layers);
    Rng rng(1, Purpose::initialisation, stream);
    layers.initialise(network.parameters(), rng, gain);
    return network;
}

struct NamedNetwork {
    const char* name;
    NetworkPart description;
    bool has_all_parts = false;
};

std::vector<NamedNetwork> networks(bool normalises) {
    const Convolution image{.shape = {4, 3, 2},
                            .layers = {{.channels = 3, .kernel = 2}, {.channels = 4, .kernel = 2, .padding = 1}},
                            .hidden = {6},
                            .activation = Activation::tanh,
                            .normalize_observations = normalises,
                            .inputs = Range{0, pixels}};
    const Mlp rows{.hidden = {5}, .normalize_observations = normalises, .inputs = Range{pixels, numbers}};
    return {{"Convolution", image},
            {"Join", Join{.networks = {image, rows}, .hidden = {7}}, true},
            {"Mlp of some rows",
             Mlp{.hidden = {6, 5}, .normalize_observations = normalises, .inputs = Range{3, numbers - 1}}}};
}

enum class Algorithm { ppo_clip, ppo_kl, a2c, reinforce, off_policy, trpo, q_lambda, analytic };

constexpr Index horizon = 8, minibatch = 16, iterations = 3, steps = iterations * count * horizon;

template <class V, class A, class C>
Progress train_ppo(V& envs, A& actor, C& critic, Index threads) {
    return PpoClip(envs, actor, critic, Gae{},
                   {.horizon = horizon, .minibatch = minibatch, .epochs = 2, .threads = threads})
        .train({.steps = steps});
}

template <class V, class A, class C>
Progress train(Algorithm algorithm, V& envs, A& actor, C& critic, Index threads) {
    if (algorithm == Algorithm::ppo_clip) return train_ppo(envs, actor, critic, threads);
    if (algorithm == Algorithm::ppo_kl) {
        return PpoKl(envs, actor, critic, Gae{},
                     {.horizon = horizon, .minibatch = minibatch, .epochs = 2, .threads = threads})
            .train({.steps = steps});
    }
    if (algorithm == Algorithm::a2c) {
        return A2c(envs, actor, critic, Gae{}, {.horizon = horizon, .threads = threads}).train({.steps = steps});
    }
    if (algorithm == Algorithm::reinforce) {
        return Reinforce(envs, actor, critic, RewardToGo{.baseline = Baseline::critic}, {.threads = threads})
            .train({.steps = iterations * count * episode});
    }
    REQUIRE(algorithm == Algorithm::off_policy);
    return OffPolicy(envs, actor, critic, VTrace{}, {.horizon = horizon, .threads = threads}).train({.steps = steps});
}

/// All weights before and after the iterations.
struct Trained {
    std::vector<float> before, after;
    Index iterations = 0;
};

template <class A, class C, class Train>
Trained trained(A& actor, C& critic, const Train& train_them) {
    const auto weights = [&] {
        std::vector<float> all(actor.weights().begin(), actor.weights().end());
        all.insert(all.end(), critic.weights().begin(), critic.weights().end());
        return all;
    };
    std::vector<float> before = weights();
    const Progress progress = train_them();
    return {std::move(before), weights(), progress.iteration};
}

/// An actor with the network, or with a head behind it as a trunk.
template <bool is_trunk, class V, class D>
auto actor_of(const V& envs, const NetworkPart& description, const D& distribution) {
    if constexpr (is_trunk) {
        return Actor(envs, SharedTrunk{.trunk = description, .actor = {.hidden = {4}}}, distribution);
    } else {
        return Actor(network_of(description, distribution.head_size(), 0, 0.01), distribution);
    }
}

template <bool is_trunk, class V, class A>
Trained train_with_critic(Algorithm algorithm, V& envs, A& actor, const NetworkPart& description, Index threads) {
    if (algorithm == Algorithm::trpo) {  // which needs a critic with weights of its own
        Critic critic(network_of(description, 1, 1, 1));
        return trained(actor, critic, [&] {
            return Trpo(envs, actor, critic, Gae{}, {.horizon = horizon, .minibatch = minibatch, .threads = threads})
                .train({.steps = steps});
        });
    }
    if constexpr (is_trunk) {
        SharedCritic critic(actor);
        return trained(actor, critic, [&] { return train(algorithm, envs, actor, critic, threads); });
    } else {
        Critic critic(network_of(description, 1, 1, 1));
        return trained(actor, critic, [&] { return train(algorithm, envs, actor, critic, threads); });
    }
}

template <bool is_trunk>
Trained trained_with_choices(Algorithm algorithm, const NetworkPart& description, Index threads) {
    auto envs = pictures_of(Discrete{3});
    if (algorithm != Algorithm::q_lambda) {
        auto actor = actor_of<is_trunk>(envs, description, Categorical<float>(3));
        return train_with_critic<is_trunk>(algorithm, envs, actor, description, threads);
    }
    auto actor = actor_of<is_trunk>(envs, description, EpsilonGreedy<float>(3));
    NoCritic none;
    return trained(actor, none, [&] {
        return QLambda(envs, actor, {.horizon = horizon, .minibatch = minibatch, .threads = threads})
            .train({.steps = steps});
    });
}

template <bool is_trunk>
Trained trained_with_reals(Algorithm algorithm, const NetworkPart& description, Index threads) {
    auto envs = pictures_of(Box{});
    auto actor = actor_of<is_trunk>(envs, description, DiagonalGaussian<float>(1));
    if (algorithm != Algorithm::analytic) {
        return train_with_critic<is_trunk>(algorithm, envs, actor, description, threads);
    }
    NoCritic none;
    return trained(actor, none, [&] {
        return AnalyticPolicyGradient(envs, actor, {.horizon = horizon, .threads = threads}).train({.steps = steps});
    });
}

/// The networks are not trunks.
template <bool masked, class Space>
Trained trained_by_ppo(const Space& space, const NetworkPart& description, Index threads) {
    auto envs = pictures_of<masked>(space);
    auto actor = actor_of<false>(envs, description, DistributionFor<Space, float>::make(space));
    Critic critic(network_of(description, 1, 1, 1));
    return trained(actor, critic, [&] { return train_ppo(envs, actor, critic, threads); });
}

/// `train_it(threads)` gives finite weights, nearly all of which moved, with the same bits for these numbers of
/// threads.
template <class Train>
void check_training(const Train& train_it, const std::vector<Index>& numbers_of_threads) {
    const Trained alone = train_it(1);
    CHECK(alone.iterations == iterations);
    Index moved = 0;
    CHECK(std::all_of(alone.after.begin(), alone.after.end(), [](float w) { return std::isfinite(w); }));
    for (std::size_t i = 0; i < alone.after.size(); ++i) {
        moved += alone.after[i] != alone.before[i] ? 1 : 0;
    }
    // The value's head stays where no loss is of values: QLambda, Trpo and AnalyticPolicyGradient through a trunk.
    CHECK(static_cast<double>(moved) >= 0.9 * static_cast<double>(alone.after.size()));
    for (const Index threads : numbers_of_threads) {
        CAPTURE(threads);
        CHECK((train_it(threads).after == alone.after));
    }
}

struct NamedAlgorithm {
    const char* name;
    Algorithm algorithm;
    bool chooses, moves;  ///< learns choices, real actions
};

constexpr NamedAlgorithm algorithms[] = {
    {"PpoClip", Algorithm::ppo_clip, true, true},
    {"PpoKl", Algorithm::ppo_kl, true, true},
    {"A2c", Algorithm::a2c, true, true},
    {"Reinforce", Algorithm::reinforce, true, true},
    {"OffPolicy", Algorithm::off_policy, true, true},
    {"Trpo", Algorithm::trpo, true, true},
    {"QLambda", Algorithm::q_lambda, true, false},
    {"AnalyticPolicyGradient", Algorithm::analytic, false, true},
};

}  // namespace

TEST_CASE("every trainer trains every network, with the same bits for any number of threads", "[threads]") {
    bool normalises = false;
    for (const NamedAlgorithm& row : algorithms) {
        for (std::size_t kind = 0; kind < 3; ++kind) {
            normalises = !normalises && row.algorithm != Algorithm::analytic;  // which refuses it
            const NamedNetwork network = networks(normalises).at(kind);
            const std::vector<Index> threads = network.has_all_parts ? std::vector<Index>{2, 4} : std::vector<Index>{2};
            const auto check = [&](const char* what, bool is_row, auto&& trained_with) {
                if (!is_row) return;
                INFO(row.name << ", " << network.name << ", " << what << (normalises ? ", normalised" : ""));
                check_training([&](Index n) { return trained_with(row.algorithm, network.description, n); }, threads);
            };
            check("choices", row.chooses, trained_with_choices<false>);
            check("real actions", row.moves, trained_with_reals<false>);
            check("choices, as a trunk", row.chooses, trained_with_choices<true>);
            check("real actions, as a trunk", row.moves, trained_with_reals<true>);
        }
    }
}

TEST_CASE("every network is trained with action masks, and with choices and real actions together", "[threads]") {
    for (const NamedNetwork& network : networks(true)) {
        INFO(network.name);
        check_training([&](Index n) { return trained_by_ppo<true>(Discrete{3}, network.description, n); }, {2});
        check_training(
            [&](Index n) {
                return trained_by_ppo<false>(HybridSpace{{3}, Box{}}, network.description, n);
            },
            {2});
    }
}
