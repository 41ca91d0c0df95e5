// Trainings that fail, and their failures repeated in other objects: one is what another process would have.
#include "catch.hpp"

#include <array>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/off_policy.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/reinforce.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/io/flight_record.hpp"
#include "gradiva/io/replay.hpp"
#include "helpers/temporary_path.hpp"

using namespace gradiva;
using Catch::Matchers::Contains;
using gradiva_test::TemporaryPath;

namespace {

enum class Fault { none, nan, exception };

/// A cart whose life, over all episodes, ends at step `last`: by an observation that is not finite, or an exception.
class FrailCart {
public:
    FrailCart(Fault fault, Index last) : fault_(fault), last_(last) {}

    Box observation_space() const { return cart_.observation_space(); }
    Discrete action_space() const { return cart_.action_space(); }
    void reset(Rng& rng, std::span<float> observation) { cart_.reset(rng, observation); }
    Outcome step(int action, Rng& rng, std::span<float> observation) {
        const Outcome outcome = cart_.step(action, rng, observation);
        if (++life_ == last_ && fault_ == Fault::nan) observation[2] = std::numeric_limits<float>::quiet_NaN();
        if (life_ == last_ && fault_ == Fault::exception) throw std::runtime_error("the cart broke");
        angle_ = observation[2];
        return outcome;
    }
    void visit_state(State& state) {
        state("cart", cart_);
        state("life", life_);
        state("angle", angle_);
    }

    Index life() const { return life_; }
    float angle() const { return angle_; }

private:
    CartPole cart_;
    Fault fault_;
    Index last_, life_ = 0;
    float angle_ = 0;
};

constexpr Index broken = 5, last_step = 1003;

/// Eight carts, of which one breaks.
struct Carts {
    explicit Carts(Fault fault)
        : envs([=](Index n) { return FrailCart(n == broken ? fault : Fault::none, last_step); },
               {.count = 8, .seed = 3}),
          actor(envs, Mlp{.hidden = {8}, .normalize_observations = true}),
          critic(envs, Mlp{.hidden = {8}, .normalize_observations = true}) {}

    Vectorized<FrailCart> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor;
    Critic<MlpNetwork<float>> critic;
};

struct ByPpo : Carts {
    explicit ByPpo(Fault fault = Fault::nan, Index threads = 1)
        : Carts(fault), trainer(envs, actor, critic, Gae{.gamma = 0.95},
                                {.horizon = 16,
                                 .minibatch = 32,
                                 .epochs = 2,
                                 .learning_rate = Linear{1e-2, 0},
                                 .normalize_rewards = true,
                                 .threads = threads}) {}
    PpoClip<Vectorized<FrailCart>, decltype(actor), decltype(critic), Gae> trainer;
};

/// Its store holds what earlier policies have done.
struct ByOffPolicy : Carts {
    explicit ByOffPolicy(Fault fault = Fault::nan, Index threads = 1)
        : Carts(fault), trainer(envs, actor, critic, VTrace{.gamma = 0.95},
                                {.horizon = 16, .store = 3, .age = 1, .threads = threads}) {}
    OffPolicy<Vectorized<FrailCart>, decltype(actor), decltype(critic), VTrace> trainer;
};

/// Its rollouts are of whole episodes.
struct ByReinforce : Carts {
    explicit ByReinforce(Fault fault = Fault::nan, Index threads = 1)
        : Carts(fault), trainer(envs, actor, critic, RewardToGo{.gamma = 0.95}, {.episodes = 1, .threads = threads}) {}
    Reinforce<Vectorized<FrailCart>, decltype(actor), decltype(critic), RewardToGo> trainer;
};

constexpr Index steps = 100'000;

template <class Training>
std::string failure_with(Training& training, FlightRecord& record) {
    return failure_of([&] { training.trainer.train({.steps = steps}, record); });
}

/// Where `at_step` was called, and what the cart was then.
struct Look {
    Index environment = -1, t = -1, life = -1;
    float angle = 0;
};

template <class Training>
Replay replay_with(Training& training, const std::string& path, std::vector<Look>& looks) {
    return replay(path, training.trainer, [&](Index environment, Index t) {
        looks.push_back({environment, t, training.envs[environment].life(), training.envs[environment].angle()});
    });
}

template <class Training>
void check_replay(Index every, Index threads) {
    const TemporaryPath path("crash.safetensors");
    Training training;
    FlightRecord record(path.text(), {.every = every});
    const std::string failure = failure_with(training, record);
    CAPTURE(failure, every, threads);
    REQUIRE_THAT(failure, Contains("environment 5"));
    REQUIRE_THAT(failure,
                 Contains("; FlightRecord: '" + path.text() + "' has the state from which replay runs to iteration "));

    Training other(Fault::nan, threads);
    std::vector<Look> looks;
    const Replay replayed = replay_with(other, path.text(), looks);
    CHECK(replayed.is_same_failure);
    CHECK(replayed.is_of_this_build);
    CHECK_THAT(failure, Contains(replayed.failure));
    REQUIRE(replayed.step.has_value());
    REQUIRE(looks.size() == 1);
    CHECK(looks[0].environment == broken);
    CHECK(replayed.step->environment == broken);
    CHECK(looks[0].t == replayed.step->t);
    CHECK(looks[0].life == last_step - 1);
    CHECK_THAT(failure, Contains("environment 5, time step " + std::to_string(looks[0].t) + " of the rollout"));
    // What is replayed is what happened: another training, which has no record, comes to the same place.
    CHECK(looks[0].angle != 0);

    // Once more in the same objects, which have failed, and in those of the first training.
    for (Training* again : {&other, &training}) {
        std::vector<Look> next;
        CHECK(replay_with(*again, path.text(), next).is_same_failure);
        REQUIRE(next.size() == 1);
        CHECK(next[0].life == looks[0].life);
        CHECK(next[0].angle == looks[0].angle);
    }
}

}  // namespace

TEST_CASE("the failure of an environment is replayed up to its step, whatever the trainer") {
    for (const Index every : {1, 3}) {
        check_replay<ByPpo>(every, 2);
        check_replay<ByOffPolicy>(every, 1);
        check_replay<ByReinforce>(every, 1);
    }
}

TEST_CASE("what an environment throws stays what it is, and is replayed") {
    const TemporaryPath path("crash.safetensors");
    ByPpo training(Fault::exception);
    CHECK_THROWS_AS(training.trainer.train({.steps = steps}, FlightRecord(path.text())), std::runtime_error);
    ByPpo other(Fault::exception);
    std::vector<Look> looks;
    const Replay replayed = replay_with(other, path.text(), looks);
    CHECK(replayed.failure == "the cart broke");
    CHECK(replayed.is_same_failure);
    REQUIRE(looks.size() == 1);
    CHECK(looks[0].life == last_step - 1);
}

TEST_CASE("a failed update is replayed, and has no step") {
    const TemporaryPath path("crash.safetensors");
    const auto train = [](auto& trainer, auto&&... callbacks) {
        return trainer.train({.steps = 10'000}, callbacks...);
    };
    const auto diverging = [] { return PpoClipOptions{.horizon = 16, .minibatch = 32, .learning_rate = 1e38}; };
    Carts carts(Fault::none), others(Fault::none);
    PpoClip trainer(carts.envs, carts.actor, carts.critic, Gae{}, diverging());
    FlightRecord record(path.text());
    CHECK_THROWS_WITH(train(trainer, record), Contains("FlightRecord") && !Contains("time step"));
    PpoClip other(others.envs, others.actor, others.critic, Gae{}, diverging());
    const Replay replayed = replay(path.text(), other);
    CHECK(replayed.is_same_failure);
    CHECK(!replayed.step);
}

TEST_CASE("an environment that fails as an episode begins has failed in no step") {
    struct NoNewEpisode : CartPole {
        Index resets = 0;
        void reset(Rng& rng, std::span<float> observation) {
            require(++resets < 2, "no new episode");
            CartPole::reset(rng, observation);
        }
        Outcome step(int action, Rng& rng, std::span<float> observation) {
            return CartPole::step(action, rng, observation);
        }
        void visit_state(State& state) {
            CartPole::visit_state(state);
            state("resets", resets);
        }
    };
    const TemporaryPath path("crash.safetensors");
    const auto fail_first = [&](Index at) {
        Vectorized envs(
            [=](Index) {
                NoNewEpisode env;
                env.resets = at;
                return env;
            },
            {.count = 1, .seed = 3});
        Actor actor(envs, Mlp{.hidden = {4}});
        Critic critic(envs, Mlp{.hidden = {4}});
        PpoClip trainer(envs, actor, critic, Gae{}, {.horizon = 64, .minibatch = 16});
        return failure_of([&] { trainer.train({.steps = 1000}, FlightRecord(path.text())); });
    };
    CHECK_THAT(fail_first(1), Contains("no new episode") && Contains("FlightRecord") && !Contains("time step"));
    CHECK_THAT(fail_first(0), Contains("no new episode") && Contains("environment 0, time step"));
}

TEST_CASE("a training that ends, or whose callback throws, writes no record") {
    const TemporaryPath path("crash.safetensors");
    ByPpo training(Fault::none);
    FlightRecord record(path.text());
    training.trainer.train({.steps = 1000}, record);
    CHECK(!std::filesystem::exists(path.text()));
    const auto thrower = [](const Progress&) { throw std::runtime_error("no"); };
    CHECK_THROWS_AS(training.trainer.train({.steps = 1000}, thrower, record), std::runtime_error);
    CHECK(!std::filesystem::exists(path.text()));
}

TEST_CASE("a record that cannot be written says so, and the failure stays") {
    ByPpo training;
    FlightRecord record("/nowhere/at/all/crash.safetensors");
    CHECK_THROWS_WITH(
        training.trainer.train({.steps = steps}, record),
        Contains("observation") && Contains("'/nowhere/at/all/crash.safetensors' could not be written: "));
}

TEST_CASE("replay refuses what is no record, and a record of another training") {
    const TemporaryPath path("crash.safetensors");
    ByPpo training;
    FlightRecord record(path.text());
    failure_with(training, record);
    ByOffPolicy other;
    CHECK_THROWS_WITH(replay(path.text(), other.trainer),
                      Contains("replay '" + path.text() + "'") && Contains("OffPolicy"));
    ByPpo sound(Fault::none);
    CHECK_THROWS_WITH(replay(path.text(), sound.trainer), Contains("the failure does not occur again"));

    const TemporaryPath nothing("nothing.safetensors");
    ByPpo third;
    CHECK_THROWS_WITH(replay(nothing.text(), third.trainer), Contains(nothing.text()));
    SafetensorsWriter file;
    file.write(nothing.text());
    CHECK_THROWS_WITH(replay(nothing.text(), third.trainer), Contains("no flight record"));
}

TEST_CASE("options of a flight record are checked") {
    CHECK_THROWS_WITH(FlightRecord(""), Contains("path is empty"));
    CHECK_THROWS_WITH(FlightRecord("x", {.every = 0}), Contains("every is 0"));
}
