#include "gradiva/algorithms/q_lambda.hpp"

#include "catch.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/optim/sgd.hpp"
#include "helpers/environments.hpp"
#include "helpers/exact_problems.hpp"
#include "helpers/finite_difference.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Values = Actor<MlpNetwork<float>, EpsilonGreedy<float>>;

/// How far each state's greedy action falls short of the best by the exact Q*, at most.
template <class Problem>
double largest_regret(const Problem& problem, double gamma, const Values& actor) {
    const Matrix<double> q = optimal_action_values(problem, gamma);
    const Matrix<float> observations = all_observations<float>(problem);
    Values::Tape tape;
    ActionBatch actions({1, 0}, problem.states());
    actor.forward(observations, tape);
    actor.mode(tape, actions.all());
    double regret = 0;
    for (Index s = 0; s < problem.states(); ++s) {
        regret = std::max(regret, q.col(s).maxCoeff() - q(actions.all().integers(0, s), s));
    }
    return regret;
}

template <class Problem>
double regret_after_training(const Problem& problem, std::uint64_t seed, Index steps) {
    constexpr double gamma = 0.9;
    Vectorized envs(problem, {.count = 16, .seed = seed});
    Actor actor(envs, Mlp{.hidden = {32}, .layer_norm = true}, EpsilonGreedy<float>(problem.actions()));
    QLambda trainer(
        envs, actor,
        {.horizon = 16, .learning_rate = Linear{3e-3, 0}, .epsilon = Linear{1, 0.3}, .gamma = gamma, .lambda = 0.5});
    trainer.train({.steps = steps});
    return largest_regret(problem, gamma, actor);
}

std::vector<float> after_training(Index threads, std::uint64_t seed = 1) {
    Vectorized envs(TimeLimit(Wanderer{}, 40), {.count = 9, .seed = seed});
    Actor actor(envs, Mlp{.hidden = {16}, .layer_norm = true}, EpsilonGreedy<float>(3));
    QLambda trainer(envs, actor, {.horizon = 40, .minibatch = 300, .threads = threads});
    trainer.train({.steps = 3 * 360});
    return {actor.weights().begin(), actor.weights().end()};
}

struct Parts {
    explicit Parts(Fault fault = Fault::none, Index at = 3) : envs(one_faulty(fault, 1, at), {.count = 4}) {}
    Vectorized<Faulty> envs;
    Values actor{envs, Mlp{.hidden = {8}, .layer_norm = true}, EpsilonGreedy<float>(2)};
    std::vector<float> weights() const { return {actor.weights().begin(), actor.weights().end()}; }
};

}  // namespace

TEST_CASE("the exact problems pass check_env, and their values solve the Bellman equations") {
    CHECK_NOTHROW(check_env(Chain{}));
    CHECK_NOTHROW(check_env(GridWithWalls{}));
    CHECK_NOTHROW(check_env(RandomWalk19{}));
    CHECK_NOTHROW(check_env(Arms({1, 2, 3}, 0.5)));
    const Vector<double> walk = uniform_policy_values(RandomWalk19{}, 1);
    for (Index s = 0; s < 19; ++s) CHECK(walk[s] == Catch::Approx(static_cast<double>(s - 9) / 10).margin(1e-9));
    const Matrix<double> chain = optimal_action_values(Chain(6, 0.02), 0.9);
    for (Index s = 0; s < 6; ++s) CHECK(chain(1, s) == Catch::Approx(std::pow(0.9, 5 - s)));
    CHECK(chain(0, 0) == Catch::Approx(0.02 + 0.9 * std::pow(0.9, 5)));
    const Matrix<double> arms = optimal_action_values(Arms({1, 2, 3}), 0.9);
    CHECK(arms == Vector<double>{{1, 2, 3}});
    CHECK(optimal_action_values(GridWithWalls{}, 0.9)(1, 3) == 1);
}

TEST_CASE("Q(lambda) finds the best action in every state of a chain", "[learning]") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const double regret = regret_after_training(Chain{}, seed, 40'000);
        INFO("seed " << seed << ": largest regret " << regret);
        CHECK(regret < 1e-6);
    }
}

TEST_CASE("Q(lambda) finds a best action in every cell of a grid with walls", "[learning]") {
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        const double regret = regret_after_training(GridWithWalls{}, seed, 60'000);
        INFO("seed " << seed << ": largest regret " << regret);
        CHECK(regret < 1e-6);
    }
}

TEST_CASE("Q(lambda) gives the same bits with 1 and 2 threads and in every run", "[threads]") {
    const auto one = after_training(1);
    CHECK((one == after_training(1)));
    CHECK((one == after_training(2)));
    CHECK((one != after_training(1, 2)));
}

TEST_CASE("Q(lambda) acts with the epsilon of its schedule") {
    Parts p;
    QLambda trainer(p.envs, p.actor, {.horizon = 8, .minibatch = 32, .epsilon = Linear{1, 0.2}});
    std::vector<double> epsilons;
    const auto record = [&](const Progress&) { epsilons.push_back(p.actor.distribution().epsilon()); };
    trainer.train({.steps = 128}, record);
    REQUIRE(epsilons.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) CHECK(epsilons[i] == Catch::Approx(1 - 0.2 * static_cast<double>(i)));
    CHECK(p.actor.distribution().epsilon() == Catch::Approx(0.2));
    epsilons.clear();
    trainer.train({.steps = 32}, record);
    CHECK(epsilons == std::vector<double>{1});
}

TEST_CASE("a callback of Q(lambda) can stop the training and read the trainer") {
    Parts p;
    QLambda trainer(p.envs, p.actor, {.horizon = 8, .minibatch = 32});
    const Progress last = trainer.train({.steps = 1000}, [&](const Progress& progress, const auto& t) {
        CHECK(&t.actor() == &p.actor);
        CHECK(progress.algorithm == "QLambda");
        return progress.iteration < 3;
    });
    CHECK(last.iteration == 3);
    CHECK(last.update.value_loss > 0);
    CHECK(last.update.gradient_norm > 0);
    CHECK(last.update.learning_rate == Catch::Approx(2e-3 * 0.936));
}

TEST_CASE("one step of Q(lambda) follows the gradient of its loss, by central differences") {
    using Exact = Actor<MlpNetwork<double>, EpsilonGreedy<double>>;
    Vectorized envs(Wanderer{}, {.count = 5, .seed = 3});
    Exact actor(envs, Mlp{.hidden = {6}, .layer_norm = true}, EpsilonGreedy<double>(3, 0.5));
    Rng rng(17);
    for (double& w : actor.weights()) w = 0.6 * rng.normal();
    Threads threads;
    Rollout rollout(envs, actor);
    Collector(envs, actor, threads).steps(rollout, 30);
    for (double& target : std::span(rollout.value_target.data(), 150)) target = rng.normal();

    const auto loss = [&] {
        Exact::Tape tape;
        const Matrix<double> x = rollout.observation.columns({0, 150}).cast<double>();
        actor.forward(x, tape);
        double sum = 0;
        for (Index j = 0; j < 150; ++j) {
            const double error = tape.head(rollout.action.all().integers(0, j), j) - rollout.value_target.data()[j];
            sum += 0.5 * error * error / 150;
        }
        return sum;
    };
    const auto expected = numeric_gradient(actor.weights(), loss);
    const double loss_before = loss();
    const std::vector<double> before(actor.weights().begin(), actor.weights().end());
    QUpdate<Exact, Sgd<double>> update(
        actor, {}, {.minibatch = 150, .epochs = 1, .learning_rate = 1.0, .max_gradient_norm = 0}, threads, 1);
    const UpdateReport report = update(rollout);
    std::vector<double> step;
    for (std::size_t i = 0; i < before.size(); ++i) step.push_back(before[i] - actor.weights()[i]);
    CHECK(relative_error(step, expected) < 1e-6);
    CHECK(report.value_loss == Catch::Approx(loss_before));
    CHECK(report.gradient_norm == Catch::Approx(as_vector(std::span<const double>(expected)).norm()));
}

TEST_CASE("Q(lambda) restores the weights when a number is not finite") {
    Parts p;
    QLambda trainer(p.envs, p.actor, {.horizon = 8, .minibatch = 32, .learning_rate = 1e38}, Sgd<float>{});
    const auto before = p.weights();
    CHECK_THROWS_WITH(trainer.train({.steps = 1000}), ContainsText("QLambda: iteration 1: update: the actor's"));
    CHECK((p.weights() == before));
}

TEST_CASE("Q(lambda) reports errors of an environment") {
    Parts p(Fault::infinite_reward, 5);
    QLambda trainer(p.envs, p.actor, {.horizon = 8, .minibatch = 32});
    CHECK_THROWS_WITH(trainer.train({.steps = 1000}),
                      ContainsText("QLambda: iteration 1: collect: environment 1 gave a reward of inf"));
}

TEST_CASE("Q(lambda) refuses options out of range") {
    Parts p;
    const auto make = [&](const QLambdaOptions& options) { QLambda(p.envs, p.actor, options); };
    CHECK_NOTHROW(make({}));
    CHECK_THROWS_WITH(make({.horizon = 0}), "QLambda: horizon is 0; give at least 1 step");
    CHECK_THROWS_WITH(make({.horizon = 4, .minibatch = 17}), ContainsText("QLambda: minibatch is 17; give a number"));
    CHECK_THROWS_WITH(make({.epochs = 0}), "QLambda: epochs is 0; give at least 1 pass over the rollout");
    CHECK_THROWS_WITH(make({.epsilon = Linear{1.5, 0}}),
                      "QLambda: epsilon goes from 1.5 to 0; give numbers from 0 to 1");
    CHECK_THROWS_WITH(make({.epsilon = -0.1}), "QLambda: epsilon goes from -0.1 to -0.1; give numbers from 0 to 1");
    CHECK_THROWS_WITH(make({.gamma = 2}), "QReturns: gamma is 2; give a number from 0 to 1");
    CHECK_THROWS_WITH(make({.lambda = 2}), "QReturns: lambda is 2; give a number from 0 to 1");
    CHECK_THROWS_WITH(make({.threads = 0}), "QLambda: threads is 0; give at least 1");
}

TEST_CASE("the value of a state under GreedyValue is its largest action value") {
    Vectorized envs(Wanderer{}, {.count = 2});
    const Values actor(envs, Mlp{.hidden = {8}, .layer_norm = true}, EpsilonGreedy<float>(3));
    const GreedyValue value(actor);
    CHECK(value.observation_size() == 3);
    const Matrix<float> x = Matrix<float>::Random(3, 11);
    Values::Tape tape;
    GreedyValue<Values>::Tape own;
    actor.forward(x, tape);
    CHECK(value.forward(x, own) == tape.head.colwise().maxCoeff().transpose());
}
