// What a training says it is.
#include "catch.hpp"

#include <cstdint>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gradiva/core/type_name.hpp"
#include "gradiva/gradiva.hpp"

using namespace gradiva;

namespace {

DescriptionValue text(const char* value) { return std::string(value); }

/// An environment that shows no state.
struct Corridor {
    int position = 0;
    Box observation_space() const { return {.size = 1}; }
    Discrete action_space() const { return {.n = 2}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = static_cast<float>(position = 0); }
    Outcome step(int action, Rng&, std::span<float> observation) {
        observation[0] = static_cast<float>(position += action);
        return {.terminated = position == 5};
    }
};

/// An optimiser that shows no state.
struct Counted {
    int steps = 0;
    void step(std::span<float>, std::span<const float>, double) { ++steps; }
};

/// An update that shows no state.
struct Idle {
    int updates = 0;
    UpdateReport operator()(const Rollout<float>&, double) {
        ++updates;
        return {};
    }
};

/// Calls the `visit_state` of a part whose type says what keeps it from being saved.
template <class Part>
struct Owner {
    Part& part;
    void visit_state(State& state) { part.visit_state(state); }
};

/// A callback that keeps the description of the training.
struct Asks {
    static constexpr bool describes_run = true;
    Description* description;
    void on_start(Run& run) { *description = run.description(); }
    void operator()(const Progress&) {}
};
struct AsksWithoutSaying {
    Description* description;
    void on_start(Run& run) { *description = run.description(); }
    void operator()(const Progress&) {}
};
struct SaysNo : AsksWithoutSaying {
    static constexpr bool describes_run = false;
};

/// A trainer of one's own.
struct Mine {
    TrainLoop loop{"Mine"};
    void visit_state(State& state) { state.fixed("mass", 2.5); }
    template <class... Callbacks>
    Progress train(const TrainOptions& options, Callbacks... callbacks) {
        Buffer<FinishedEpisode> none;
        const auto iterate = [&](Progress& progress) { loop.report(10, none, progress); };
        return loop.run(options, *this, iterate, callbacks...);
    }
};

}  // namespace

TEST_CASE("a training is described by all that it is, each by one value") {
    Vectorized envs(TimeLimit(CartPole{}, 500), {.count = 8, .seed = 42});
    Actor actor(envs, Mlp{.hidden = {64, 32}});
    Critic critic(envs, Mlp{.hidden = {16}, .activation = Activation::relu});
    PpoClip trainer(envs, actor, critic, Gae{.gamma = 0.9}, {.learning_rate = Linear{3e-4, 0}, .value_clip = 0.5});
    const std::int64_t zero = 0;
    const double infinity = std::numeric_limits<double>::infinity();
    const double x = 4.8F, theta = 24 * std::numbers::pi / 180;
    const std::vector<std::pair<std::string, DescriptionValue>> expected = {
        {"algorithm", text("PpoClip")},
        {"environment", text("TimeLimit<CartPole>")},
        {"environments/count", std::int64_t{8}},
        {"environments/seed", std::int64_t{42}},
        {"environments/observation_space/size", std::int64_t{4}},
        {"environments/observation_space/low",
         std::vector<double>{-x, -infinity, -static_cast<float>(theta), -infinity}},
        {"environments/observation_space/high", std::vector<double>{x, infinity, static_cast<float>(theta), infinity}},
        {"environments/action_space/n", std::int64_t{2}},
        {"environments/env/limit", std::int64_t{500}},
        {"actor/network/type", text("Mlp")},
        {"actor/network/observed", std::int64_t{4}},
        {"actor/network/rows", std::vector<double>{0, 4}},
        {"actor/network/normalize_observations", false},
        {"actor/network/widths", std::vector<double>{4, 64, 32, 2}},
        {"actor/network/output_layer", true},
        {"actor/network/activation", text("tanh")},
        {"actor/network/layer_norm", false},
        {"actor/distribution/type", text("Categorical")},
        {"actor/distribution/choices", std::int64_t{2}},
        {"critic/network/type", text("Mlp")},
        {"critic/network/observed", std::int64_t{4}},
        {"critic/network/rows", std::vector<double>{0, 4}},
        {"critic/network/normalize_observations", false},
        {"critic/network/widths", std::vector<double>{4, 16, 1}},
        {"critic/network/output_layer", true},
        {"critic/network/activation", text("relu")},
        {"critic/network/layer_norm", false},
        {"options/horizon", std::int64_t{128}},
        {"options/episodes", zero},
        {"options/store", std::int64_t{1}},
        {"options/minibatch", std::int64_t{64}},
        {"options/sequence", std::int64_t{16}},
        {"options/normalize_rewards", false},
        {"advantage/type", text("Gae")},
        {"advantage/gamma", 0.9},
        {"advantage/lambda", 0.95},
        {"store/capacity", std::int64_t{1}},
        {"rewards/gamma", 0.9},
        {"update/options/minibatch", std::int64_t{64}},
        {"update/options/epochs", std::int64_t{10}},
        {"update/options/learning_rate", text("linear from 0.0003 to 0")},
        {"update/options/entropy", 0.0},
        {"update/options/value_coefficient", 0.5},
        {"update/options/value_clip", 0.5},
        {"update/options/max_gradient_norm", 0.5},
        {"update/options/target_kl", 0.0},
        {"update/options/normalize_advantage", true},
        {"update/actor/optimizer/type", text("Adam")},
        {"update/actor/optimizer/options/beta1", 0.9},
        {"update/actor/optimizer/options/beta2", 0.999},
        {"update/actor/optimizer/options/epsilon", 1e-5},
        {"update/critic/optimizer/type", text("Adam")},
        {"update/critic/optimizer/options/beta1", 0.9},
        {"update/critic/optimizer/options/beta2", 0.999},
        {"update/critic/optimizer/options/epsilon", 1e-5},
        {"update/surrogate/type", text("Clip")},
        {"update/surrogate/clip", 0.2},
    };
    const Description description = trainer.describe();
    REQUIRE(description.entries.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(description.entries[i].path == expected[i].first);
        CAPTURE(expected[i].first);
        CHECK((description.entries[i].value == expected[i].second));
    }
}

TEST_CASE("AnalyticPolicyGradient, a trainer without critic, describes its environments too") {
    Vectorized envs(TimeLimit(Pendulum{}, 200), {.count = 2, .seed = 9});
    Actor actor(envs, Mlp{.hidden = {}});
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 4});
    const Description description = trainer.describe();
    CHECK(*description.find("environment") == text("TimeLimit<Pendulum>"));
    CHECK(*description.find("environments/count") == DescriptionValue(std::int64_t{2}));
    CHECK(*description.find("environments/seed") == DescriptionValue(std::int64_t{9}));
    CHECK(*description.find("actor/network/type") == text("Mlp"));
}

TEST_CASE("parts that show no state are described by the names of their types") {
    Vectorized envs(Corridor{}, {.count = 2, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {}});
    Critic critic(envs, Mlp{.hidden = {}});
    SECTION("environments and optimisers") {
        A2c trainer(envs, actor, critic, Gae{}, {}, Counted{});
        const Description description = trainer.describe();
        CHECK(*description.find("environment") == DescriptionValue(type_name<Corridor>()));
        CHECK(*description.find("environments/seed") == DescriptionValue(std::int64_t{3}));
        CHECK(*description.find("update/actor/optimizer/type") == DescriptionValue(type_name<Counted>()));
        CHECK(*description.find("update/options/minibatch") == text("all"));
        // They keep a training from being saved, which more than a compile-time error says.
        Owner<decltype(trainer)> owner{trainer};
        CHECK_THROWS_WITH(image_of(owner), ContainsText("these environments show no state"));
        CHECK_THROWS_WITH(image_of(owner, Episodes::restarted), ContainsText("this optimiser cannot be saved"));
    }
    SECTION("updates") {
        Trainer trainer({.name = "Own", .horizon = 8}, envs, actor, critic, Gae{}, [](Threads&) { return Idle{}; });
        CHECK(*trainer.describe().find("algorithm") == text("Own"));
        CHECK(*trainer.describe().find("update/type") == DescriptionValue(type_name<Idle>()));
        Owner<decltype(trainer)> owner{trainer};
        CHECK_THROWS_WITH(image_of(owner, Episodes::restarted), ContainsText("Own: the update cannot be saved"));
    }
}

TEST_CASE("a callback that says so gets the description of the run") {
    Mine trainer;
    Description with, without, no;
    trainer.train({.steps = 20, .schedule_steps = 300}, Asks{&with}, AsksWithoutSaying{&without});
    CHECK(with == without);  // one of them asks
    REQUIRE(with.entries.size() == 4);
    CHECK(*with.find("algorithm") == text("Mine"));
    CHECK(*with.find("mass") == DescriptionValue(2.5));
    CHECK(*with.find("train/steps") == DescriptionValue(std::int64_t{20}));
    CHECK(*with.find("train/schedule_steps") == DescriptionValue(std::int64_t{300}));
    trainer.train({.steps = 20}, AsksWithoutSaying{&without}, SaysNo{{&no}});
    CHECK(without == no);
    CHECK(no.entries.size() == 3);
    CHECK(no.find("mass") == nullptr);
}

TEST_CASE("a run counts the steps since the trainer was built") {
    Mine trainer;
    std::vector<Index> lifetimes;
    struct Looks {
        std::vector<Index>* lifetimes;
        void operator()(const Progress&) {}
        void on_start(Run& run) { lifetimes->push_back(run.lifetime_steps()); }
        void after_iteration(Run& run) { lifetimes->push_back(run.lifetime_steps()); }
    };
    for (int call = 0; call < 2; ++call) trainer.train({.steps = 20}, Looks{&lifetimes});
    CHECK(lifetimes == std::vector<Index>{0, 10, 20, 20, 30, 40});
    const Progress progress{.steps = 7};
    CHECK(Run("Test", progress).lifetime_steps() == 7);
}
