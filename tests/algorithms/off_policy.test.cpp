#include "gradiva/algorithms/off_policy.hpp"

#include "catch.hpp"
#include "gradiva/advantage/importance_sampling.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/algorithms/a2c.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/optim/sgd.hpp"
#include "gradiva/train/evaluate.hpp"
#include "gradiva/train/log_columns.hpp"
#include "helpers/environments.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

const TimeLimit corridor(Corridor{}, 30);

struct Parts {
    explicit Parts(std::uint64_t seed = 1) : envs(corridor, {.count = 4, .seed = seed}) {}
    Vectorized<TimeLimit<Corridor>> envs;
    Actor<MlpNetwork<float>, Categorical<float>> actor{envs, {.hidden = {16}}};
    Critic<MlpNetwork<float>> critic{envs, {.hidden = {16}}};

    std::vector<float> weights() const {
        std::vector<float> all(actor.weights().begin(), actor.weights().end());
        all.insert(all.end(), critic.weights().begin(), critic.weights().end());
        return all;
    }
};

/// Trains under seeds 1, 2 and 3, each to the best policy.
template <class A>
void check_learns(const A& advantage, OffPolicyOptions options) {
    std::string returns;
    std::vector<double> reached;
    options.horizon = 16;
    options.learning_rate = 1e-2;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Parts p(seed);
        OffPolicy(p.envs, p.actor, p.critic, advantage, options).train({.steps = 10'000});
        reached.push_back(evaluate(p.actor, corridor, {.episodes = 20}).mean_return);
        returns += fmt::format("seed {}: {:.3f}  ", seed, reached.back());
    }
    INFO(returns);
    for (const double r : reached) CHECK(r == Catch::Approx(Corridor{}.best_return()));
}

/// Descends, but for step number `at`, which leaves finite numbers.
struct BreaksDown {
    int at = 0;
    std::shared_ptr<int> steps = std::make_shared<int>(0);
    void step(std::span<float> weights, std::span<const float> gradient, double learning_rate) {
        Sgd<float>{}.step(weights, gradient, learning_rate);
        if (++*steps == at) weights[0] = std::numeric_limits<float>::infinity();
    }
};

}  // namespace

TEST_CASE("V-trace learns the corridor for every seed from rollouts of older policies") {
    SECTION("of the present policy") { check_learns(VTrace{}, {}); }
    SECTION("of two updates ago") { check_learns(VTrace{}, {.age = 2}); }
    SECTION("of several policies") { check_learns(VTrace{}, {.age = 1, .replays = 3}); }
}

TEST_CASE("the single ratio learns the corridor for every seed from rollouts of older policies") {
    check_learns(SingleRatio{.baseline = Baseline::critic}, {.age = 2});
}

TEST_CASE("a rollout is learned from no sooner than its age allows") {
    for (const Index age : {0, 1, 2, 3}) {
        INFO("age " << age);
        Parts p;
        OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{}, {.horizon = 8, .age = age});
        CHECK(trainer.youngest_age() == std::numeric_limits<Index>::max());
        auto before = p.weights();
        trainer.train({.steps = 20 * 32}, [&](const Progress& progress) {
            CHECK(progress.update.left_out == 0);
            CHECK((p.weights() != before) == (progress.iteration > age));  // before, nothing is old enough
            before = p.weights();
        });
        CHECK(trainer.youngest_age() == age);
    }
    Parts p;
    OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{}, {.horizon = 8, .store = 6, .replays = 2});
    Index youngest = trainer.youngest_age();
    trainer.train({.steps = 20 * 32}, [&](const Progress&) {
        CHECK(trainer.youngest_age() <= youngest);  // the least so far, not that of the last rollout
        youngest = trainer.youngest_age();
    });
    CHECK(youngest == 0);
}

TEST_CASE("several rollouts are learned from in an iteration once they are stored") {
    Parts p;
    const BreaksDown optimizer;  // that never does
    OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{}, {.horizon = 20, .age = 1, .replays = 3}, optimizer);
    std::vector<int> updates;  // one step of actor and critic for each rollout of 80 samples
    trainer.train({.steps = 6 * 80}, [&](const Progress&) { updates.push_back(*optimizer.steps / 2); });
    CHECK(updates == std::vector<int>{0, 1, 3, 6, 9, 12});
}

TEST_CASE("rollouts whose KL exceeds the limit are skipped") {
    Parts p;
    OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{},
                      {.horizon = 16, .age = 1, .max_kl = 1e-6, .learning_rate = 0.05});
    double left_out = 0;
    Index learned = 0;
    auto before = p.weights();
    trainer.train({.steps = 30 * 64}, [&](const Progress& progress) {
        CHECK((progress.update.left_out == 0 || progress.update.left_out == 1));
        CHECK((progress.update.left_out == 1) == (progress.update.behaviour_kl > 1e-6));
        const auto now = p.weights();
        if (progress.update.left_out == 1) {
            CHECK(progress.update.effective_sample_size < 64);
            CHECK((now == before));
        } else if (progress.iteration > 1) {
            CHECK(progress.update.effective_sample_size == Catch::Approx(64).epsilon(1e-4));
            CHECK((now != before));
            ++learned;
        }
        left_out += progress.update.left_out;
        before = now;
    });
    CHECK(left_out >= 5);
    CHECK(learned >= 5);
}

namespace {

/// The fields of a report that are not there, by name.
std::vector<std::string> missing(const Progress& progress) {
    std::vector<std::string> names;
    for (const LogColumn& column : log_columns) {
        if (std::isnan(column.value(progress))) names.emplace_back(column.name());
    }
    return names;
}

const std::vector<std::string> of_the_update = {"surrogate_loss", "value_loss",    "explained_variance", "entropy",
                                                "approximate_kl", "gradient_norm", "learning_rate"};
const std::vector<std::string> of_no_off_policy_training = {"mean_kl", "kl_coefficient", "clip_fraction",
                                                            "step_fraction", "rejected_steps"};
const std::vector<std::string> of_the_distance = {"effective_sample_size", "behaviour_kl"};

bool is_missing(const std::vector<std::string>& names, const std::string& name) {
    return std::count(names.begin(), names.end(), name) == 1;
}

bool are_missing(const Progress& progress, const std::vector<std::string>& fields) {
    const auto names = missing(progress);
    return std::all_of(fields.begin(), fields.end(), [&](const auto& field) { return is_missing(names, field); });
}

bool are_there(const Progress& progress, const std::vector<std::string>& fields) {
    const auto names = missing(progress);
    return std::none_of(fields.begin(), fields.end(), [&](const auto& field) { return is_missing(names, field); });
}

}  // namespace

TEST_CASE("off-policy training on the newest rollout alone is A2C with the same advantage and optimiser") {
    Parts p, q;
    const Schedule learning_rate = Linear{2e-2, 1e-3};
    OffPolicy off_policy(p.envs, p.actor, p.critic, VTrace{.gamma = 0.9},
                         {.horizon = 20,
                          .learning_rate = learning_rate,
                          .entropy = 0.05,
                          .value_coefficient = 0.8,
                          .max_gradient_norm = 0.3,
                          .normalize_advantage = true,
                          .normalize_rewards = true});
    A2c a2c(q.envs, q.actor, q.critic, VTrace{.gamma = 0.9},
            {.horizon = 20,
             .learning_rate = learning_rate,
             .entropy = 0.05,
             .value_coefficient = 0.8,
             .max_gradient_norm = 0.3,
             .normalize_advantage = true,
             .normalize_rewards = true},
            Adam<float>{});
    std::vector<Progress> of_a2c;
    a2c.train({.steps = 400}, [&](const Progress& progress) { of_a2c.push_back(progress); });
    std::size_t i = 0;
    off_policy.train({.steps = 400}, [&](const Progress& progress) {
        INFO("iteration " << progress.iteration);
        const Progress& other = of_a2c.at(i++);
        const auto near = [](double expected) { return Catch::Approx(expected).epsilon(1e-3).margin(1e-4); };
        CHECK(progress.update.surrogate_loss == near(other.update.surrogate_loss));
        CHECK(progress.update.value_loss == near(other.update.value_loss));
        CHECK(progress.explained_variance == near(other.explained_variance));
        CHECK(progress.update.entropy == near(other.update.entropy));
        CHECK(progress.update.gradient_norm == near(other.update.gradient_norm));
        CHECK(progress.update.learning_rate == other.update.learning_rate);
        CHECK(progress.mean_return == near(other.mean_return));
    });
    CHECK(i == 5);
    const auto weights = p.weights(), expected = q.weights();
    for (std::size_t w = 0; w < weights.size(); ++w) {
        CHECK(weights[w] == Catch::Approx(expected[w]).epsilon(1e-3).margin(1e-4));
    }
}

TEST_CASE("an iteration without a rollout old enough reports no update and no KL") {
    Parts p;
    OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{}, {.horizon = 40, .age = 2});
    trainer.train({.steps = 5 * 160}, [&](const Progress& progress) {
        INFO("iteration " << progress.iteration);
        const auto check = progress.iteration > 2 ? are_there : are_missing;
        CHECK(check(progress, of_the_update));
        CHECK(check(progress, of_the_distance));
        CHECK(are_missing(progress, of_no_off_policy_training));
        CHECK(progress.update.left_out == 0);
        CHECK(progress.steps == 160 * progress.iteration);
        if (progress.iteration > 1) CHECK(std::isfinite(progress.mean_return));
    });
}

TEST_CASE("an iteration whose rollouts were all skipped reports no update, whatever the previous one reported") {
    Parts p;
    OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{},
                      {.horizon = 16, .age = 1, .max_kl = 1e-6, .learning_rate = 0.05});
    Index after_one_that_learned = 0;
    bool learned = false;
    for (int call = 0; call < 3; ++call) {
        trainer.train({.steps = 10 * 64}, [&](const Progress& progress) {
            if (progress.iteration == 1) return;
            INFO("iteration " << progress.iteration);
            CHECK(are_there(progress, of_the_distance));
            if (progress.update.left_out > 0) {
                CHECK(are_missing(progress, of_the_update));
                after_one_that_learned += learned;
            } else {
                CHECK(are_there(progress, of_the_update));
            }
            learned = progress.update.left_out == 0;
        });
    }
    CHECK(after_one_that_learned >= 3);
}

TEST_CASE("where some of several rollouts are skipped the report is of those learned from") {
    Parts p;
    OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{},
                      {.horizon = 16, .replays = 3, .max_kl = 1e-6, .learning_rate = 0.05});
    trainer.train({.steps = 10 * 64}, [&](const Progress& progress) {
        INFO("iteration " << progress.iteration);
        CHECK(are_there(progress, of_the_update));  // the newest is the present policy's
        CHECK(progress.update.left_out == (progress.iteration == 1 ? 0 : progress.iteration == 2 ? 1 : 2));
    });
}

TEST_CASE("off-policy training reports its rollouts and updates") {
    Parts p;
    OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{}, {.horizon = 50, .learning_rate = Linear{1e-3, 0}});
    const Progress progress = trainer.train({.steps = 400});
    CHECK(progress.algorithm == "OffPolicy");
    CHECK(progress.iteration == 2);
    CHECK(progress.steps == 400);
    CHECK(progress.update.learning_rate == 5e-4);
    CHECK(progress.episodes > 0);
    CHECK(progress.mean_return < 1);
    CHECK(progress.update.effective_sample_size == Catch::Approx(200).epsilon(1e-4));
    CHECK(std::abs(progress.update.behaviour_kl) < 1e-6);
    CHECK(progress.update.value_loss > 0);
    CHECK(progress.update.entropy > 0);
    CHECK(progress.update.gradient_norm > 0);
    CHECK(&trainer.actor() == &p.actor);
}

TEST_CASE("off-policy training gives the same bits with 1, 2 and 4 threads and in every run", "[threads]") {
    const auto after = [](Index threads, std::uint64_t seed = 1) {
        Parts p(seed);
        OffPolicy(p.envs, p.actor, p.critic, VTrace{}, {.horizon = 100, .age = 1, .replays = 2, .threads = threads})
            .train({.steps = 3000});
        return p.weights();
    };
    const auto one = after(1);
    CHECK((one == after(1)));
    CHECK((one == after(2)));
    CHECK((one == after(4)));
    CHECK((one != after(1, 2)));
}

TEST_CASE("options of off-policy training out of range are refused by name") {
    const auto build = [](const OffPolicyOptions& options) {
        Parts p;
        OffPolicy(p.envs, p.actor, p.critic, VTrace{}, options);
    };
    CHECK_NOTHROW(build({.store = 1}));
    CHECK_THROWS_WITH(build({.horizon = 0}), "OffPolicy: horizon is 0; give at least 1 step");
    CHECK_THROWS_WITH(build({.age = -1}), "OffPolicy: age is -1; give a number of at least 0");
    CHECK_THROWS_WITH(build({.replays = 0}), "OffPolicy: replays is 0; give at least 1");
    CHECK_THROWS_WITH(build({.store = 3, .age = 3, .replays = 2}),
                      "OffPolicy: store is 3; keep at least age + replays rollouts (3 + 2)");
    CHECK_THROWS_WITH(build({.max_kl = 0}), "OffPolicy: max_kl is 0; give a number above 0");
    CHECK_THROWS_AS(build({.max_kl = std::numeric_limits<double>::quiet_NaN()}), Error);
    CHECK_THROWS_WITH(build({.learning_rate = -1}), "OffPolicy: learning_rate is -1; give a number of at least 0");
    CHECK_THROWS_WITH(build({.threads = 0}), "OffPolicy: threads is 0; give at least 1");
    Parts p;
    CHECK_THROWS_WITH((OffPolicy(p.envs, p.actor, p.critic, VTrace{.rho_bar = 0})),
                      ContainsText("VTrace: rho_bar is 0"));
    OffPolicy cut(p.envs, p.actor, p.critic, ProductOfRatios{});
    CHECK_THROWS_WITH(cut.train({.steps = 1}),
                      ContainsText("OffPolicy: iteration 1: ProductOfRatios: the rollout holds"));
}

TEST_CASE("off-policy training with a number that is not finite keeps the weights of the last complete iteration") {
    // Iteration 1 has one rollout to learn from, iteration 2 has two, each with a step of the actor and of the critic.
    for (const int at : {3, 4, 5, 6}) {
        INFO("step " << at);
        Parts p;
        OffPolicy trainer(p.envs, p.actor, p.critic, VTrace{}, {.horizon = 8, .replays = 2}, BreaksDown{at});
        std::vector<float> whole;
        CHECK_THROWS_WITH(trainer.train({.steps = 1000}, [&](const Progress&) { whole = p.weights(); }),
                          ContainsText("OffPolicy: iteration 2: update:"));
        CHECK((p.weights() == whole));
    }
}
