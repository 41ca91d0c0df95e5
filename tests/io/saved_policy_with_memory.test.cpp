#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <variant>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/callbacks/best_actor.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/archery.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/io/checkpoint.hpp"
#include "gradiva/io/load_policy.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "gradiva/io/save_policy.hpp"
#include "gradiva/io/saved_policy.hpp"
#include "gradiva/nn/sequences.hpp"
#include "gradiva/policy/acting.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/temporary_path.hpp"
#include "io/policies_with_memory.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// An action as numbers.
struct Numbers {
    std::vector<int> integers;
    std::vector<float> reals;
    bool operator==(const Numbers&) const = default;
};

Numbers numbers_of(int action) { return {{action}, {}}; }
Numbers numbers_of(std::span<const int> action) { return {{action.begin(), action.end()}, {}}; }
Numbers numbers_of(std::span<const float> action) { return {{}, {action.begin(), action.end()}}; }
Numbers numbers_of(const HybridAction& action) {
    return {{action.choice}, {action.values.begin(), action.values.end()}};
}

/// The action of a saved policy in an episode, asked for by the `act` of its kind.
Numbers act(SavedPolicy& policy, std::span<const float> observation, Episode& episode, const ActOptions& options) {
    const AnyActionSpace& space = policy.spaces().action;
    int choice = -1;
    std::vector<int> integers(3, -1);
    if (const auto* box = std::get_if<Box>(&space)) {
        std::vector<float> reals(to_size(box->size), -9);
        policy.act(observation, episode, reals, options);
        return {{}, reals};
    }
    if (const auto* both = std::get_if<HybridSpace>(&space)) {
        std::vector<float> reals(to_size(both->box.size), -9);
        policy.act(observation, episode, choice, reals, options);
        return {{choice}, reals};
    }
    if (std::holds_alternative<Discrete>(space)) {
        policy.act(observation, episode, choice, options);
        return {{choice}, {}};
    }
    policy.act(observation, episode, integers, options);
    return {integers, {}};
}

/// How many of 150 actions in episodes that end at random, half of them sampled, half with random masks where there are
/// masks, or the states after them, differ from the actor's.
template <class A>
int differing_actions(const A& actor, SavedPolicy& policy) {
    using Scalar = typename A::Scalar;
    const PolicyDescription description = policy.description();
    int differing = 0;
    const auto play = [&](const auto& space) {
        using Space = std::remove_cvref_t<decltype(space)>;
        const Spaces& spaces = *actor.spaces();
        Acting<A, Space> acting(actor, spaces.observation, space, spaces.masked);
        Rng rng(1), one(5), other(5);
        Episode own = acting.begin(), saved = policy.begin();
        for (int n = 0; n < 150; ++n) {
            if (rng.uniform() < 0.1) {
                own.restart();
                saved.restart();
            }
            std::vector<float> observation(to_size(spaces.observation.size));
            for (float& x : observation) x = static_cast<float>(2 * rng.normal());
            std::vector<std::uint8_t> mask;
            if (spaces.masked) {
                for (const Index choices : description.distribution.choices) {
                    std::vector<std::uint8_t> part(to_size(choices), 1);
                    if (n % 4 > 1) detail::draw_mask(part, rng);
                    mask.insert(mask.end(), part.begin(), part.end());
                }
            }
            const bool sampled = n % 2 == 1;
            const ActOptions options{.legal = mask, .rng = sampled ? &one : nullptr};
            const ActOptions saved_options{.legal = mask, .rng = sampled ? &other : nullptr};
            const Numbers expected = numbers_of(acting.act(observation, own, options));
            const bool equal = act(policy, observation, saved, saved_options) == expected;
            const std::span<const Scalar> before = own.state<Scalar>(), after = saved.state<Scalar>();
            if (!equal || !std::equal(before.begin(), before.end(), after.begin(), after.end())) ++differing;
        }
    };
    std::visit(play, actor.spaces()->action);
    return differing;
}

/// The heads of an actor for 60 observations of three sequences, in which episodes begin at random.
template <class A>
std::vector<double> heads_of(const A& actor) {
    using Scalar = typename A::Scalar;
    Rng rng(9);
    Matrix<Scalar> x(actor.observation_size(), 60), state(actor.state_size(), 3);
    for (Scalar& value : std::span(x.data(), to_size(x.size()))) value = static_cast<Scalar>(rng.normal());
    for (Scalar& value : std::span(state.data(), to_size(state.size())))
        value = static_cast<Scalar>(rng.uniform(-1, 1));
    const std::vector<Index> width(20, 3);
    std::vector<std::uint8_t> begins(60);
    for (std::uint8_t& begin : begins) begin = rng.uniform() < 0.1 ? 1 : 0;
    typename A::Tape tape;
    actor.forward(x, all_legal(60), Sequences<Scalar>{width, begins, {state.data(), state.rows(), 3}}, tape);
    std::vector<double> heads;
    for (Index j = 0; j < 60; ++j) {
        for (Index i = 0; i < tape.head.rows(); ++i) heads.push_back(static_cast<double>(tape.head(i, j)));
    }
    return heads;
}

/// The mean return of a saved policy that acts in an environment, with the streams of `evaluate`.
template <class E>
double mean_return(SavedPolicy& policy, E env, const EvaluateOptions& options) {
    Rng env_rng(options.seed, Purpose::evaluation_environment, 0), rng(options.seed, Purpose::evaluation_action, 0);
    std::vector<float> observation(to_size(env.observation_space().size));
    std::vector<std::uint8_t> legal(HasActionMask<E> ? to_size(choices_of(env.action_space())) : 0);
    Episode episode = policy.begin();
    kernels::Moments returns;
    for (Index n = 0; n < options.episodes; ++n) {
        env.reset(env_rng, observation);
        episode.restart();
        double sum = 0;
        for (bool ended = false; !ended;) {
            if constexpr (HasActionMask<E>) {
                std::fill(legal.begin(), legal.end(), std::uint8_t{1});
                env.action_mask(legal);
            }
            const Numbers action =
                act(policy, observation, episode, {.legal = legal, .rng = options.greedy ? nullptr : &rng});
            Outcome outcome;
            if constexpr (std::same_as<ActionOf<E>, int>) {
                outcome = env.step(action.integers[0], env_rng, observation);
            } else if constexpr (std::same_as<ActionOf<E>, HybridAction>) {
                outcome = env.step({action.integers[0], action.reals}, env_rng, observation);
            } else {
                outcome = env.step(action.reals, env_rng, observation);
            }
            sum += outcome.reward;
            ended = outcome.terminated || outcome.truncated;
        }
        returns.add(sum);
    }
    return returns.mean;
}

template <class E, class Network>
void check_returns(const char* name, const E& env, const Network& network) {
    INFO(name);
    const TemporaryPath path("policy.safetensors");
    const Vectorized envs(env, {.count = 1, .seed = 5});
    Actor actor(envs, network);
    scatter(actor, {});
    save_policy(path.text(), actor);
    SavedPolicy policy(path.text());
    for (const bool greedy : {true, false}) {
        const EvaluateOptions options{.episodes = 10, .greedy = greedy, .seed = 3, .environments = 1};
        CHECK(mean_return(policy, env, options) == evaluate(actor, env, options).mean_return);
    }
}

/// The file `from` with one array changed, or left out where `change` empties it.
template <class T, class Change>
void write_changed(const std::string& from, const std::string& to, const std::string& name, const Change& change) {
    const SafetensorsFile file(from);
    SafetensorsWriter writer;
    for (const auto& [key, text] : file.texts()) writer.add_text(key, text);
    std::vector<T> values;
    for (const auto& [key, tensor] : file.tensors()) {
        if (key == name) {
            values.resize(tensor.bytes.size() / sizeof(T));
            std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
            change(values);
            if (values.empty()) continue;
        }
        const void* const data = key == name ? static_cast<const void*>(values.data()) : tensor.bytes.data();
        writer.add(key, tensor.type, tensor.shape, data);
    }
    writer.write(to);
}

}  // namespace

TEST_CASE("a saved policy with memory acts as the actor does, to the bit, along episodes that end at random") {
    const TemporaryPath path("policy.safetensors"), again("again.safetensors");
    for_each_policy_with_memory([&](const std::string& name, const auto& actor) {
        INFO(name);
        save_policy(path.text(), actor);
        SavedPolicy policy(path.text());
        CHECK(differing_actions(actor, policy) == 0);
        CHECK(policy.with_actor([](const auto& rebuilt) {
            if constexpr (HasMemory<decltype(rebuilt)>) return heads_of(rebuilt);
            return std::vector<double>();
        }) == heads_of(actor));
        policy.with_actor([&](const auto& rebuilt) { save_policy(again.text(), rebuilt); });
        CHECK(SavedPolicy(again.text()).description() == policy.description());
        auto expected = actor, other = actor;
        scatter(other, {.scale = 0.1, .mean = 3});
        load_policy(path.text(), other);
        CHECK(first_difference(image_of(expected), image_of(other)).empty());
    });
}

TEST_CASE("returns of a saved policy with memory are those of evaluate") {
    const Gru gru{.before = {4}, .units = 6, .after = {5}, .normalize_observations = true};
    check_returns("discrete", TimeLimit(CartPole{}, 50), Lstm{.units = 5});
    check_returns("continuous", TimeLimit(Pendulum{}, 50), gru);
    check_returns("masked", TimeLimit(MaskedGrid{}, 30), gru);
    check_returns("hybrid", TimeLimit(Archery{}, 30), gru);
}

TEST_CASE("a policy with memory computes what its description says") {
    for_each_policy_with_memory([](const std::string& name, const auto& actor) {
        INFO(name);
        const PolicyDescription policy = describe_policy(actor);
        const PolicyExamples examples = policy_examples(policy);
        CHECK(examples.begins == std::vector<std::uint8_t>{1, 0, 0, 0, 0, 1, 0, 0});
        const std::vector<double> expected = computed_heads(policy, examples);
        REQUIRE(examples.head.size() == expected.size());
        const double tolerance = policy.scalar == Dtype::f64 ? 1e-12 : 1e-5;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(std::abs(examples.head[i] - expected[i]) <= tolerance * std::max(1.0, std::abs(expected[i])));
        }
    });
}

TEST_CASE("a saved policy with memory acts in episodes only, one without in both") {
    const TemporaryPath path("policy.safetensors");
    const Vectorized envs(CartPole{}, {.count = 1});
    const std::vector<float> observation(4, 0.1F);
    int action = -1;
    save_policy(path.text(), Actor(envs, Lstm{.units = 3}));
    SavedPolicy policy(path.text());
    CHECK_THROWS_WITH(policy.act(observation, action),
                      ContainsText("SavedPolicy: the policy has a memory; give act the episode that begin() made"));
    CHECK(action == -1);
    Episode none, episode = policy.begin();
    CHECK(episode.state_size() == 6);
    CHECK_THROWS_WITH(policy.act(observation, none, action), ContainsText("a state of 0 numbers, and the policy one "
                                                                          "of 6"));
    policy.act(observation, episode, action);
    CHECK(action >= 0);
    std::vector<float> wrong(1);
    const std::vector<float> state(episode.state<float>().begin(), episode.state<float>().end());
    CHECK_THROWS_WITH(policy.act(observation, episode, wrong), ContainsText("give an int&"));
    CHECK(std::equal(state.begin(), state.end(), episode.state<float>().begin()));

    save_policy(path.text(), Actor(envs, Mlp{.hidden = {3}}));
    SavedPolicy plain(path.text());
    int other = -1;
    plain.act(observation, action);
    Episode empty = plain.begin();
    CHECK(empty.state_size() == 0);
    plain.act(observation, empty, other);
    CHECK(other == action);
    CHECK_THROWS_WITH(plain.act(observation, episode, other), ContainsText("a state of 6 numbers"));
}

TEST_CASE("a policy and its critic with memory are loaded, and refused where their shapes differ") {
    const TemporaryPath path("policy.safetensors");
    const Vectorized envs(CartPole{}, {.count = 1}), others(CartPole{}, {.count = 1, .seed = 8});
    const Gru gru{.before = {4}, .units = 3, .after = {}, .normalize_observations = true};
    Actor actor(envs, Lstm{.units = 3});
    Critic critic(envs, gru);
    save_policy(path.text(), actor, critic);
    Actor again(others, Lstm{.units = 3});
    Critic again_critic(others, gru);
    load_policy(path.text(), again, again_critic);
    CHECK(first_difference(image_of(actor), image_of(again)).empty());
    CHECK(first_difference(image_of(critic), image_of(again_critic)).empty());
    const auto refused = [&](const auto& actor_network, const auto& critic_network) {
        Actor one(others, actor_network);
        Critic other(others, critic_network);
        std::string text = "no error";
        try {
            load_policy(path.text(), one, other);
        } catch (const Error& error) {
            text = error.what();
        }
        CHECK(std::ranges::equal(one.weights(), Actor(others, actor_network).weights()));
        return text;
    };
    CHECK_THAT(refused(Lstm{.units = 4}, gru), ContainsText("actor/network/units is 3 where it was saved and 4 here"));
    CHECK_THAT(refused(Gru{.units = 3}, gru), ContainsText("actor/network/"));
    CHECK_THAT(refused(Mlp{.hidden = {3}}, gru), ContainsText("actor/network/"));
    CHECK_THAT(refused(Lstm{.units = 3}, Gru{.before = {4}, .units = 3, .normalize_observations = true}),
               ContainsText("critic/network/after"));
}

TEST_CASE("the actor and the best actor of a checkpoint of a training with memory are loaded, and act") {
    const TemporaryPath path("run.safetensors");
    const TimeLimit cart_pole(CartPole{}, 30);
    Vectorized envs(cart_pole, {.count = 4, .seed = 1}), others(cart_pole, {.count = 4, .seed = 3});
    const Gru gru{.units = 6, .after = {}, .normalize_observations = true};
    Actor actor(envs, gru), other(others, gru);
    Critic critic(envs, gru), other_critic(others, gru);
    PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 16, .minibatch = 32, .epochs = 2, .learning_rate = 1e-2});
    BestActor best(actor, {.at_least_episodes = 1});
    trainer.train({.steps = 100 * 64}, Checkpoint(path.text()), best);
    auto best_actor = best.actor();
    REQUIRE(!first_difference(image_of(actor), image_of(best_actor)).empty());
    const auto check = [&](const auto& expected, const char* part) {
        SavedPolicy policy(path.text(), {.part = part});
        const EvaluateOptions options{.episodes = 10, .seed = 3, .environments = 1};
        CHECK(mean_return(policy, cart_pole, options) == evaluate(expected, cart_pole, options).mean_return);
    };
    check(actor, "actor");
    check(best_actor, "best_actor");
    load_policy(path.text(), other, other_critic);
    CHECK(first_difference(image_of(actor), image_of(other)).empty());
    CHECK(first_difference(image_of(critic), image_of(other_critic)).empty());
    load_policy(path.text(), other, {.part = "best_actor"});
    CHECK(first_difference(image_of(best_actor), image_of(other)).empty());
}

TEST_CASE("an edited file of a policy with memory is refused") {
    const TemporaryPath path("policy.safetensors"), edited("edited.safetensors");
    const Vectorized envs(CartPole{}, {.count = 1});
    Actor actor(envs, Gru{.before = {4}, .units = 3});
    scatter(actor, {});
    save_policy(path.text(), actor);
    const auto refusal = [&](const std::string& name, auto zero, const auto& change) {
        using T = decltype(zero);
        write_changed<T>(path.text(), edited.text(), name, change);
        std::vector<std::string> texts;
        const auto say = [&](const auto& read) {
            try {
                read();
                texts.emplace_back("no error");
            } catch (const Error& error) {
                texts.emplace_back(error.what());
            }
        };
        say([&] { SavedPolicy policy(edited.text()); });
        say([&] {
            auto copy = actor;
            load_policy(edited.text(), copy);
        });
        const std::string who = "SavedPolicy '" + edited.text() + "': ";
        const bool is_refused = texts[0].starts_with(who);
        CHECK(texts[1] == (is_refused ? "load_policy" + texts[0].substr(std::string("SavedPolicy").size()) : texts[0]));
        return is_refused ? texts[0].substr(who.size()) : texts[0];
    };
    using Bytes = std::vector<std::uint8_t>;
    using Sizes = std::vector<Index>;
    const std::uint8_t byte = 0;
    CHECK(refusal("examples/begins", byte, [](Bytes&) {}) == "no error");
    CHECK_THAT(refusal("examples/begins", byte, [](Bytes& all) { all.clear(); }),
               ContainsText("examples/begins is missing"));
    const char* const begins = "say by 8 numbers 0 and 1 where an episode begins, 1 of the first";
    CHECK_THAT(refusal("examples/begins", byte, [](Bytes& all) { all[0] = 0; }), ContainsText(begins));
    CHECK_THAT(refusal("examples/begins", byte, [](Bytes& all) { all[3] = 2; }), ContainsText(begins));
    CHECK_THAT(refusal("examples/begins", byte, [](Bytes& all) { all[3] = 1; }),
               ContainsText("of the head of example 3"));
    CHECK_THAT(refusal("examples/begins", byte, [](Bytes& all) { all[5] = 0; }),
               ContainsText("of the head of example 5"));
    CHECK_THAT(refusal("actor/network/units", Index{}, [](Sizes& all) { all[0] = 4; }),
               ContainsText("after/observed is 3, where there are 4 numbers"));
    CHECK_THAT(refusal("actor/network/after/rows", Index{}, [](Sizes& all) { all[1] = 2; }),
               ContainsText("after/rows does not take h, the first 3 numbers of the state"));
    for (const std::size_t weight : {std::size_t{0}, std::size_t{20}, std::size_t{50}, std::size_t{70}}) {
        INFO(weight);
        CHECK_THAT(refusal("actor/network/parameters", 0.0F, [&](std::vector<float>& all) { all[weight] += 0.5F; }),
                   ContainsText("the file was edited, or this build computes otherwise"));
    }
}
