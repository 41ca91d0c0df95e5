// A log-std beyond its bounds returns as soon as the loss decreases inward, under every trainer that learns one.
#include "catch.hpp"

#include <cmath>

#include "gradiva/gradiva.hpp"
#include "helpers/sanitizer.hpp"

using namespace gradiva;

namespace {

/// Iterations of 256 steps; under a sanitizer only to run the code, not to learn.
constexpr Index some_iterations(Index n) {
    return gradiva_test::sanitized ? 1 : n;
}

/// One step: the nearer the numbers are to 0.3, the better.
template <class Space>
struct Aim {
    Space space;
    Box observation_space() const { return {.size = 1}; }
    Space action_space() const { return space; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 1; }
    Outcome step(typename ActionOfSpace<Space>::Type action, Rng&, std::span<float> observation) {
        observation[0] = 1;
        double away = 0;
        for (const float a : numbers(action)) away += (static_cast<double>(a) - 0.3) * (static_cast<double>(a) - 0.3);
        return {.reward = -0.01 * away, .terminated = true};
    }
    static std::span<const float> numbers(std::span<const float> action) { return action; }
    static std::span<const float> numbers(const HybridAction& action) { return action.values; }
};

/// log sigma of the last dimension before it is clamped, for an observation of 1: from the own parameters, or from the
/// head.
template <class A>
double log_std_of(const A& actor) {
    if (!actor.own_parameters().empty()) return static_cast<double>(actor.own_parameters().back());
    typename A::Tape tape;
    const Matrix<typename A::Scalar> one = Matrix<typename A::Scalar>::Ones(1, 1);
    actor.forward(one, tape);
    return static_cast<double>(tape.head(tape.head.rows() - 1, 0));
}

/// The last weight is the own log sigma, or the bias of the head's last row.
template <class A>
void set_log_std(A& actor, double log_std) {
    actor.weights().back() += static_cast<typename A::Scalar>(log_std - log_std_of(actor));
}

struct ByPpoClip {
    static constexpr const char* name = "PpoClip";
    void operator()(auto& envs, auto& actor, auto& critic) const {
        PpoClip trainer(envs, actor, critic, Gae{},
                        {.horizon = 16, .minibatch = 128, .epochs = 4, .learning_rate = 1e-2, .entropy = 1e-3});
        trainer.train({.steps = 256 * some_iterations(20)});
    }
};
struct ByPpoKl {
    static constexpr const char* name = "PpoKl";
    void operator()(auto& envs, auto& actor, auto& critic) const {
        PpoKl trainer(envs, actor, critic, Gae{},
                      {.horizon = 16, .minibatch = 128, .epochs = 4, .learning_rate = 1e-2, .entropy = 1e-3});
        trainer.train({.steps = 256 * some_iterations(20)});
    }
};
struct ByA2c {
    static constexpr const char* name = "A2c";
    void operator()(auto& envs, auto& actor, auto& critic) const {
        A2c trainer(envs, actor, critic, Gae{},
                    {.horizon = 16, .learning_rate = 1e-2, .entropy = 1e-3, .normalize_advantage = true});
        trainer.train({.steps = 256 * some_iterations(60)});
    }
};
struct ByReinforce {
    static constexpr const char* name = "Reinforce";
    void operator()(auto& envs, auto& actor, auto& critic) const {
        Reinforce trainer(envs, actor, critic, RewardToGo{.baseline = Baseline::critic},
                          {.episodes = 16, .learning_rate = 1e-2, .entropy = 1e-3, .normalize_advantage = true});
        trainer.train({.steps = 256 * some_iterations(60)});
    }
};
struct ByOffPolicy {
    static constexpr const char* name = "OffPolicy";
    void operator()(auto& envs, auto& actor, auto& critic) const {
        OffPolicy trainer(envs, actor, critic, VTrace{},
                          {.horizon = 16, .learning_rate = 1e-2, .entropy = 1e-3, .normalize_advantage = true});
        trainer.train({.steps = 256 * some_iterations(60)});
    }
};
struct ByTrpo {
    static constexpr const char* name = "Trpo";
    void operator()(auto& envs, auto& actor, auto& critic) const {
        Trpo trainer(envs, actor, critic, Gae{}, {.horizon = 16});
        trainer.train({.steps = 256 * some_iterations(20)});
    }
};

/// Where a training that starts at a log sigma leaves it.
template <class Space, class D, class Train>
double trained_from(const Space& space, const D& distribution, const Train& train, double log_std) {
    using Scalar = typename D::Scalar;
    Vectorized envs(Aim<Space>{space}, {.count = 16, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {8}}, distribution);
    Critic<MlpNetwork<Scalar>> critic(envs, Mlp{.hidden = {8}});
    set_log_std(actor, log_std);
    train(envs, actor, critic);
    return log_std_of(actor);
}

template <class Space, class D, class Train>
void check_from_above(const char* name, const Space& space, const D& distribution, const Train& train) {
    const double from_outside = trained_from(space, distribution, train, 2.01);
    const double from_inside = trained_from(space, distribution, train, 1.99);
    if (gradiva_test::sanitized) return;
    CAPTURE(Train::name, name, from_outside, from_inside);
    CHECK(from_inside < 1.95);
    CHECK(from_outside < 1.97);
    CHECK(2.01 - from_outside > 0.5 * (1.99 - from_inside));
}

template <class Space, class D, class Train>
void check_from_below(const char* name, const Space& space, const D& distribution, const Train& train) {
    const double from_outside = trained_from(space, distribution, train, -20.1);
    const double from_inside = trained_from(space, distribution, train, -19.9);
    if (gradiva_test::sanitized) return;
    CAPTURE(Train::name, name, from_outside, from_inside);
    CHECK(from_inside > -19.8);
    CHECK(from_outside > -20);
}

const Box two{.size = 2, .low = {-20}, .high = {20}};
const HybridSpace hybrid{.choice = {.n = 2}, .box = {.size = 1}};

template <class Scalar, class Train>
void check_all_from_above(const Train& train) {
    check_from_above("DiagonalGaussian", two, DiagonalGaussian<Scalar>(2), train);
    check_from_above("StateDependentGaussian", two, StateDependentGaussian<Scalar>(2), train);
    check_from_above("Hybrid", hybrid, Hybrid<Scalar>(2, 1), train);
    check_from_above("Hybrid of StateDependentGaussian", hybrid,
                     Hybrid<Scalar, StateDependentGaussian<Scalar>>(2, StateDependentGaussian<Scalar>(1)), train);
}

template <class Scalar, class Train>
void check_all_from_below(const Train& train) {
    check_from_below("DiagonalGaussian", two, DiagonalGaussian<Scalar>(2), train);
    check_from_below("SquashedGaussian", two, SquashedGaussian<Scalar>(two), train);
    check_from_below("Hybrid", hybrid, Hybrid<Scalar>(2, 1), train);
}

}  // namespace

TEMPLATE_TEST_CASE("a log-std above its bound returns under every trainer, as one from within", "", ByPpoClip, ByPpoKl,
                   ByA2c, ByReinforce, ByOffPolicy, ByTrpo) {
    check_all_from_above<float>(TestType{});
}

TEST_CASE("a log-std in double above its bound returns, as one from within") {
    check_all_from_above<double>(ByA2c{});
}

TEMPLATE_TEST_CASE("a log-std below its bound returns by the entropy bonus, as one from within", "", ByPpoClip, ByPpoKl,
                   ByA2c) {
    check_all_from_below<float>(TestType{});
}

TEST_CASE("a log-std in double below its bound returns by the entropy bonus, as one from within") {
    check_all_from_below<double>(ByA2c{});
}

namespace {

/// log sigma after one trust-region step by advantages of the given sign times z^2, from heads of mean 0.
template <class D>
double after_trust_region(const D& distribution, double log_std, double sign) {
    using Scalar = typename D::Scalar;
    Vectorized envs(Aim<Box>{{.size = distribution.action_shape().reals}}, {.count = 16, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {8}}, distribution);
    for (Scalar& weight : actor.weights()) weight = 0;
    actor.weights().back() = static_cast<Scalar>(log_std);
    Threads threads(1);
    Rollout rollout(envs, actor);
    Collector(envs, actor, threads).steps(rollout, 16);
    const double sigma = std::exp(std::clamp(log_std, -20.0, 2.0));
    for (Index t = 0; t < 16; ++t) {
        for (Index n = 0; n < 16; ++n) {
            const ConstActionView actions = std::as_const(rollout.action).all();
            const double z = static_cast<double>(actions.reals(actions.reals.rows() - 1, t * 16 + n)) / sigma;
            rollout.advantage(n, t) = static_cast<Scalar>(sign * z * z);
        }
    }
    TrustRegion(actor, {}, threads)(rollout);
    return log_std_of(actor);
}

template <class D>
void check_trust_region(const D& distribution) {
    // At sigma = e^-20 the mean's part of the Fisher matrix is 1e17 times that of log sigma, which hardly moves.
    CHECK(after_trust_region(distribution, 2.1, -1) < 2.1);
    CHECK(std::abs(after_trust_region(distribution, -20.1, -1) + 20.1) < 1e-2);
    CHECK(std::abs(after_trust_region(distribution, 2.1, 1) - 2.1) < 1e-2);
}

/// log sigma of a regulator's only force after a training through its model.
double after_analytic(const auto& distribution, double log_std, Index iterations) {
    const LinearQuadratic model(
        {.a = Matrix<double>{{0.9}}, .b = Matrix<double>{{0.1}}, .q = Matrix<double>{{1}}, .r = Matrix<double>{{0.1}}});
    Vectorized envs(model, {.count = 8, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {8}}, distribution);
    set_log_std(actor, log_std);
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 8, .learning_rate = 1e-2});
    trainer.train({.steps = 64 * iterations});
    return log_std_of(actor);
}

}  // namespace

TEMPLATE_TEST_CASE("a trust-region step moves a log-std beyond its bounds only inward, and not by the damping alone",
                   "", float, double) {
    check_trust_region(DiagonalGaussian<TestType>(1));
    check_trust_region(DiagonalGaussian<TestType>(3));
    check_trust_region(StateDependentGaussian<TestType>(1));
    check_trust_region(StateDependentGaussian<TestType>(2));
}

TEMPLATE_TEST_CASE("a log-std above its bound returns by the analytic gradient", "", float, double) {
    const auto check = [](const auto& distribution) {
        const double from_outside = after_analytic(distribution, 2.01, 40);
        const double from_inside = after_analytic(distribution, 1.99, 40);
        CAPTURE(from_outside, from_inside);
        CHECK(from_inside < 1.9);
        CHECK(2.01 - from_outside > 0.5 * (1.99 - from_inside));
    };
    check(DiagonalGaussian<TestType>(1));
    check(StateDependentGaussian<TestType>(1));
}

namespace {

/// Three iterations by a bonus on the entropy so large that it outweighs all else; returns the first gradient's norm.
template <class Space, class D>
double check_stays(const Space& space, const D& distribution, double log_std, double entropy) {
    using Scalar = typename D::Scalar;
    Vectorized envs(Aim<Space>{space}, {.count = 16, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {8}}, distribution);
    Critic<MlpNetwork<Scalar>> critic(envs, Mlp{.hidden = {8}});
    set_log_std(actor, log_std);
    const Scalar before = actor.own_parameters().back();
    A2c trainer(envs, actor, critic, Gae{}, {.horizon = 16, .learning_rate = 1e-2, .entropy = entropy});
    double norm = 0;
    trainer.train({.steps = 256 * 3}, [&](const Progress& p) { norm = norm == 0 ? p.update.gradient_norm : norm; });
    CHECK(actor.own_parameters().back() == before);
    return norm;
}

}  // namespace

TEMPLATE_TEST_CASE("a log-std beyond a bound is not pushed further, and what is dropped is not in the gradient's norm",
                   "", float, double) {
    CHECK(check_stays(hybrid, Hybrid<TestType>(2, 1), 2.01, 50) < 20);
    check_stays(hybrid, Hybrid<TestType>(2, 1), -20.1, -50);
    const Box one{.size = 1};
    CHECK(check_stays(one, DiagonalGaussian<TestType>(1), 2.01, 50) < 20);
    check_stays(one, DiagonalGaussian<TestType>(1), -20.1, -50);
}

TEST_CASE("the analytic gradient does not push a log-std beyond its bound further") {
    const LinearQuadratic noise_is_paid({.a = Matrix<double>{{0.9}},
                                         .b = Matrix<double>{{0.1}},
                                         .q = Matrix<double>{{0}},
                                         .r = Matrix<double>{{-0.1}}});
    Vectorized envs(noise_is_paid, {.count = 8, .seed = 3});
    Actor actor(envs, Mlp{.hidden = {8}}, DiagonalGaussian<double>(1));
    set_log_std(actor, 2.01);
    AnalyticPolicyGradient trainer(envs, actor, {.horizon = 8, .learning_rate = 1e-2});
    trainer.train({.steps = 64 * 3});
    CHECK(actor.own_parameters().back() == 2.01);
}
