#include "gradiva/io/load_policy.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/callbacks/best_actor.hpp"
#include "gradiva/core/state_difference.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/io/checkpoint.hpp"
#include "gradiva/io/safetensors_file.hpp"
#include "gradiva/io/safetensors_writer.hpp"
#include "gradiva/io/save_policy.hpp"
#include "gradiva/io/saved_policy.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/temporary_folder.hpp"
#include "helpers/temporary_path.hpp"
#include "io/policy_table.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Envs = Vectorized<TimeLimit<CartPole>>;

constexpr Index iteration = 64;  // steps

/// A small training; each object of it is one program.
struct Training {
    explicit Training(std::uint64_t seed = 1, const Mlp& mlp = {.hidden = {8}, .normalize_observations = true})
        : envs(TimeLimit(CartPole{}, 30), {.count = 4, .seed = seed}), actor(envs, mlp), critic(envs, mlp),
          trainer(envs, actor, critic, Gae{}, {.horizon = 16, .minibatch = 32, .epochs = 2, .learning_rate = 1e-2}) {}

    double mean_return() const { return evaluate(actor, TimeLimit(CartPole{}, 30), {.episodes = 10}).mean_return; }

    Envs envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor;
    Critic<MlpNetwork<float>> critic;
    PpoClip<Envs, decltype(actor), decltype(critic), Gae> trainer;
};

template <class Part>
std::string difference(const Part& a, const Part& b) {
    Part one = a, other = b;
    return first_difference(image_of(one), image_of(other));
}

/// The text of the error by which a file is refused; also checks that the actor and the critic stay as they are.
template <class A, class C>
std::string refused(const std::string& path, A& actor, C& critic, const LoadPolicyOptions& options = {}) {
    const A actor_before = actor;
    const C critic_before = critic;
    std::string text = "no error";
    try {
        load_policy(path, actor, critic, options);
    } catch (const Error& error) {
        text = error.what();
    }
    CHECK(difference(actor_before, actor).empty());
    CHECK(difference(critic_before, critic).empty());
    return text;
}

}  // namespace

TEST_CASE("a loaded actor and critic go on learning as those that were saved") {
    const TemporaryPath path("policy.safetensors");
    Training first;
    first.trainer.train({.steps = 5 * iteration});
    save_policy(path.text(), first.actor, first.critic);

    // Two programs that fine-tune from the same weights: one has them in memory, the other from the file.
    Training second(2), third(2);
    second.actor = first.actor;
    second.critic = first.critic;
    load_policy(path.text(), third.actor, third.critic);
    CHECK(third.mean_return() == first.mean_return());
    second.trainer.train({.steps = 5 * iteration});
    third.trainer.train({.steps = 5 * iteration});
    CHECK(difference(second.actor, third.actor).empty());
    CHECK(difference(second.critic, third.critic).empty());
    CHECK(!difference(first.actor, third.actor).empty());
}

TEST_CASE("the value row of a shared trunk is saved and loaded with the actor") {
    const TemporaryPath path("policy.safetensors");
    auto actor = trunk_policy(), other = trunk_policy({.scale = 0.1});
    SharedCritic critic(actor), other_critic(other);
    save_policy(path.text(), actor, critic);
    load_policy(path.text(), other, other_critic);
    CHECK(difference(actor, other).empty());
}

TEST_CASE("the actor and the best actor of a checkpoint are loaded, and act") {
    const TemporaryPath path("run.safetensors");
    Training training;
    BestActor best(training.actor, {.at_least_episodes = 1});
    training.trainer.train({.steps = 150 * iteration}, Checkpoint(path.text()), best);
    REQUIRE(!difference(training.actor, best.actor()).empty());

    Training other(3);
    load_policy(path.text(), other.actor, other.critic);
    CHECK(difference(training.actor, other.actor).empty());
    CHECK(difference(training.critic, other.critic).empty());
    load_policy(path.text(), other.actor, {.part = "best_actor"});
    CHECK(difference(best.actor(), other.actor).empty());

    const auto returns_of = [](const auto& actor) {
        return evaluate(actor, TimeLimit(CartPole{}, 30), {.episodes = 10}).mean_return;
    };
    CHECK(SavedPolicy(path.text()).with_actor(returns_of) == returns_of(training.actor));
    CHECK(SavedPolicy(path.text(), {.part = "best_actor"}).with_actor(returns_of) == returns_of(best.actor()));
    CHECK_THAT(refused(path.text(), other.actor, other.critic, {.part = "oldest_actor"}),
               ContainsText("no part 'oldest_actor'; its actors of the library's own networks and distributions are: "
                            "actor, callbacks/best_actor/actor"));
}

TEST_CASE("a file of another policy is refused by its first difference, and changes nothing") {
    const TemporaryPath path("policy.safetensors");
    Training training;
    save_policy(path.text(), training.actor);
    const auto error = [&](Training other) { return refused(path.text(), other.actor, other.critic); };
    CHECK_THAT(refused(path.text(), training.actor, training.critic),
               ContainsText("load_policy '" + path.text() + "': critic/network/"));
    save_policy(path.text(), training.actor, training.critic);
    CHECK_THAT(error(Training(1, {.hidden = {9}, .normalize_observations = true})),
               ContainsText("actor/network/widths[1] is 8 where it was saved and 9 here"));
    CHECK_THAT(error(Training(1, {.hidden = {8}})), ContainsText("actor/network/normalize_observations is true"));
    CHECK_THAT(error(Training(1, {.hidden = {8}, .activation = Activation::relu, .normalize_observations = true})),
               ContainsText("actor/network/activation is 0"));

    const Vectorized pendulum(TimeLimit(Pendulum{}, 200), {.count = 1});
    Actor of_pendulum(pendulum, Mlp{});
    CHECK_THAT(
        refused(path.text(), of_pendulum, training.critic),
        ContainsText("it is a policy for Discrete(2), observations of 4 numbers and no masks, and the actor here "
                     "is for Box(1), 3 numbers and no masks"));
    Actor of_values(training.envs, Mlp{.hidden = {8}, .normalize_observations = true}, EpsilonGreedy<float>(2));
    CHECK_THAT(refused(path.text(), of_values, training.critic),
               ContainsText("actor/distribution/type is Categorical where it was saved and EpsilonGreedy here"));
    Actor in_double(training.envs, Mlp{.hidden = {8}, .normalize_observations = true}, Categorical<double>(2));
    CHECK_THAT(refused(path.text(), in_double, training.critic),
               ContainsText("actor/network/parameters was saved as F32 and is F64 here"));
}

TEST_CASE("a policy keeps the shape of its observations, and is of no other") {
    const TemporaryPath path("policy.safetensors");
    const auto policy_of = [](const Box& observation) {
        return policy_of_table(MlpNetwork<float>(6, 2, Mlp{.hidden = {}}, Rng(), 1), Categorical<float>(2),
                               {.observation = observation, .action = Discrete{2}}, {});
    };
    const auto images = policy_of({.shape = {1, 2, 3}});
    save_policy(path.text(), images);
    CHECK(SavedPolicy(path.text()).description().spaces.observation == Box{.shape = {1, 2, 3}});
    auto same = policy_of({.shape = {1, 2, 3}});
    CHECK_NOTHROW(load_policy(path.text(), same));
    for (const Box& other : {Box{.size = 6}, Box{.shape = {2, 1, 3}}}) {
        auto actor = policy_of(other);
        CHECK_THROWS_WITH(load_policy(path.text(), actor), ContainsText("or bounds or shapes differ"));
    }
}

TEST_CASE("a policy of before shapes has none") {
    const SavedPolicy old(GRADIVA_SOURCE_DIR "/tests/reference/policy.safetensors");
    CHECK(old.description().spaces.observation.shape.empty());
}

TEST_CASE("files that are no policies, or damaged ones, are refused") {
    const TemporaryFolder folder("policies");
    Training training;
    const auto error = [&](const std::string& path) { return refused(path, training.actor, training.critic); };
    CHECK_THAT(error(folder / "none"), ContainsText("cannot read"));
    CHECK_THAT(error(folder.path()), ContainsText("is a folder"));

    SafetensorsWriter other;
    const float number = 1;
    other.add("x", {}, &number);
    other.write(folder / "other");
    CHECK_THAT(error(folder / "other"), ContainsText("this file is neither a saved policy nor a checkpoint"));

    const std::string path = folder / "policy";
    save_policy(path, training.actor, training.critic);
    const std::string whole = read_text(path);
    int refusals = 0;
    for (std::size_t size = 0; size < whole.size(); size += 97) {
        write_text(path, whole.substr(0, size));
        refusals += error(path) != "no error" ? 1 : 0;
    }
    CHECK(refusals == static_cast<int>((whole.size() + 96) / 97));
    for (std::size_t at = 0; at < whole.size(); at += 131) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 0x10);
        write_text(path, changed);
        INFO(at);
        CHECK(error(path) != "no error");
    }
}

TEST_CASE("a policy of another format, or without its checksum, is refused") {
    const TemporaryFolder folder("policies");
    const std::string path = folder / "policy", edited = folder / "edited";
    Training training;
    save_policy(path, training.actor, training.critic);
    const auto check_refused = [&](const std::string& what) {
        const std::string text = "'" + edited + "': " + what;
        CHECK(refused(edited, training.actor, training.critic) == "load_policy " + text);
        CHECK_THROWS_WITH(SavedPolicy(edited), "SavedPolicy " + text);
    };

    const SafetensorsFile file(path);
    SafetensorsWriter writer;
    writer.add_text("gradiva.policy", "2");
    for (const auto& [key, tensor] : file.tensors()) writer.add(key, tensor.type, tensor.shape, tensor.bytes.data());
    writer.write(edited);
    check_refused("its format is 2 and this library reads 1");

    std::string whole = read_text(path);
    const std::string key = "\"gradiva.crc64\":\"";
    const std::size_t checksum = key.size() + std::string_view("0123456789abcdef\",").size();
    std::uint64_t header = 0;
    std::memcpy(&header, whole.data(), sizeof(header));
    header -= checksum;
    std::memcpy(whole.data(), &header, sizeof(header));
    whole.erase(whole.find(key), checksum);
    write_text(edited, whole);
    REQUIRE_FALSE(SafetensorsFile(edited).has_checksum());
    check_refused("its checksum is missing; it was changed by another program");
}

TEST_CASE("an edited file with a right checksum is refused where its examples are not reproduced") {
    const TemporaryFolder folder("policies");
    const std::string path = folder / "policy", edited = folder / "edited";
    Training training;
    save_policy(path, training.actor, training.critic);
    const SafetensorsFile file(path);

    // The text of both loaders' errors for the file with `value` in the place of one number of a tensor.
    const auto error = [&](const std::string& name, std::size_t at, auto value) {
        std::vector<std::byte> bytes;
        SafetensorsWriter writer;
        for (const auto& [key, text] : file.texts()) writer.add_text(key, text);
        for (const auto& [key, tensor] : file.tensors()) {
            if (key == name) {
                bytes.assign(tensor.bytes.begin(), tensor.bytes.end());
                std::memcpy(bytes.data() + at * sizeof(value), &value, sizeof(value));
            }
            writer.add(key, tensor.type, tensor.shape, key == name ? bytes.data() : tensor.bytes.data());
        }
        writer.write(edited);
        std::string text = "no error";
        try {
            SavedPolicy policy(edited);
        } catch (const Error& refusal) {
            text = refusal.what();
        }
        return refused(edited, training.actor, training.critic) + "; " + text;
    };
    const auto refuses = [&](const std::string& text, const std::string& what) {
        INFO(text);
        return text.find("load_policy '" + edited + "': " + what) == 0 &&
               text.find("; SavedPolicy '" + edited + "': " + what) != std::string::npos;
    };
    CHECK(refuses(error("examples/head", 3, 0.5), "row 1 of the head of example 1 is 0.5"));
    CHECK(refuses(error("examples/head", 3, double{INFINITY}), "row 1 of the head of example 1 is inf"));
    CHECK(refuses(error("examples/observation", 4, 100.0F), "row 0 of the head of example 1 is "));
    CHECK(refuses(error("examples/integers", 2, 7), "the head of example 2 gives another action"));
    CHECK(refuses(error("actor/network/parameters", 1, 5.0F), "row 0 of the head of example 0 is "));
    CHECK(refuses(error("actor/network/parameters", 1, NAN), "actor/network/parameters[1] is nan"));
    CHECK(refuses(error("actor/network/normalizer/mean", 1, 100.0), "row 0 of the head of example 0 is "));
    CHECK(refuses(error("actor/network/normalizer/moments/squares", 0, double{NAN}),
                  "actor/network/normalizer/moments/squares[0] is nan"));
    CHECK(refuses(error("actor/spaces/observation/size", 0, Index{1} << 62), "the network has 4 inputs"));
    CHECK(error("critic/network/parameters", 1, NAN).find("critic/network/parameters[1] is nan") != std::string::npos);
    CHECK(error("critic/network/normalizer/mean", 1, double{NAN}).find("critic/network/normalizer/mean[1] is nan") !=
          std::string::npos);
}
