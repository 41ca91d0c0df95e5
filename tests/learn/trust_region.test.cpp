#include "gradiva/learn/trust_region.hpp"

#include <Eigen/Cholesky>

#include "catch.hpp"
#include "gradiva/advantage/gae.hpp"
#include "gradiva/algorithms/trpo.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/random.hpp"
#include "helpers/report_fields.hpp"
#include "learn/update_rig.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using Rig = UpdateRig<double>;

template <class A>
auto weights_of(const A& actor) {
    return std::vector(actor.weights().begin(), actor.weights().end());
}

double surrogate(const Rig& rig) {
    return mean_of(rig.samples(), [](const PlainSample& s) { return s.ratio * s.advantage; });
}

double mean_kl(const Rig& rig) {
    return mean_of(rig.samples(), [](const PlainSample& s) { return s.kl; });
}

TrustRegionOptions raw(double delta = 0.01) { return {.delta = delta, .normalize_advantage = false}; }

/// What central differences of the gradient of the mean KL from the present policy make of F v, h being 1e-5. They are
/// exact up to terms of h^2 and rounding of 1e-16 / h: about 1e-10.
template <class D>
double fisher_error(D distribution) {
    constexpr Index samples = 40, inputs = 3;
    constexpr double h = 1e-5;
    Rng rng(4);
    Actor actor(MlpNetwork<double>(inputs, distribution.head_size(), {.hidden = {6, 5}}, Rng(1)), distribution);
    for (double& w : actor.weights()) w = 0.6 * rng.normal();
    const auto before = weights_of(actor);
    const auto size = static_cast<Index>(before.size());
    const auto observation = random_matrix<double>(inputs, samples, rng);
    const Vector<double> v = random_vector<double>(size, rng);
    const std::span direction(v.data(), before.size());

    typename decltype(actor)::Tape tape;
    actor.forward(observation, tape);
    std::vector<double> product(before.size(), 0.0);
    actor.add_fisher_product(tape, direction, product);
    for (double& x : product) x /= samples;

    typename decltype(actor)::DistributionTape old;
    const Matrix<double> head = tape.head;
    const std::vector<double> own(actor.own_parameters().begin(), actor.own_parameters().end());
    actor.recall(head, own, old);
    const ActionBatch actions(actor.action_shape(), samples);
    const auto kl_gradient = [&](double step) {
        for (std::size_t i = 0; i < before.size(); ++i) actor.weights()[i] = before[i] + step * direction[i];
        std::vector<double> gradient(before.size(), 0.0);
        actor.forward(observation, tape);
        actor.backward(tape, actions.all(), Vector<double>::Zero(samples), 0, &old, 1.0 / samples, gradient);
        return gradient;
    };
    const auto above = kl_gradient(h), below = kl_gradient(-h);
    std::vector<double> numeric;
    for (std::size_t i = 0; i < above.size(); ++i) numeric.push_back((above[i] - below[i]) / (2 * h));
    return relative_error(product, numeric);
}

}  // namespace

TEST_CASE("the Fisher product of an actor equals central differences of the gradient of the mean KL") {
    CHECK(fisher_error(Categorical<double>(4)) < 1e-8);
    CHECK(fisher_error(DiagonalGaussian<double>(2)) < 1e-8);
}

TEST_CASE("a full step follows the natural gradient to the boundary of the quadratic trust region") {
    Rig rig(60, 5, false, 0);
    constexpr double damping = 0.1, delta = 1e-7;  // so small that the KL is quadratic
    const auto before = weights_of(rig.actor);
    const auto size = static_cast<Index>(before.size());
    const auto g = numeric_gradient(rig.actor.weights(), [&] { return surrogate(rig); });

    typename Rig::ActorType::Tape tape;
    const Matrix<double> observation = rig.rollout.observation.columns({0, 300}).cast<double>();
    rig.actor.forward(observation, tape);
    Matrix<double> m = Matrix<double>::Identity(size, size) * damping;
    for (Index i = 0; i < size; ++i) {
        const Vector<double> unit = Vector<double>::Unit(size, i) / 300;
        rig.actor.add_fisher_product(tape, {unit.data(), before.size()}, {m.col(i).data(), before.size()});
    }
    Vector<double> expected = m.ldlt().solve(as_vector(std::span<const double>(g)));
    expected *= std::sqrt(2 * delta / expected.dot(m * expected));

    TrustRegionOptions options = raw(delta);
    options.conjugate_iterations = 200;
    TrustRegion step(rig.actor, options, rig.threads);
    const UpdateReport report = step(rig.rollout);
    CHECK(report.step_fraction == 1);
    CHECK(report.rejected_steps == 0);
    CHECK(report.gradient_norm == Catch::Approx(as_vector(std::span<const double>(g)).norm()));
    std::vector<double> moved;
    for (std::size_t i = 0; i < before.size(); ++i) moved.push_back(rig.actor.weights()[i] - before[i]);
    CHECK(relative_error(moved, {expected.data(), before.size()}) < 1e-3);  // as far as the residual is solved
}

TEST_CASE("an accepted step keeps the KL within delta and improves the surrogate") {
    for (const double delta : {1e-3, 1e-2, 0.3}) {
        INFO("delta " << delta);
        Rig rig(60, 5, false, 0);
        const double before = surrogate(rig);
        TrustRegion step(rig.actor, raw(delta), rig.threads);
        const UpdateReport report = step(rig.rollout);
        REQUIRE(report.step_fraction > 0);
        CHECK(report.step_fraction == Catch::Approx(std::pow(0.8, report.rejected_steps)));
        CHECK(mean_kl(rig) <= delta);
        CHECK(mean_kl(rig) > 0.1 * delta);
        CHECK(surrogate(rig) > before);
        CHECK(report.mean_kl == Catch::Approx(mean_kl(rig)));
        CHECK(report.surrogate_loss == Catch::Approx(-surrogate(rig)));
        CHECK(report.entropy == Catch::Approx(mean_of(rig.samples(), [](const PlainSample& s) { return s.entropy; })));
    }
}

TEST_CASE("no step worsens the surrogate, for any size of the trust region") {
    double rejected = 0;
    for (const double delta : {1.0, 10.0, 100.0, 1e3, 1e4, 1e5}) {
        INFO("delta " << delta);
        Rig rig(60, 5, false, 0);
        rig.rollout.advantage.matrix() *= -1;
        const double before = surrogate(rig);
        TrustRegion step(rig.actor, raw(delta), rig.threads);
        const UpdateReport report = step(rig.rollout);
        CHECK((report.step_fraction > 0 ? surrogate(rig) > before : surrogate(rig) == before));
        if (mean_kl(rig) < 0.5 * delta) rejected += report.rejected_steps;  // not for the KL
    }
    CHECK(rejected > 0);
}

TEST_CASE("when every trial step is rejected the weights are restored exactly") {
    Rig rig(60, 5, false, 0.4);  // the rollout's policy is further away than delta from the start
    const double kl = mean_kl(rig);
    REQUIRE(kl > 0.03);
    const auto before = weights_of(rig.actor);
    TrustRegionOptions options = raw();
    options.backtracks = 7;
    TrustRegion step(rig.actor, options, rig.threads);
    const UpdateReport report = step(rig.rollout);
    CHECK(report.rejected_steps == 7);
    CHECK(report.step_fraction == 0);
    CHECK(report.mean_kl == Catch::Approx(kl));  // of the policy that stays
    CHECK(report.surrogate_loss == Catch::Approx(-surrogate(rig)));
    CHECK((weights_of(rig.actor) == before));
}

TEST_CASE("without positive curvature there is no step") {
    Rig rig(20, 5, false, 0);
    rig.rollout.advantage.matrix().setZero();  // no gradient, hence no direction
    const auto before = weights_of(rig.actor);
    for (const bool normalize : {false, true}) {
        TrustRegionOptions options = raw();
        options.normalize_advantage = normalize;
        TrustRegion step(rig.actor, options, rig.threads);
        const UpdateReport report = step(rig.rollout);
        CHECK(report.step_fraction == 0);
        CHECK(report.rejected_steps == 0);
        CHECK(report.mean_kl == Catch::Approx(0).margin(1e-12));
        CHECK(report.gradient_norm == 0);
        CHECK((weights_of(rig.actor) == before));
    }
}

TEST_CASE("advantages are normalised over the rollout where normalize_advantage is set") {
    const auto gradient_norm = [](bool scaled, bool normalize) {
        Rig rig(20, 5, false, 0);
        if (scaled) rig.rollout.advantage.matrix() = (5 * rig.rollout.advantage.matrix().array() - 3).matrix();
        TrustRegionOptions options = raw();
        options.normalize_advantage = normalize;
        return TrustRegion(rig.actor, options, rig.threads)(rig.rollout).gradient_norm;
    };
    CHECK(gradient_norm(true, true) == Catch::Approx(gradient_norm(false, true)));
    CHECK(gradient_norm(true, false) > 2 * gradient_norm(false, false));
}

TEST_CASE("a trust region with a number that is not finite is an error and restores the weights") {
    Rig rig(20, 5, false, 0);
    const auto before = weights_of(rig.actor);
    rig.rollout.advantage(2, 3) = std::numeric_limits<double>::quiet_NaN();
    for (const bool normalize : {false, true}) {
        TrustRegionOptions options = raw();
        options.normalize_advantage = normalize;
        TrustRegion step(rig.actor, options, rig.threads);
        CHECK_THROWS_WITH(step(rig.rollout), ContainsText("update: the actor's gradient is not finite"));
        CHECK((weights_of(rig.actor) == before));
    }
}

TEST_CASE("a trust region needs the heads of the policy that acted") {
    Rig rig(10);
    rig.rollout.head_size = 2;
    TrustRegion<Rig::ActorType> step(rig.actor, raw(), rig.threads);
    CHECK_THROWS_WITH(step(rig.rollout), ContainsText("the rollout has heads of 2 numbers, the actor of 3"));
}

TEST_CASE("options of a trust region out of range are refused by name") {
    CHECK_NOTHROW(TrustRegionOptions{}.check());
    CHECK_THROWS_WITH(TrustRegionOptions{.delta = 0}.check(), "TrustRegion: delta is 0; give a number above 0");
    CHECK_THROWS_WITH(TrustRegionOptions{.damping = -1}.check(), "TrustRegion: damping is -1; give a number above 0");
    CHECK_THROWS_WITH(TrustRegionOptions{.conjugate_iterations = 0}.check(),
                      "TrustRegion: conjugate_iterations is 0; give at least 1");
    CHECK_THROWS_WITH(TrustRegionOptions{.backtracks = 0}.check(), "TrustRegion: backtracks is 0; give at least 1");
    CHECK_THROWS_WITH(TrustRegionOptions{.backtrack_factor = 1}.check(),
                      "TrustRegion: backtrack_factor is 1; give a number between 0 and 1");
    CHECK_THROWS_AS(TrustRegionOptions{.delta = std::numeric_limits<double>::quiet_NaN()}.check(), Error);
    CHECK_THROWS_AS(TrustRegionOptions{.damping = std::numeric_limits<double>::infinity()}.check(), Error);
    Rig rig(2);
    CHECK_THROWS_WITH(TrustRegion(rig.actor, {.delta = -1, .name = "Test"}, rig.threads),
                      ContainsText("Test: delta is -1"));
}

TEST_CASE("a step of the trust region has the same bits with 1, 2 and 4 threads", "[threads]") {
    const auto after = [](Index threads) {
        UpdateRig<float> rig(120, 5, false, 0);
        Threads pool(threads);
        TrustRegion step(rig.actor, {}, pool);
        CHECK(step(rig.rollout).step_fraction > 0);
        return weights_of(rig.actor);
    };
    const auto one = after(1);
    CHECK((one == after(2)));
    CHECK((one == after(4)));
}

TEST_CASE("over a run on CartPole no accepted step of TRPO leaves the trust region", "[learning]") {
    const TimeLimit cart_pole(CartPole{}, 500);
    Vectorized envs(cart_pole, {.count = 8, .seed = 1});
    Actor actor(envs, Mlp{.hidden = {32, 32}});
    Critic critic(envs, Mlp{.hidden = {32, 32}});
    Trpo trainer(envs, actor, critic, Gae{}, {.horizon = 128});
    Index iterations = 0, accepted = 0;
    auto before = weights_of(actor);
    const Progress last = trainer.train({.steps = 20 * 8 * 128}, [&](const Progress& progress) {
        ++iterations;
        INFO("iteration " << progress.iteration);
        CHECK(progress.update.mean_kl <= 0.01);
        const auto now = weights_of(actor);
        CHECK((progress.update.step_fraction > 0) == (now != before));
        before = now;
        if (progress.update.step_fraction == 0) return;
        ++accepted;
        CHECK(progress.update.mean_kl > 0);
        CHECK(progress.update.surrogate_loss < 0);  // it starts at the mean of normalised advantages, 0
    });
    CHECK(iterations == 20);
    CHECK(accepted >= 15);
    CHECK(last.mean_return > 60);
}

TEST_CASE("a sample with advantage 0 contributes nothing to a trust region, for any ratio") {
    const auto after = [](double log_prob, double advantage) {
        Rig rig(8, 5, false, 0);
        rig.rollout.log_prob(1, 1) = log_prob;
        rig.rollout.advantage(1, 1) = advantage;
        Threads threads;
        const UpdateReport report = TrustRegion(rig.actor, raw(), threads)(rig.rollout);
        CHECK(report.mean_kl > 0);
        CHECK(std::isfinite(report.surrogate_loss));
        return weights_of(rig.actor);
    };
    CHECK(after(-1e4, 0) == after(-1, 0));
    CHECK_THROWS_WITH(after(-1e4, 1e-3), ContainsText("the actor's gradient is not finite"));
}

TEST_CASE("permuted or duplicated environments give the same step of the trust region") {
    for (const bool whole_episodes : {false, true}) {
        const Index steps = whole_episodes ? 4 : 60;
        Rig rig(steps, 5, whole_episodes, 0), turned(steps, 5, whole_episodes, 0), twice(steps, 10, whole_episodes, 0);
        arrange(rig.rollout, {4, 2, 0, 1, 3}, turned.rollout);
        arrange(rig.rollout, {0, 1, 2, 3, 4, 4, 3, 2, 1, 0}, twice.rollout);
        const auto before = weights_of(rig.actor);
        const auto report_of = [](Rig& of) { return numbers_of(TrustRegion(of.actor, raw(), of.threads)(of.rollout)); };
        const Numbers expected = report_of(rig);
        CHECK(relative_error(weights_of(rig.actor), before) > 1e-3);
        for (Rig* other : {&turned, &twice}) {
            for (const auto& [name, number] : report_of(*other)) {
                CAPTURE(name, number, expected.at(name));
                CHECK((number == Catch::Approx(expected.at(name)).epsilon(1e-9) || std::isnan(number)));
                CHECK(std::isnan(number) == std::isnan(expected.at(name)));
            }
            CHECK(relative_error(weights_of(other->actor), weights_of(rig.actor)) < 1e-9);
        }
    }
}
