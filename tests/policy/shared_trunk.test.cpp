#include "gradiva/policy/shared_trunk.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/train/evaluate.hpp"
#include "gradiva/train/ppo.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"

using namespace gradiva;

namespace {

using Network = TrunkNetwork<MlpNetwork<double>>;
using SharedActor = Actor<Network, Categorical<double>>;

static_assert(Module<Network>);
static_assert(Policy<SharedActor>);
static_assert(ValueFunction<SharedCritic<SharedActor>>);
static_assert(learns_in_actor<SharedCritic<SharedActor>> && !learns_in_actor<Critic<MlpNetwork<double>>>);

SharedActor shared_actor() {
    return {Network(3, 2, SharedTrunk{.mlp = {.hidden = {5, 4}}}, Rng(1), 0.5), Categorical<double>(2)};
}

Matrix<double> observations() {
    Matrix<double> x(3, 6);
    Rng rng(2);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = rng.normal();
    return x;
}

}  // namespace

TEST_CASE("A shared trunk shows the policy its outputs without the value") {
    const Network network(3, 2, SharedTrunk{.mlp = {.hidden = {}}}, Rng(1), 0.5);
    CHECK(network.outputs() == 2);
    const ConstMatrixMap<double> weight(network.parameters().data(), 3, 3);
    CHECK(weight.topRows(2).rowwise().norm().isApproxToConstant(0.5, 1e-12));
    CHECK(weight.row(2).norm() == Catch::Approx(1));
    Network::Tape tape;
    const Matrix<double> x = observations();
    const Matrix<double> shown = network.forward(x, tape);
    const Vector<double> value = network.value(x, tape);
    CHECK(shown.isApprox(weight.topRows(2) * x));
    CHECK(value.isApprox((weight.row(2) * x).transpose()));
}

TEST_CASE("Gradients of policy and value through a shared trunk agree with central differences") {
    SharedActor actor = shared_actor();
    const SharedCritic critic(actor);
    const Matrix<double> x = observations();
    const Vector<double> d_value = Vector<double>::LinSpaced(6, -1, 1);
    ActionBatch actions({.integers = 1, .reals = 0}, 6);
    for (Index j = 0; j < 6; ++j) actions.columns({j, j + 1}).integers(0, 0) = static_cast<int>(j % 2);
    const Vector<double> d_log_prob = Vector<double>::LinSpaced(6, 0.5, -2);
    SharedActor::Tape tape;
    const auto loss = [&] {
        Vector<double> log_prob(6);
        const double of_values = d_value.dot(critic.forward(x, tape));
        actor.forward(x, tape);
        actor.log_prob(tape, std::as_const(actions).all(), log_prob);
        return of_values + d_log_prob.dot(log_prob);
    };
    std::vector<double> gradient(actor.weights().size(), 0);
    critic.forward(x, tape);
    critic.backward(tape, d_value, gradient);
    actor.forward(x, tape);
    actor.backward(tape, std::as_const(actions).all(), d_log_prob, 0, nullptr, 0, gradient);
    const std::vector<double> numeric = gradiva_test::numeric_gradient(actor.weights(), loss);
    CHECK(gradiva_test::relative_error(gradient, numeric) < 1e-6);
}

TEST_CASE("PPO learns the corridor through a shared trunk with any number of threads", "[threads]") {
    std::vector<float> weights;
    for (const Index threads : {1, 2}) {
        TimeLimit corridor(gradiva_test::Corridor{}, 100);
        Vectorized envs(corridor, {.count = 8, .seed = 1});
        Actor actor(envs, SharedTrunk{.mlp = {.hidden = {32}}});
        SharedCritic critic(actor);
        CHECK(critic.weights().empty());
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = 64, .minibatch = 256, .learning_rate = 3e-3, .threads = threads});
        trainer.train({.steps = 20'000});
        CHECK(evaluate(actor, corridor, {.episodes = 20}).mean_return > 0.9);
        const std::vector<float> learned(actor.weights().begin(), actor.weights().end());
        if (threads > 1) CHECK((learned == weights));
        weights = learned;
    }
}
