#include "gradiva/algorithms/analytic_policy_gradient.hpp"

#include <limits>
#include <string>

#include "catch.hpp"
#include "gradiva/advantage/returns.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/linear_quadratic.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/learn/updater.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/surrogate/policy_gradient.hpp"
#include "gradiva/train/estimate.hpp"
#include "helpers/finite_difference.hpp"
#include "learn/recording_optimizer.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using DoubleActor = Actor<MlpNetwork<double>, DiagonalGaussian<double>>;

/// A mass on a line, pushed by a force, in steps of 0.1 s.
LinearQuadratic mass() {
    return LinearQuadratic({.a = Matrix<double>{{1, 0.1}, {0, 1}},
                            .b = Matrix<double>{{0.005}, {0.1}},
                            .q = Matrix<double>{{1, 0}, {0, 0.1}},
                            .r = Matrix<double>{{0.1}}});
}

/// x' = factor x + u, paid -x^2.
LinearQuadratic grows_by(double factor) {
    return LinearQuadratic(
        {.a = Matrix<double>{{factor}}, .b = Matrix<double>{{1}}, .q = Matrix<double>{{1}}, .r = Matrix<double>{{0}}});
}

/// K of the policy u = -K x that is best for gamma = 1, of one action.
Matrix<double> riccati(const LinearQuadraticOptions& o) {
    Matrix<double> p = o.q, k;
    for (int i = 0; i < 2000; ++i) {
        k = o.b.transpose() * p * o.a / (o.r + o.b.transpose() * p * o.b).value();
        p = o.q + o.a.transpose() * p * (o.a - o.b * k);
    }
    return k;
}

/// An actor of normal weights.
DoubleActor random_actor(Index inputs, Index outputs, const Mlp& mlp, double initial_log_std) {
    DoubleActor actor(MlpNetwork<double>(inputs, outputs, mlp, Rng(1)),
                      DiagonalGaussian<double>(outputs, initial_log_std));
    Rng rng(2);
    for (double& w : actor.weights()) w += 0.4 * rng.normal();
    return actor;
}

/// The relative error of the gradient of the `call`-th call, by central differences of the losses.
template <class E>
double gradient_error(const E& env, const AnalyticGradientOptions& options, int call) {
    DoubleActor actor = random_actor(env.observation_space().size, env.action_space().size, {.hidden = {7, 5}}, -0.5);
    Threads threads;
    const auto weights = as_vector(actor.weights());
    const Vector<double> before = weights;
    std::vector<double> gradient(actor.weights().size());
    const auto loss_with = [&](const Vector<double>& last_weights) {  // at the last call
        AnalyticGradient<E, DoubleActor> gradient_of(std::vector<E>(20, env), actor, options, threads, 3);
        as_vector(actor.weights()) = before;
        for (int i = 1; i < call; ++i) gradient_of(gradient);
        as_vector(actor.weights()) = last_weights;
        return gradient_of(gradient).loss;
    };
    const auto numeric = numeric_gradient(actor.weights(), [&] { return loss_with(Vector<double>(weights)); });
    loss_with(before);
    return relative_error(gradient, numeric);
}

/// Mean and standard error of vectors, element by element.
struct Estimate {
    explicit Estimate(const std::vector<std::vector<double>>& all)
        : mean(Vector<double>::Zero(static_cast<Index>(all.front().size()))), error(mean) {
        const auto n = static_cast<double>(all.size());
        for (const auto& one : all) mean += as_vector(std::span(one)) / n;
        for (const auto& one : all) error.array() += (as_vector(std::span(one)) - mean).array().square();
        error = (error / (n - 1) / n).cwiseSqrt();
    }
    Vector<double> mean, error;
};

std::vector<float> trained(Index threads, std::uint64_t seed) {
    Vectorized envs(Pendulum{}, {.count = 40, .seed = seed});
    Actor actor(envs, Mlp{.hidden = {8}});
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 5, .episode = 12, .threads = threads});
    trainer.train({.steps = 40 * 5 * 6});
    return {actor.weights().begin(), actor.weights().end()};
}

}  // namespace

TEST_CASE("the analytic gradient of the return agrees with central differences") {
    CHECK(gradient_error(mass(), {.horizon = 12, .gamma = 0.9}, 1) < 1e-6);
    CHECK(gradient_error(mass(), {.horizon = 12, .gamma = 1, .sample = false}, 1) < 1e-6);
    CHECK(gradient_error(Pendulum{}, {.horizon = 15}, 1) < 1e-6);
}

TEST_CASE("the analytic gradient continues from the last horizon's states, and is truncated at an episode's end") {
    for (int call = 2; call <= 4; ++call) {
        CAPTURE(call);
        CHECK(gradient_error(Pendulum{}, {.horizon = 6, .episode = 15}, call) < 1e-6);
    }
}

TEST_CASE("the loss is minus the mean discounted return") {
    // Without an action's effect, x doubles: the rewards of x = 1 are -1, -4, -16.
    struct FromOne : LinearQuadratic {
        FromOne() : LinearQuadratic(grows_by(2)) {}
        void save(std::span<double> state) const { state[0] = 1; }
    };
    DoubleActor actor(MlpNetwork<double>(1, 1, {.hidden = {}}, Rng(1)), DiagonalGaussian<double>(1));
    for (double& w : actor.weights()) w = 0;
    Threads threads;
    AnalyticGradient<FromOne, DoubleActor> gradient_of(std::vector<FromOne>(3), actor,
                                                       {.horizon = 3, .gamma = 0.5, .sample = false}, threads, 1);
    std::vector<double> gradient(actor.weights().size());
    const auto report = gradient_of(gradient);
    CHECK(report.loss == Catch::Approx(1 + 0.5 * 4 + 0.25 * 16));
    CHECK(report.steps == 9);
    CHECK(gradient[2] == 0);  // of log sigma: the mean acts
    REQUIRE(gradient_of.finished().size() == 3);
    CHECK(gradient_of.finished()[2].reward_sum == Catch::Approx(-21));
    CHECK(gradient_of.finished()[2].length == 3);
}

TEST_CASE("a linear policy on a linear quadratic regulator finds the Riccati solution", "[learning]") {
    const TimeLimit env(mass(), 100);
    const Matrix<double> best = riccati(mass().options());
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Vectorized envs(env, {.count = 64, .seed = seed});
        Actor actor(envs, Mlp{.hidden = {}});
        AnalyticPolicyGradient trainer(envs, actor, {.horizon = 100, .gamma = 1, .learning_rate = Linear{0.1, 0}});
        trainer.train({.steps = 1'000'000});
        const Vector<double> k = -as_vector(std::as_const(actor).weights().first(2)).cast<double>();
        CAPTURE(seed, k[0], best(0, 0), k[1], best(0, 1));
        CHECK((k - best.transpose()).norm() < 0.01 * best.norm());
        CHECK(std::abs(k[0] / best(0, 0) - 1) < 0.01);
        CHECK(std::abs(k[1] / best(0, 1) - 1) < 0.01);
    }
}

TEST_CASE("the mean analytic gradient agrees with the estimate of REINFORCE") {
    constexpr Index horizon = 4, count = 64, batches = 200;
    const TimeLimit env(mass(), horizon);
    Vectorized envs(env, {.count = count, .seed = 5});
    DoubleActor actor = random_actor(2, 1, {.hidden = {}}, -0.3);
    Threads threads;

    std::vector<std::vector<double>> analytic;
    AnalyticGradient<LinearQuadratic, DoubleActor> gradient_of(std::vector<LinearQuadratic>(count, mass()), actor,
                                                               {.horizon = horizon, .gamma = 1}, threads, 6);
    for (Index i = 0; i < batches; ++i) gradient_of(analytic.emplace_back(actor.weights().size()));

    NoCritic critic;
    const RecordingOptimizer optimizer;
    Rollout rollout(envs, actor);
    Collector collect(envs, actor, threads);
    Estimator estimate(critic, threads);
    Updater update(actor, critic, PolicyGradient{.per_episode = true}, optimizer,
                   {.minibatch = all_samples, .epochs = 1, .max_gradient_norm = 0, .normalize_advantage = false},
                   threads, 7);
    for (Index i = 0; i < batches; ++i) {
        collect.episodes(rollout, 4);
        estimate(rollout, RewardToGo{.gamma = 1});
        update(rollout);
    }

    const Estimate exact(analytic), sampled(optimizer.record->gradients);
    REQUIRE(exact.mean.size() == sampled.mean.size());
    for (Index i = 0; i < exact.mean.size(); ++i) {
        CAPTURE(i, exact.mean[i], exact.error[i], sampled.mean[i], sampled.error[i]);
        CHECK(std::abs(exact.mean[i] - sampled.mean[i]) < 3 * std::hypot(exact.error[i], sampled.error[i]));
        CHECK(std::abs(sampled.mean[i]) < 1000 * sampled.error[i]);  // an estimate, not a constant
    }
    CHECK(exact.mean.norm() > 10 * sampled.error.norm());  // and there is a gradient to agree on
}

TEST_CASE("training along the analytic gradient gives the same bits for any number of threads", "[threads]") {
    const auto one = trained(1, 1);
    CHECK(one == trained(1, 1));
    CHECK(one == trained(2, 1));
    CHECK(one == trained(4, 1));
    CHECK(one != trained(1, 2));
}

TEST_CASE("actions beyond the bounds of the Box are clipped for the model and get no derivative") {
    DoubleActor actor(MlpNetwork<double>(3, 1, {.hidden = {}}, Rng(1)), DiagonalGaussian<double>(1, -5));
    actor.weights()[3] = 50;  // the bias: far beyond the largest torque
    Threads threads;
    AnalyticGradient<Pendulum, DoubleActor> gradient_of(std::vector<Pendulum>(4), actor, {.horizon = 5}, threads, 1);
    std::vector<double> gradient(actor.weights().size(), 1.0);
    CHECK(std::isfinite(gradient_of(gradient).loss));
    for (const double g : gradient) CHECK(g == 0);
}

TEST_CASE("a model that does not clip its actions gets them clipped, each to its own bounds") {
    struct Bounded : LinearQuadratic {
        Bounded()
            : LinearQuadratic({.a = Matrix<double>{{0.5, 0.1}, {0, 0.5}},
                               .b = Matrix<double>{{1, 0}, {0.5, 1}},
                               .q = Matrix<double>{{0, 0}, {0, 0}},
                               .r = Matrix<double>{{1, 0}, {0, 1}}}) {}
        Box action_space() const { return {.size = 2, .low = {-0.5F, -1}, .high = {2, 0.25F}}; }
    };
    DoubleActor actor(MlpNetwork<double>(2, 2, {.hidden = {}}, Rng(1)), DiagonalGaussian<double>(2));
    for (double& w : actor.weights()) w = 0;
    actor.weights()[4] = -3;  // the biases: the costs are 0.5^2 + 0.25^2
    actor.weights()[5] = 3;
    Threads threads;
    AnalyticGradient<Bounded, DoubleActor> gradient_of(std::vector<Bounded>(3), actor,
                                                       {.horizon = 2, .gamma = 1, .sample = false}, threads, 1);
    std::vector<double> gradient(actor.weights().size());
    CHECK(gradient_of(gradient).loss == Catch::Approx(2 * 0.3125));
    CHECK(gradient_error(Bounded{}, {.horizon = 6}, 1) < 1e-6);
}

TEST_CASE("the trainer of the analytic gradient reports steps, episodes and returns") {
    Vectorized envs(TimeLimit(Pendulum{}, 200), {.count = 6, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {4}});
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 4, .episode = 10, .learning_rate = Linear{1, 0}});
    std::vector<Progress> seen;
    trainer.train({.steps = 120}, [&](const Progress& progress, const auto& t) {
        CHECK(&t.actor() == &actor);
        seen.push_back(progress);
    });
    REQUIRE(seen.size() == 6);  // windows of 4, 4 and 2 steps
    CHECK(seen[2].steps == 60);
    CHECK(seen[1].episodes == 0);
    CHECK(std::isnan(seen[1].mean_return));
    CHECK(seen[2].episodes == 6);
    CHECK(seen[2].mean_length == 10);
    CHECK(seen[2].mean_return < 0);
    CHECK(seen[0].update.learning_rate == 1);
    CHECK(seen[3].update.learning_rate == Catch::Approx(0.5));
    CHECK(seen[0].update.surrogate_loss > 0);
    CHECK(seen[0].update.gradient_norm > 0);
    CHECK(seen[0].update.entropy == Catch::Approx(1.4189385));
    CHECK(std::isnan(seen[0].explained_variance));
    CHECK(seen[5].finished());
}

TEST_CASE("training of the analytic gradient stops when a callback returns false") {
    Vectorized envs(Pendulum{}, {.count = 2});
    Actor actor(envs, Mlp{.hidden = {4}});
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 4});
    CHECK(trainer.train({.steps = 1000}, [](const Progress& p) { return p.iteration < 3; }).iteration == 3);
}

TEST_CASE("a model with a number that is not finite stops the training and the weights are restored") {
    const auto stopped = [](double factor, Index horizon, const std::string& says) {
        Vectorized envs(grows_by(factor), {.count = 3});
        Actor actor(envs, Mlp{.hidden = {}});
        const std::vector<float> before(actor.weights().begin(), actor.weights().end());
        AnalyticPolicyGradient trainer(envs, actor, {.horizon = horizon});
        CHECK_THROWS_WITH(trainer.train({.steps = 1}), ContainsText(says));
        CHECK_THROWS_WITH(trainer.train({.steps = 1}), ContainsText("AnalyticPolicyGradient: iteration 2: "));
        CHECK(std::equal(before.begin(), before.end(), actor.weights().begin()));
    };
    stopped(1e20, 20, "observation");
    stopped(1e3, 10, "the actor's gradient is not finite; shorten the horizon, or lower the learning rate");
}

TEST_CASE("a step to weights that are not finite is reverted") {
    struct Spoiler {
        void step(std::span<float> weights, std::span<const float>, double) {
            weights[0] = std::numeric_limits<float>::quiet_NaN();
        }
    };
    Vectorized envs(mass(), {.count = 3});
    Actor actor(envs, Mlp{.hidden = {}});
    const std::vector<float> before(actor.weights().begin(), actor.weights().end());
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 3}, Spoiler{});
    CHECK_THROWS_WITH(trainer.train({.steps = 1}), ContainsText("the actor's weights are not finite"));
    CHECK(std::equal(before.begin(), before.end(), actor.weights().begin()));
}

TEST_CASE("the analytic gradient is clipped to the largest norm") {
    const auto step_of = [](double most) {
        Vectorized envs(mass(), {.count = 3});
        Actor actor(envs, Mlp{.hidden = {}});
        const RecordingOptimizer optimizer;
        AnalyticPolicyGradient trainer(envs, actor, {.horizon = 20, .max_gradient_norm = most}, optimizer);
        const double norm = trainer.train({.steps = 1}).update.gradient_norm;
        const auto& gradient = optimizer.record->gradients.front();
        return std::pair(norm, as_vector(std::span<const double>(gradient)).norm());
    };
    const auto [norm, taken] = step_of(0.25);
    CHECK(norm > 1);
    CHECK(taken == Catch::Approx(0.25));
    const auto free = step_of(0);
    CHECK(free.first == Catch::Approx(norm));
    CHECK(free.second == Catch::Approx(norm));
}

TEST_CASE("the analytic policy gradient refuses values out of range") {
    Vectorized envs(Pendulum{}, {.count = 2});
    Actor actor(envs, Mlp{.hidden = {4}});
    const auto refused = [&](const AnalyticOptions& options) { AnalyticPolicyGradient trainer(envs, actor, options); };
    CHECK_THROWS_WITH(refused({.horizon = 0}), "AnalyticPolicyGradient: horizon is 0; give at least 1 step");
    CHECK_THROWS_WITH(refused({.episode = -1}),
                      "AnalyticPolicyGradient: episode is -1; give at least 1 step, or 0 for the horizon");
    CHECK_THROWS_WITH(refused({.gamma = 1.5}), "AnalyticPolicyGradient: gamma is 1.5; give a number in [0, 1]");
    CHECK_THROWS_WITH(refused({.learning_rate = -1}),
                      "AnalyticPolicyGradient: learning_rate is -1; give a number of at least 0");
    CHECK_THROWS_WITH(refused({.learning_rate = INFINITY}), ContainsText("learning_rate is inf"));
    CHECK_THROWS_WITH(refused({.max_gradient_norm = -1}), ContainsText("max_gradient_norm is -1"));
    CHECK_THROWS_WITH(refused({.threads = 0}), "AnalyticPolicyGradient: threads is 0; give at least 1");
    Vectorized others(mass(), {.count = 2});
    CHECK_THROWS_WITH(AnalyticPolicyGradient(others, actor),
                      "AnalyticPolicyGradient: the actor takes 3 numbers and gives 1, the environments show 2 and take "
                      "1; build the actor from these environments");
}
