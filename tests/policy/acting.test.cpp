#include "gradiva/policy/acting.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/archery.hpp"
#include "gradiva/environments/dial_lock.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/environments.hpp"
#include "learning/matching.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Weights so large that policies are far from uniform and real actions often beyond their bounds.
template <class Scalar>
void scatter(std::span<Scalar> weights, std::uint64_t seed) {
    Rng rng(seed);
    for (Scalar& weight : weights) weight += static_cast<Scalar>(rng.uniform(-1, 1));
}

/// The mean return of `Acting` over some episodes of an environment, with the streams of `evaluate`.
template <class A, class E>
double mean_return(const A& actor, E environment, const EvaluateOptions& options, Index& out_of_bounds) {
    Acting acting(actor, environment);
    Rng env_rng(options.seed, Purpose::evaluation_environment, 0);
    Rng action_rng(options.seed, Purpose::evaluation_action, 0);
    std::vector<float> observation(static_cast<std::size_t>(environment.observation_space().size));
    std::vector<std::uint8_t> legal(static_cast<std::size_t>(choices_of(environment.action_space())));
    auto state = acting.begin();
    const auto act = [&] {
        if constexpr (HasActionMask<E>) {
            std::fill(legal.begin(), legal.end(), std::uint8_t{1});
            environment.action_mask(legal);
        }
        if constexpr (HasActionMask<E> && HasMemory<A>) {
            return options.greedy ? acting.act(observation, state, legal)
                                  : acting.act(observation, state, legal, action_rng);
        } else if constexpr (HasMemory<A>) {
            return options.greedy ? acting.act(observation, state) : acting.act(observation, state, action_rng);
        } else if constexpr (HasActionMask<E>) {
            return options.greedy ? acting.act(observation, legal) : acting.act(observation, legal, action_rng);
        } else {
            return options.greedy ? acting.act(observation) : acting.act(observation, action_rng);
        }
    };
    const auto look = [&](std::span<const float> values, const Box& box) {
        for (Index i = 0; i < box.size; ++i) {
            const float value = values[static_cast<std::size_t>(i)];
            if (value < box.low_of(i) || value > box.high_of(i)) ++out_of_bounds;
        }
    };
    kernels::Moments returns;
    for (Index episode = 0; episode < options.episodes; ++episode) {
        environment.reset(env_rng, observation);
        state.restart();
        double sum = 0;
        for (bool ended = false; !ended;) {
            const auto action = act();
            if constexpr (std::same_as<decltype(environment.action_space()), Box>) {
                look(action, environment.action_space());
            }
            if constexpr (std::same_as<decltype(environment.action_space()), HybridSpace>) {
                look(action.values, environment.action_space().box);
            }
            const Outcome outcome = environment.step(action, env_rng, observation);
            sum += outcome.reward;
            ended = outcome.terminated || outcome.truncated;
        }
        returns.add(sum);
    }
    return returns.mean;
}

/// What `Acting` gives is what `evaluate` plays, greedy and sampled.
template <class A, class E>
void check_plays_as_evaluate(const char* name, const A& actor, const E& environment) {
    for (const bool greedy : {true, false}) {
        CAPTURE(name, greedy);
        const EvaluateOptions options{.episodes = 40, .greedy = greedy, .seed = 3, .environments = 1};
        Index out_of_bounds = 0;
        CHECK(mean_return(actor, environment, options, out_of_bounds) ==
              evaluate(actor, environment, options).mean_return);
        CHECK(out_of_bounds == 0);
    }
}

template <class E, class D, class N = Mlp>
auto scattered_actor(const E& environment, const D& distribution, const N& network = {.hidden = {8}}) {
    const Vectorized envs(environment, {.count = 1, .seed = 5});
    Actor actor(envs, network, distribution);
    scatter(actor.weights(), 7);
    return actor;
}

template <class Scalar>
void check_every_space() {
    const Box bounded{.size = 2, .low = {-0.5F, -1}, .high = {0.25F, 2}};
    const auto check = [](const char* name, const auto& space, const auto& distribution) {
        const TimeLimit environment(Matching<std::remove_cvref_t<decltype(space)>>{space}, 5);
        check_plays_as_evaluate(name, scattered_actor(environment, distribution), environment);
    };
    check("Discrete, Categorical", Discrete{.n = 3}, Categorical<Scalar>(3));
    check("Discrete, EpsilonGreedy", Discrete{.n = 3}, EpsilonGreedy<Scalar>(3, 0.5));
    check("MultiDiscrete, MultiCategorical", MultiDiscrete{{3, 2, 4}}, MultiCategorical<Scalar>({3, 2, 4}));
    check("MultiBinary, Bernoulli", MultiBinary{.size = 5}, Bernoulli<Scalar>(5));
    check("Box, DiagonalGaussian", bounded, DiagonalGaussian<Scalar>(2));
    check("Box without bounds, DiagonalGaussian", Box{.size = 2}, DiagonalGaussian<Scalar>(2));
    check("Box, StateDependentGaussian", bounded, StateDependentGaussian<Scalar>(2));
    check("Box, SquashedGaussian", bounded, SquashedGaussian<Scalar>(bounded));
    check("Box, Beta", bounded, Beta<Scalar>(bounded));
    const HybridSpace hybrid{.choice = {.n = 3}, .box = bounded};
    check("HybridSpace, Hybrid", hybrid, Hybrid<Scalar>(3, 2));
    check("HybridSpace, Hybrid of Beta", hybrid, Hybrid<Scalar, Beta<Scalar>>(3, Beta<Scalar>(bounded)));
    check("HybridSpace, Hybrid of SquashedGaussian", hybrid,
          Hybrid<Scalar, SquashedGaussian<Scalar>>(3, SquashedGaussian<Scalar>(bounded)));

    const TimeLimit grid(MaskedGrid{}, 30);
    check_plays_as_evaluate("MaskedGrid", scattered_actor(grid, Categorical<Scalar>(grid.action_space().n)), grid);
    check_plays_as_evaluate("MaskedGrid, EpsilonGreedy",
                            scattered_actor(grid, EpsilonGreedy<Scalar>(grid.action_space().n, 0.5)), grid);
    const TimeLimit lock(DialLock{}, 30);
    check_plays_as_evaluate("DialLock", scattered_actor(lock, MultiCategorical<Scalar>(lock.action_space().n)), lock);
    const TimeLimit archery(Archery{}, 30);
    const HybridSpace space = archery.action_space();
    check_plays_as_evaluate("Archery", scattered_actor(archery, Hybrid<Scalar>(space.choice.n, space.box.size)),
                            archery);
}

using BoxActor = decltype(scattered_actor(Matching<Box>{}, DiagonalGaussian<float>(1)));
static_assert(std::same_as<Acting<BoxActor, Discrete>::Action, int>);
static_assert(std::same_as<Acting<BoxActor, MultiDiscrete>::Action, std::span<const int>>);
static_assert(std::same_as<Acting<BoxActor, MultiBinary>::Action, std::span<const int>>);
static_assert(std::same_as<Acting<BoxActor, Box>::Action, std::span<const float>>);
static_assert(std::same_as<Acting<BoxActor, HybridSpace>::Action, HybridAction>);

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();
const std::vector<float> one{0.5F};

/// Takes masks, or none: one action of three.
struct ThreeChoices {
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 3}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
    Outcome step(int, Rng&, std::span<float> observation) {
        observation[0] = 0;
        return {.terminated = true};
    }
};

struct MaskedChoices : ThreeChoices {
    void action_mask(std::span<std::uint8_t>) const {}
};

/// An actor without hidden layers, whose head is these numbers whatever it sees.
template <class E, class D>
auto constant_actor(const E& environment, const D& distribution, const std::vector<float>& head) {
    using Scalar = typename D::Scalar;
    const Vectorized envs(environment, {.count = 1});
    Actor actor(envs, Mlp{.hidden = {}}, distribution);
    const std::span<Scalar> weights = actor.weights();
    std::fill(weights.begin(), weights.end(), Scalar(0));
    const std::size_t inputs = static_cast<std::size_t>(environment.observation_space().size);
    for (std::size_t i = 0; i < head.size(); ++i) weights[inputs * head.size() + i] = static_cast<Scalar>(head[i]);
    return actor;
}

}  // namespace

TEST_CASE("acting gives the actions of evaluate in every space, for every distribution") {
    SECTION("in float") { check_every_space<float>(); }
    SECTION("in double") { check_every_space<double>(); }
}

TEST_CASE("acting in episodes gives the actions of evaluate, for networks with memory") {
    const auto check = [](const char* name, const auto& environment, const auto& distribution, const auto& network) {
        check_plays_as_evaluate(name, scattered_actor(environment, distribution, network), environment);
    };
    const Gru gru{.before = {5}, .units = 6, .after = {4}};
    const Box bounded{.size = 2, .low = {-0.5F, -1}, .high = {0.25F, 2}};
    check("Discrete", TimeLimit(Matching<Discrete>{{.n = 3}}, 5), Categorical<float>(3), gru);
    check("Box", TimeLimit(Matching<Box>{bounded}, 5), SquashedGaussian<float>(bounded), gru);
    const TimeLimit grid(MaskedGrid{}, 30);
    check("MaskedGrid", grid, Categorical<float>(grid.action_space().n), gru);
    const TimeLimit archery(Archery{}, 30);
    const HybridSpace space = archery.action_space();
    check("Archery", archery, Hybrid<double>(space.choice.n, space.box.size), Lstm{.units = 6, .after = {}});
}

TEST_CASE("acting takes the environments that trained the actor, and a shared trunk") {
    Vectorized envs(TimeLimit(Corridor{}, 20), {.count = 3, .seed = 1});
    Actor plain(envs, Mlp{.hidden = {8}});
    scatter(plain.weights(), 2);
    Acting of_envs(plain, envs);
    Acting of_one(plain, Corridor{});
    for (const float x : {0.0F, 0.25F, 0.5F, 0.75F}) {
        const std::vector<float> observation{x};
        CHECK(of_envs.act(observation) == of_one.act(observation));
    }
    Actor shared(envs, SharedTrunk{.trunk = Mlp{.hidden = {8}}});
    scatter(shared.weights(), 3);
    check_plays_as_evaluate("SharedTrunk", shared, TimeLimit(Corridor{}, 20));
}

TEST_CASE("acting uses the actor's current weights") {
    auto actor = constant_actor(ThreeChoices{}, Categorical<float>(3), {0, 1, 0});
    Acting acting(actor, ThreeChoices{});
    CHECK(acting.act(one) == 1);
    actor.weights()[5] = 2;
    CHECK(acting.act(one) == 2);
}

TEST_CASE("real actions are within the bounds, the most probable one too") {
    const Box box{.size = 3, .low = {-1, -2, 0}, .high = {1, 2, 4}};
    const auto actor = constant_actor(Matching<Box>{box}, DiagonalGaussian<float>(3), {3, -0.5F, -7});
    Acting acting(actor, Matching<Box>{box});
    const std::span<const float> action = acting.act(one);
    CHECK(std::vector<float>(action.begin(), action.end()) == std::vector<float>{1, -0.5F, 0});
    Acting free(actor, Matching<Box>{{.size = 3}});
    const std::span<const float> other = free.act(one);
    CHECK(std::vector<float>(other.begin(), other.end()) == std::vector<float>{3, -0.5F, -7});
}

TEST_CASE("a sampled action is drawn from the caller's stream only") {
    const auto actor = constant_actor(ThreeChoices{}, Categorical<float>(3), {0, 0, 0});
    Acting acting(actor, ThreeChoices{}), other(actor, ThreeChoices{});
    Rng rng(4), same(4), control(4);
    std::vector<int> count(3);
    for (int i = 0; i < 300; ++i) {
        const int action = acting.act(one, rng);
        ++count[static_cast<std::size_t>(action)];
        CHECK(other.act(one) == 0);
        CHECK(other.act(one, same) == action);
    }
    for (const int n : count) CHECK(n > 60);
    CHECK(rng() != control());
}

TEST_CASE("with a mask only legal actions are returned") {
    const auto actor = constant_actor(MaskedChoices{}, Categorical<float>(3), {3, 2, 1});
    Acting acting(actor, MaskedChoices{});
    using Mask = std::vector<std::uint8_t>;
    CHECK(acting.act(one, Mask{1, 1, 1}) == 0);
    CHECK(acting.act(one, Mask{0, 1, 1}) == 1);
    CHECK(acting.act(one, Mask{0, 0, 1}) == 2);
    Rng rng(1);
    for (int i = 0; i < 100; ++i) CHECK(acting.act(one, Mask{0, 1, 1}, rng) != 0);
    Acting unmasked(actor, ThreeChoices{});  // where the environment has no masks the caller may have one
    CHECK(unmasked.act(one) == 0);
    CHECK(unmasked.act(one, Mask{0, 1, 1}) == 1);
}

TEST_CASE("A mask of a single choice is taken by a distribution that has masks") {
    struct OnlyChoice {
        Box observation_space() const { return {.size = 1}; }
        Discrete action_space() const { return {.n = 1}; }
        void reset(Rng&, std::span<float> observation) { observation[0] = 0; }
        Outcome step(int, Rng&, std::span<float> observation) {
            observation[0] = 0;
            return {.terminated = true};
        }
        void action_mask(std::span<std::uint8_t> legal) const { legal[0] = 1; }
    };
    Vectorized envs(OnlyChoice{});
    const Actor actor(envs, Mlp{.hidden = {2}});
    Acting acting(actor, OnlyChoice{});
    CHECK(acting.act(std::vector<float>{0}, std::vector<std::uint8_t>{1}) == 0);
}

TEST_CASE("a mask that is missing, or of a wrong size, is refused") {
    const auto actor = constant_actor(MaskedChoices{}, Categorical<float>(3), {3, 2, 1});
    Acting acting(actor, MaskedChoices{});
    using Mask = std::vector<std::uint8_t>;
    Rng rng(1);
    CHECK_THROWS_WITH(acting.act(one), ContainsText("the environments have action masks; give act the legal choices"));
    CHECK_THROWS_WITH(acting.act(one, rng), ContainsText("the environments have action masks"));
    CHECK_THROWS_WITH(acting.act(one, Mask{1, 1}), ContainsText("2 numbers") && ContainsText("has 3 choices"));
    CHECK_THROWS_WITH(acting.act(one, Mask{1, 2, 1}), ContainsText("legal[1] is 2; give 1 for a legal choice"));
    CHECK_THROWS_WITH(acting.act(one, Mask{2, 1, 1}), ContainsText("legal[0] is 2;"));
    CHECK_THROWS_WITH(acting.act(one, Mask{1, 1, 2}), ContainsText("legal[2] is 2;"));
    CHECK_THROWS_WITH(acting.act(one, Mask{0, 0, 0}), ContainsText("without a legal action"));
    const auto vectors = constant_actor(Matching<Box>{}, DiagonalGaussian<float>(1), {0});
    Acting reals(vectors, Matching<Box>{});
    CHECK_THROWS_WITH(reals.act(one, Mask{1}), ContainsText("Box(1) has no masks; leave them out"));
    const DialLock lock;
    const auto many = scattered_actor(lock, MultiCategorical<float>(lock.action_space().n));
    Acting dials(many, lock);
    Mask none_of_one(static_cast<std::size_t>(choices_of(lock.action_space())), 1);
    std::fill_n(none_of_one.begin(), lock.action_space().n[0], std::uint8_t{0});
    CHECK_THROWS_WITH(
        dials.act(std::vector<float>(static_cast<std::size_t>(lock.observation_space().size)), none_of_one),
        ContainsText("without a legal action"));
}

TEST_CASE("a legal choice is taken, however far its logit is below that of an illegal one") {
    const auto actor = constant_actor(MaskedChoices{}, Categorical<float>(3), {0, -2e30F, -3e30F});
    Acting acting(actor, MaskedChoices{});
    using Mask = std::vector<std::uint8_t>;
    CHECK(acting.act(one, Mask{1, 1, 1}) == 0);
    CHECK(acting.act(one, Mask{0, 1, 1}) == 1);
    CHECK(acting.act(one, Mask{0, 0, 1}) == 2);
}

TEST_CASE("a head that is not finite is an error before an action is returned") {
    for (const float broken : {not_a_number, infinity, -infinity}) {
        for (std::size_t row = 0; row < 2; ++row) {
            CAPTURE(broken, row);
            std::vector<float> head{0, 0};
            head[row] = broken;
            const auto says = ContainsText(fmt::format("row {} of the policy's head is", row));
            const auto check = [&](const auto& space, const auto& distribution) {
                const Matching<std::remove_cvref_t<decltype(space)>> environment{space};
                const auto actor = constant_actor(environment, distribution, head);
                Acting acting(actor, environment);
                Rng rng(1);
                CHECK_THROWS_WITH(acting.act(one), says);
                CHECK_THROWS_WITH(acting.act(one, rng), says);
            };
            const Box square{.size = 2, .low = {-1}, .high = {1}}, line{.size = 1, .low = {-1}, .high = {1}};
            check(Discrete{.n = 2}, Categorical<float>(2));
            check(Discrete{.n = 2}, Categorical<double>(2));
            check(Discrete{.n = 2}, EpsilonGreedy<float>(2));
            check(MultiDiscrete{{2}}, MultiCategorical<float>({2}));
            check(MultiBinary{.size = 2}, Bernoulli<float>(2));
            check(square, DiagonalGaussian<float>(2));
            check(square, SquashedGaussian<float>(square));
            check(line, StateDependentGaussian<float>(1));
            check(line, Beta<float>(line));
            check(HybridSpace{.choice = {.n = 1}, .box = line}, Hybrid<float>(1, 1));
        }
    }
}

TEST_CASE("a sampled action that is not finite is an error") {
    const Box box{.size = 2, .low = {-1}, .high = {1}};
    auto actor = constant_actor(Matching<Box>{box}, DiagonalGaussian<float>(2), {0, 0});
    actor.weights().back() = not_a_number;  // its log-std
    Acting acting(actor, Matching<Box>{box});
    Rng rng(1);
    CHECK(acting.act(one)[1] == 0);  // the most probable action has no need of it
    CHECK_THROWS_WITH(acting.act(one, rng), ContainsText("Acting: environment 0 was to get action[1] = nan"));
    auto squashed = constant_actor(Matching<Box>{box}, SquashedGaussian<float>(box), {0, 0});
    squashed.weights().back() = not_a_number;
    Acting other(squashed, Matching<Box>{box});
    CHECK_THROWS_WITH(other.act(one, rng), ContainsText("was to get action[1]"));
}

TEST_CASE("an observation of another size, or not finite, is refused") {
    const auto actor = constant_actor(ThreeChoices{}, Categorical<float>(3), {0, 1, 0});
    Acting acting(actor, ThreeChoices{});
    CHECK_THROWS_WITH(acting.act(std::vector<float>{}), ContainsText("has 0 numbers, the policy takes 1"));
    CHECK_THROWS_WITH(acting.act(std::vector<float>{1, 2}), ContainsText("has 2 numbers, the policy takes 1"));
    for (const float broken : {not_a_number, infinity, -infinity}) {
        CHECK_THROWS_WITH(acting.act(std::vector<float>{broken}), ContainsText("observation[0] is"));
    }
    CHECK(acting.act(one) == 1);  // and goes on
}

/// An actor with memory in a space of three choices.
auto remembering_actor(const Gru& network = {.units = 4, .after = {}}) {
    return scattered_actor(MaskedChoices{}, Categorical<float>(3), network);
}

TEST_CASE("episodes of one policy go on by themselves, and so does a copy of one") {
    const auto actor = remembering_actor();
    Acting acting(actor, ThreeChoices{});
    Rng rng(2);
    std::vector<std::vector<float>> observations(20, std::vector<float>(1));
    for (auto& observation : observations) observation[0] = static_cast<float>(rng.normal());
    const auto play = [&](Episode& episode, std::size_t begin, std::size_t end) {
        for (std::size_t t = begin; t < end; ++t) acting.act(observations[t], episode);
        return std::vector<float>(episode.state<float>().begin(), episode.state<float>().end());
    };
    Episode alone = acting.begin();
    const std::vector<float> half = play(alone, 0, 10), whole = play(alone, 10, 20);
    CHECK(half != whole);

    Episode first = acting.begin(), second = acting.begin();
    for (std::size_t t = 0; t < 10; ++t) {
        acting.act(observations[t], first);
        acting.act(observations[t + 3], second);
    }
    CHECK(play(first, 10, 10) == half);
    Episode copy = first;
    CHECK(play(second, 13, 14) != half);
    CHECK(play(copy, 10, 20) == whole);
    CHECK(play(first, 10, 10) == half);
    CHECK(play(first, 10, 20) == whole);
    first.restart();
    CHECK(play(first, 0, 10) == half);
    copy = first;
    CHECK(play(copy, 10, 20) == whole);
}

TEST_CASE("an action that is not given leaves the episode's state as it was") {
    auto actor = remembering_actor();
    Acting acting(actor, MaskedChoices{});
    Episode episode = acting.begin();
    using Mask = std::vector<std::uint8_t>;
    acting.act(one, episode, Mask{1, 1, 1});
    const std::vector<float> state(episode.state<float>().begin(), episode.state<float>().end());
    REQUIRE(state != std::vector<float>(4));
    const auto stays = [&](const auto& act, const char* text) {
        CHECK_THROWS_WITH(act(), ContainsText(text));
        CHECK(std::equal(state.begin(), state.end(), episode.state<float>().begin()));
    };
    Rng rng(1);
    stays([&] { acting.act(std::vector<float>{not_a_number}, episode, Mask{1, 1, 1}); }, "observation[0] is nan");
    stays([&] { acting.act(std::vector<float>{}, episode, Mask{1, 1, 1}, rng); }, "has 0 numbers");
    stays([&] { acting.act(one, episode); }, "the environments have action masks");
    stays([&] { acting.act(one, episode, rng); }, "the environments have action masks");
    stays([&] { acting.act(one, episode, Mask{0, 0, 0}); }, "without a legal action");
    stays([&] { acting.act(one, episode, {.legal = Mask{2, 0, 0}}); }, "legal[0] is 2");
    const float weight = actor.weights().back();
    actor.weights().back() = not_a_number;
    stays([&] { acting.act(one, episode, Mask{1, 1, 1}); }, "of the policy's head");
    stays([&] { acting.act(one, episode, Mask{1, 1, 1}, rng); }, "of the policy's head");
    actor.weights().back() = weight;
    acting.act(one, episode, Mask{1, 1, 1});
    CHECK(!std::equal(state.begin(), state.end(), episode.state<float>().begin()));
}

TEST_CASE("an episode of another policy is refused") {
    const auto actor = remembering_actor(), larger = remembering_actor({.units = 5});
    const auto in_double = scattered_actor(ThreeChoices{}, Categorical<double>(3), Gru{.units = 4});
    const auto plain = constant_actor(ThreeChoices{}, Categorical<float>(3), {0, 1, 0});
    Acting acting(actor, ThreeChoices{});
    Acting of_plain(plain, ThreeChoices{});
    Episode without_memory, of_larger = Acting(larger, ThreeChoices{}).begin(),
                            of_double = Acting(in_double, ThreeChoices{}).begin(), right = acting.begin();
    const auto text = ContainsText("give an episode that begin() of this policy made");
    CHECK_THROWS_WITH(acting.act(one, without_memory), ContainsText("a state of 0 numbers, and the policy one of 4"));
    CHECK_THROWS_WITH(acting.act(one, of_larger), ContainsText("a state of 5 numbers, and the policy one of 4"));
    CHECK_THROWS_WITH(acting.act(one, of_double), text);
    CHECK_THROWS_WITH(of_plain.act(one, right), text);
    const Episode taken = std::move(right);
    CHECK_THROWS_WITH(acting.act(one, right), text);
}

TEST_CASE("without memory an episode changes nothing") {
    const auto actor = scattered_actor(ThreeChoices{}, Categorical<float>(3));
    Acting acting(actor, ThreeChoices{});
    Episode episode = acting.begin(), also;
    CHECK(episode.state_size() == 0);
    Rng rng(4), same(4);
    for (int i = 0; i < 50; ++i) {
        const std::vector<float> observation{static_cast<float>(i) / 10};
        CHECK(acting.act(observation, episode) == acting.act(observation));
        CHECK(acting.act(observation, also, rng) == acting.act(observation, same));
    }
    episode.restart();
}

TEST_CASE("an actor that was made for other spaces is refused") {
    const auto actor = constant_actor(ThreeChoices{}, Categorical<float>(3), {0, 1, 0});
    CHECK_THROWS_WITH(Acting(actor, Ticker{}), ContainsText("Acting: the actor takes observations of 1 numbers"));
    CHECK_THROWS_WITH(Acting(actor, Corridor{}), ContainsText("Acting: the actor chooses among 3 actions"));
    CHECK_THROWS_WITH(Acting(actor, Matching<Box>{}), ContainsText("Acting: the actor gives actions of 1 integers"));
    CHECK_THROWS_WITH(Acting(actor, Matching<Discrete>{{.n = 0}}),
                      ContainsText("Acting: the action space is Discrete"));
}
