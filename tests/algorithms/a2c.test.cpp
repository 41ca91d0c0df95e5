#include "gradiva/algorithms/a2c.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/advantage/n_step.hpp"
#include "gradiva/advantage/vtrace.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/environments.hpp"
#include "learn/recording_optimizer.hpp"

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
void check_learns(const A& advantage) {
    std::string returns;
    std::vector<double> reached;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Parts p(seed);
        A2c trainer(p.envs, p.actor, p.critic, advantage, {.learning_rate = 5e-3});
        trainer.train({.steps = 8000});
        reached.push_back(evaluate(p.actor, corridor, {.episodes = 20}).mean_return);
        returns += fmt::format("seed {}: {:.3f}  ", seed, reached.back());
    }
    INFO(returns);
    for (const double r : reached) CHECK(r == Catch::Approx(Corridor{}.best_return()));
}

}  // namespace

TEST_CASE("A2C learns the corridor for every seed") { check_learns(Gae{.lambda = 1}); }

TEST_CASE("A2C learns the corridor for every seed with other advantages") {
    SECTION("n steps") { check_learns(NStep{}); }
    SECTION("one step") { check_learns(TemporalDifference{}); }
    SECTION("an advantage that holds the ratio") { check_learns(VTrace{}); }
}

TEST_CASE("A2C gives the same bits with 1, 2 and 4 threads and in every run", "[threads]") {
    const auto after = [](Index threads, std::uint64_t seed = 1) {
        Parts p(seed);
        A2c(p.envs, p.actor, p.critic, Gae{}, {.horizon = 100, .threads = threads}).train({.steps = 2000});
        return p.weights();
    };
    const auto one = after(1);
    CHECK((one == after(1)));
    CHECK((one == after(2)));
    CHECK((one == after(4)));
    CHECK((one != after(1, 2)));
}

TEST_CASE("A2C takes one step on each short rollout and its advantages are not normalised") {
    const A2cOptions options;
    CHECK(options.horizon == 5);
    CHECK(options.learning_rate(0) == 7e-4);
    CHECK(options.learning_rate(1) == 7e-4);
    CHECK(options.entropy(0) == 0);
    CHECK(options.value_coefficient == 0.5);
    CHECK(options.max_gradient_norm == 0.5);
    CHECK(!options.normalize_advantage);
    for (const Index horizon : {5, 20}) {  // of 20 samples, and of 80
        const Index samples = 4 * horizon;
        Parts p;
        const RecordingOptimizer optimizer;
        A2cOptions of_horizon = options;
        of_horizon.horizon = horizon;
        A2c trainer(p.envs, p.actor, p.critic, Gae{.lambda = 1}, of_horizon, optimizer);
        const Progress progress = trainer.train({.steps = 3 * samples});
        CHECK(progress.algorithm == "A2c");
        CHECK(progress.iteration == 3);
        CHECK(optimizer.record->gradients.size() == 2 * 3);  // actor and critic
        CHECK(optimizer.record->learning_rates == std::vector<double>(6, 7e-4));
        double gain = 0;  // its loss is the mean of the bare log-probs times advantages
        const auto& rollout = trainer.rollout();
        for (Index i = 0; i < samples; ++i) {
            gain += static_cast<double>(rollout.log_prob.data()[i] * rollout.advantage.data()[i]);
        }
        CHECK(progress.update.surrogate_loss == Catch::Approx(-gain / static_cast<double>(samples)));
    }
}

TEST_CASE("the optimiser of A2C is RMSprop unless another is given") {
    Parts p, q;
    A2c(p.envs, p.actor, p.critic, Gae{}).train({.steps = 100});
    A2c(q.envs, q.actor, q.critic, Gae{}, {}, Rmsprop<float>{{.alpha = 0.99, .epsilon = 1e-5}}).train({.steps = 100});
    CHECK((p.weights() == q.weights()));
}

TEST_CASE("options of A2C out of range are refused in its name") {
    const auto build = [](const A2cOptions& options) {
        Parts p;
        A2c(p.envs, p.actor, p.critic, Gae{}, options);
    };
    CHECK_THROWS_WITH(build({.horizon = 0}), "A2c: horizon is 0; give at least 1 step");
    CHECK_THROWS_WITH(build({.learning_rate = -1}), "A2c: learning_rate is -1; give a number of at least 0");
    CHECK_THROWS_WITH(build({.value_coefficient = -1}), "A2c: value_coefficient is -1; give a number of at least 0");
}
