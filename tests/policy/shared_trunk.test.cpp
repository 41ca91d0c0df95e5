#include "gradiva/policy/shared_trunk.hpp"

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/ppo.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/train/evaluate.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/parameter_blocks.hpp"

using namespace gradiva;

namespace {

using Shared = TrunkNetwork<double>;
using SharedActor = Actor<Shared, Categorical<double>>;

static_assert(Module<Shared>);
static_assert(Policy<SharedActor>);
static_assert(ValueFunction<SharedCritic<SharedActor>>);
static_assert(learns_in_actor<SharedCritic<SharedActor>> && !learns_in_actor<Critic<MlpNetwork<double>>>);

const SharedTrunk two_layers{.trunk = Mlp{.hidden = {5, 4}}};

SharedActor shared_actor() { return {Shared(3, 2, two_layers, Rng(1), 0.5), Categorical<double>(2)}; }

Matrix<double> observations() {
    Matrix<double> x(3, 6);
    Rng rng(2);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = rng.normal();
    return x;
}

}  // namespace

TEST_CASE("the output of a shared trunk as a Module is the head without the value") {
    const Shared network(3, 2, SharedTrunk{.trunk = Mlp{.hidden = {}}}, Rng(1), 0.5);
    CHECK(network.outputs() == 2);
    const ConstMatrixMap<double> head(network.parameters().data(), 2, 3);
    const ConstVectorMap<double> of_value(network.parameters().data() + 8, 3);  // behind the head's weights and biases
    CHECK(head.rowwise().norm().isApproxToConstant(0.5, 1e-12));
    CHECK(of_value.norm() == Catch::Approx(1));
    Shared::Tape tape;
    const Matrix<double> x = observations();
    const Matrix<double> shown = network.forward(x, tape);
    const Vector<double> value = network.value(tape);
    CHECK(shown.isApprox(head * x));
    CHECK(value.isApprox(x.transpose() * of_value));
}

TEST_CASE("gradients of policy and value through a shared trunk agree with central differences") {
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
    gradiva_test::check_blocks({two_layers, 3, 2}, gradient, numeric);
}

TEST_CASE("a copy of a tape keeps the values of a shared trunk when the tape goes on") {
    const Shared network(3, 2, SharedTrunk{.trunk = Mlp{.hidden = {5, 4}}}, Rng(1), 0.5);
    const Matrix<double> x = observations();
    Shared::Tape tape;
    CHECK(network.value(tape).size() == 0);
    network.forward(x, tape);
    const Vector<double> value = network.value(tape);
    const Shared::Tape copy = tape;
    network.forward(Matrix<double>(2 * x.leftCols(4)), tape);
    CHECK(network.value(tape).size() == 4);
    REQUIRE(network.value(copy).size() == 6);
    CHECK(Vector<double>(network.value(copy)) == value);
    Shared::Tape other = copy;
    CHECK(network.d_value(other).size() == 6);
}

TEST_CASE("a pass through a shared trunk forgets the derivative by the value of the pass before") {
    const Shared network(3, 2, two_layers, Rng(1), 0.5);
    const Matrix<double> x = observations(), dy = Matrix<double>::Constant(2, 6, 0.25);
    Shared::Tape used, fresh;
    network.forward(x, used);
    network.d_value(used).setConstant(3);
    std::vector<double> first(network.parameters().size(), 0), again = first, expected = first;
    network.backward(used, dy, first);
    network.forward(x, used);
    network.backward(used, dy, again);
    network.forward(x, fresh);
    network.backward(fresh, dy, expected);
    CHECK(again == expected);
    CHECK(first != expected);
}


TEST_CASE("parameters of a shared trunk are named by their part") {
    Shared network(3, 2, SharedTrunk{.trunk = Mlp{.hidden = {4}}, .critic = {.hidden = {2}}}, Rng(1));
    network.append_parameters(1);
    CHECK(network.parameter_name(0) == "trunk, layer 0, weight (0, 0)");
    CHECK(network.parameter_name(15) == "trunk, layer 0, bias 3");
    CHECK(network.parameter_name(16) == "actor, layer 0, weight (0, 0)");
    CHECK(network.parameter_name(25) == "actor, layer 0, bias 1");
    CHECK(network.parameter_name(26) == "critic, layer 0, weight (0, 0)");
    CHECK(network.parameter_name(35) == "critic, layer 0, bias 1");
    CHECK(network.parameter_name(36) == "critic, layer 1, weight (0, 0)");
    CHECK(network.parameter_name(38) == "critic, layer 1, bias 0");
    CHECK(network.parameter_name(39) == "appended parameter 0");
}

TEST_CASE("one pass through a shared trunk computes the sum of the policy's and the value's gradients") {
    SharedActor actor = shared_actor();
    const SharedCritic critic(actor);
    const Matrix<double> x = observations();
    const Vector<double> d_value = Vector<double>::LinSpaced(6, -1, 1);
    const Vector<double> d_log_prob = Vector<double>::LinSpaced(6, 0.5, -2);
    ActionBatch actions({.integers = 1, .reals = 0}, 6);
    for (Index j = 0; j < 6; ++j) actions.columns({j, j + 1}).integers(0, 0) = static_cast<int>(j % 2);
    SharedActor::Tape tape;
    const auto add_policy = [&](std::span<double> gradient) {
        actor.backward(tape, std::as_const(actions).all(), d_log_prob, 0, nullptr, 0, gradient);
    };
    std::vector<double> apart(actor.weights().size(), 0), together = apart, policy_alone = apart, again = apart;
    const Vector<double> value = critic.forward(x, tape);
    critic.backward(tape, d_value, apart);
    actor.forward(x, tape);
    CHECK(Vector<double>(critic.value(tape)) == value);
    add_policy(policy_alone);
    for (std::size_t i = 0; i < apart.size(); ++i) apart[i] += policy_alone[i];

    actor.forward(x, tape);
    critic.d_value(tape) = d_value;
    add_policy(together);
    CHECK(gradiva_test::relative_error(together, apart) < 1e-14);
    actor.forward(x, tape);
    add_policy(again);  // what was asked for once is over
    CHECK(again == policy_alone);
}

TEST_CASE("tangent and derivative by the inputs of a shared trunk agree with central differences") {
    Shared network(3, 2, two_layers, Rng(1), 0.5);
    Matrix<double> x = observations();
    const Matrix<double> dy = Matrix<double>::Random(2, 6);
    std::vector<double> v(network.parameters().size());
    Rng rng(3);
    for (double& element : v) element = rng.normal();
    Shared::Tape tape;
    const auto loss = [&] { return dy.cwiseProduct(network.forward(x, tape)).sum(); };

    network.forward(x, tape);
    const Matrix<double> tangent = network.jvp(tape, v);
    REQUIRE(tangent.rows() == 2);
    Matrix<double> dx(3, 6);
    std::vector<double> gradient(v.size(), 0), without_dx(v.size(), 0);
    network.forward(x, tape);
    network.backward(tape, dy, gradient, dx);
    network.forward(x, tape);
    network.backward(tape, dy, without_dx);

    const auto by_weights = gradiva_test::numeric_gradient(network.parameters(), loss);
    gradiva_test::check_blocks({two_layers, 3, 2}, gradient, by_weights);
    gradiva_test::check_blocks({two_layers, 3, 2}, without_dx, by_weights);
    const auto by_inputs = gradiva_test::numeric_gradient({x.data(), 18}, loss);
    CHECK(gradiva_test::relative_error({dx.data(), 18}, by_inputs) < 1e-6);
    constexpr double h = 1e-5;
    const std::vector<double> before(network.parameters().begin(), network.parameters().end());
    const auto along = [&](double step) -> Matrix<double> {
        for (std::size_t i = 0; i < v.size(); ++i) network.parameters()[i] = before[i] + step * v[i];
        return network.forward(x, tape);
    };
    const Matrix<double> numeric = (along(h) - along(-h)) / (2 * h);
    CHECK((tangent - numeric).norm() < 1e-6 * numeric.norm());
}

TEST_CASE(
    "TRPO reaches the boundary of its trust region through a shared trunk and does not change the value's weights") {
    Vectorized envs(TimeLimit(gradiva_test::Corridor{}, 30), {.count = 4, .seed = 1});
    Actor actor(envs, SharedTrunk{.trunk = Mlp{.hidden = {6}}}, Categorical<double>(2));
    Critic<MlpNetwork<double>> critic(envs, Mlp{.hidden = {6}});
    const auto weights_of_value = [&] {  // the last of all, its bias included
        const std::span<const double> last = actor.weights().last(7);
        return std::vector<double>(last.begin(), last.end());
    };
    const auto before = weights_of_value();
    constexpr double delta = 1e-5;  // so small that the KL is quadratic
    Trpo trainer(envs, actor, critic, Gae{}, {.delta = delta, .damping = 1e-4, .horizon = 32});
    trainer.train({.steps = 3 * 128}, [&](const Progress& progress) {
        CHECK(progress.update.step_fraction >= 0.8);  // at most one step back, for what is not quadratic
        CHECK(progress.update.mean_kl ==
              Catch::Approx(delta * progress.update.step_fraction * progress.update.step_fraction).epsilon(0.02));
    });
    CHECK(weights_of_value() == before);
}

TEST_CASE("a shared trunk learns from each sample's own value target, whatever the minibatches") {
    std::vector<double> losses;
    for (const Index minibatch : {512, 300, 16}) {
        TimeLimit corridor(gradiva_test::Corridor{}, 100);
        Vectorized envs(corridor, {.count = 8, .seed = 1});
        Actor actor(envs, SharedTrunk{.trunk = Mlp{.hidden = {32}}});
        SharedCritic critic(actor);
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = 64, .minibatch = minibatch, .epochs = 1, .learning_rate = 1e-9});
        trainer.train({.steps = 512}, [&](const Progress& progress) { losses.push_back(progress.update.value_loss); });
    }
    REQUIRE(losses.size() == 3);
    CHECK(losses[0] > 0);
    CHECK(losses[1] == Catch::Approx(losses[0]));
    CHECK(losses[2] == Catch::Approx(losses[0]));
}

TEST_CASE("PPO learns the corridor through a shared trunk with any number of threads", "[threads]") {
    std::vector<float> weights;
    for (const Index threads : {1, 2}) {
        TimeLimit corridor(gradiva_test::Corridor{}, 100);
        Vectorized envs(corridor, {.count = 8, .seed = 1});
        Actor actor(envs, SharedTrunk{.trunk = Mlp{.hidden = {32}}});
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

TEST_CASE("a shared trunk refuses heads that would normalise, or read some of its outputs, by name") {
    const auto make = [](const SharedTrunk& description) { Shared(3, 2, description, Rng(1)); };
    CHECK_THROWS_WITH(make({.actor = {.normalize_observations = true}}),
                      "SharedTrunk.actor has normalize_observations; observations are normalised by the trunk");
    CHECK_THROWS_WITH(make({.critic = {.normalize_observations = true}}),
                      "SharedTrunk.critic has normalize_observations; observations are normalised by the trunk");
    CHECK_THROWS_WITH(
        make({.critic = {.inputs = Range{0, 2}}}),
        "SharedTrunk.critic has inputs; it reads all outputs of the trunk, whose inputs say what is read of "
        "the observation");
    CHECK_THROWS_WITH(make({.critic = {.hidden = {0}}}),
                      "SharedTrunk.critic: hidden[0] is 0; give every hidden layer at least 1 unit");
    CHECK_THROWS_WITH(make({.actor = {.hidden = {2, -1}}}),
                      "SharedTrunk.actor: hidden[1] is -1; give every hidden layer at least 1 unit");
    CHECK_THROWS_WITH(make({.trunk = Mlp{.hidden = {0}}}),
                      "SharedTrunk.trunk: Mlp: hidden[0] is 0; give every hidden layer at least 1 unit");
    CHECK_THROWS_WITH(
        make({.trunk = Join{.networks = {Mlp{.inputs = Range{0, 4}}, Mlp{}}}}),
        "SharedTrunk.trunk: Join.networks[0]: Mlp: inputs is Range(0, 4), and the rows are 0 to 2; give a "
        "range within them that is not empty");
    CHECK_THROWS_WITH(Shared(3, 0, SharedTrunk{}, Rng(1)),
                      "SharedTrunk: the network has 0 outputs; give at least 1 output");
}
