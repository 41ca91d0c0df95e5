#include "gradiva/algorithms/trpo.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/optim/sgd.hpp"
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

template <class O = Adam<float>>
void build(const TrpoOptions& options, O optimizer = {}) {
    Parts p;
    Trpo(p.envs, p.actor, p.critic, Gae{}, options, optimizer);
}

}  // namespace

TEST_CASE("TRPO learns the corridor for every seed") {
    std::string returns;
    std::vector<double> reached;
    for (const std::uint64_t seed : {1U, 2U, 3U}) {
        Parts p(seed);
        Trpo trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 32});
        trainer.train({.steps = 4000});
        reached.push_back(evaluate(p.actor, corridor, {.episodes = 20}).mean_return);
        returns += fmt::format("seed {}: {:.3f}  ", seed, reached.back());
    }
    INFO(returns);
    for (const double r : reached) CHECK(r == Catch::Approx(Corridor{}.best_return()));
}

TEST_CASE("TRPO gives the same bits with 1, 2 and 4 threads and in every run", "[threads]") {
    const auto after = [](Index threads, std::uint64_t seed = 1) {
        Parts p(seed);
        Trpo(p.envs, p.actor, p.critic, Gae{}, {.horizon = 100, .threads = threads}).train({.steps = 1200});
        return p.weights();
    };
    const auto one = after(1);
    CHECK((one == after(1)));
    CHECK((one == after(2)));
    CHECK((one == after(4)));
    CHECK((one != after(1, 2)));
}

TEST_CASE("TRPO steps its actor without the optimiser and its critic with it") {
    Parts p;
    const std::vector<float> actor(p.actor.weights().begin(), p.actor.weights().end());
    const std::vector<float> critic(p.critic.weights().begin(), p.critic.weights().end());
    const RecordingOptimizer optimizer;
    Trpo trainer(p.envs, p.actor, p.critic, Gae{},
                 {.horizon = 32, .minibatch = 50, .critic_epochs = 3, .critic_learning_rate = Linear{1, 0}}, optimizer);
    const Progress progress = trainer.train({.steps = 256});
    CHECK(progress.iteration == 2);
    CHECK(progress.algorithm == "Trpo");
    CHECK(progress.update.learning_rate == 0.5);
    CHECK(progress.update.value_loss > 0);
    CHECK(optimizer.record->gradients.size() == 2 * 3 * 3);  // 128 samples make three minibatches
    for (const auto& gradient : optimizer.record->gradients) CHECK(gradient.size() == critic.size());
    CHECK(!std::equal(actor.begin(), actor.end(), p.actor.weights().begin()));
    CHECK(std::equal(critic.begin(), critic.end(), p.critic.weights().begin()));
}

TEST_CASE("the defaults of TRPO are those of its paper") {
    const TrpoOptions options;
    CHECK(options.delta == 0.01);
    CHECK(options.damping == 0.1);
    CHECK(options.conjugate_iterations == 15);
    CHECK(options.backtracks == 10);
    CHECK(options.backtrack_factor == 0.8);
    CHECK(options.critic_epochs == 10);
    CHECK(options.critic_learning_rate(0) == 1e-3);
}

TEST_CASE("options of TRPO out of range are refused in its name") {
    CHECK_NOTHROW(build({}));
    CHECK_THROWS_WITH(build({.delta = 0}), "Trpo: delta is 0; give a number above 0");
    CHECK_THROWS_WITH(build({.damping = -1}), "Trpo: damping is -1; give a number above 0");
    CHECK_THROWS_WITH(build({.horizon = 0}), "Trpo: horizon is 0; give at least 1 step");
    CHECK_THROWS_WITH(build({.horizon = 8, .minibatch = 33}),
                      "Trpo: minibatch is 33; give a number of samples from 1 to environments x horizon (4 x 8 = 32)");
    CHECK_THROWS_WITH(build({.conjugate_iterations = 0}), "Trpo: conjugate_iterations is 0; give at least 1");
    CHECK_THROWS_WITH(build({.backtracks = 0}), "Trpo: backtracks is 0; give at least 1");
    CHECK_THROWS_WITH(build({.backtrack_factor = 1.5}), "Trpo: backtrack_factor is 1.5; give a number between 0 and 1");
    CHECK_THROWS_WITH(build({.threads = 0}), "Trpo: threads is 0; give at least 1");
}

TEST_CASE("options of TRPO's critic out of range are refused by the names of their fields") {
    CHECK_THROWS_WITH(build({.critic_epochs = 0}), ContainsText("Trpo: critic_epochs is 0"));
    CHECK_THROWS_WITH(build({.critic_learning_rate = -1}), ContainsText("Trpo: critic_learning_rate is -1"));
}

TEST_CASE("when TRPO's critic is not finite the weights of both are restored") {
    Parts p;
    const auto before = p.weights();
    Trpo trainer(p.envs, p.actor, p.critic, Gae{}, {.horizon = 32, .critic_learning_rate = 1e38}, Sgd<float>{});
    CHECK_THROWS_WITH(trainer.train({.steps = 1}), ContainsText("Trpo: iteration 1: update: the critic's"));
    CHECK((p.weights() == before));
}
