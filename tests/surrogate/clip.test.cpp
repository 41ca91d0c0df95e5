#include "gradiva/surrogate/clip.hpp"

#include <limits>

#include "catch.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"
#include "helpers/finite_difference.hpp"

using namespace gradiva;

static_assert(Surrogate<Clip>);

namespace {

struct Sample {
    double loss, derivative;
    Index clipped;
};

/// One sample with the given ratio and advantage.
Sample sample(const Clip& clip, double rho, double a) {
    const Vector<double> log_prob{{-1 + std::log(rho)}}, old{{-1}}, advantage{{a}};
    Vector<double> derivative(1);
    const SurrogateSum sum = surrogate_sum<double>(clip, log_prob, old, advantage, derivative);
    return {sum.loss, derivative[0], sum.clipped};
}

std::span<double> as_span(Vector<double>& x) { return {x.data(), static_cast<std::size_t>(x.size())}; }

void check(const Sample& s, double loss, double derivative, Index clipped) {
    CHECK(s.loss == Catch::Approx(loss));
    CHECK(s.derivative == Catch::Approx(derivative));
    CHECK(s.clipped == clipped);
}

}  // namespace

TEST_CASE("the clipped loss and its derivative equal hand-computed values in every case") {
    const Clip clip{.clip = 0.2};
    SECTION("A good action within the range is followed") { check(sample(clip, 1.1, 2), -2.2, -2.2, 0); }
    SECTION("A good action above the range is left alone") { check(sample(clip, 1.5, 2), -2.4, 0, 1); }
    SECTION("A good action below the range is brought back") { check(sample(clip, 0.5, 2), -1, -1, 1); }
    SECTION("A bad action within the range is avoided") { check(sample(clip, 0.9, -2), 1.8, 1.8, 0); }
    SECTION("A bad action below the range is left alone") { check(sample(clip, 0.5, -2), 1.6, 0, 1); }
    SECTION("A bad action above the range is brought back") { check(sample(clip, 1.5, -2), 3, 3, 1); }
    SECTION("At ratio 1 it is the policy gradient") { check(sample(clip, 1, 2), -2, -2, 0); }
}

TEST_CASE("the clipped loss is summed over the batch and its derivative equals central differences") {
    const Clip clip{.clip = 0.2};
    Vector<double> log_prob{{-1.0, -0.5, -2.0, -0.7, -1.2, -0.1}};
    const Vector<double> log_ratio{{0.1, 0.5, -0.5, -0.1, -0.6, 0.4}};
    const Vector<double> old = log_prob - log_ratio;
    const Vector<double> advantage{{1.0, 0.5, 2.0, -1.0, -0.5, -2.0}};
    Vector<double> derivative(6), scratch(6);
    const double loss = surrogate_sum<double>(clip, log_prob, old, advantage, derivative).loss;
    double by_sample = 0;
    for (Index i = 0; i < 6; ++i) by_sample += sample(clip, std::exp(log_ratio[i]), advantage[i]).loss;
    CHECK(loss == Catch::Approx(by_sample));
    const auto numeric = gradiva_test::numeric_gradient(
        as_span(log_prob), [&] { return surrogate_sum<double>(clip, log_prob, old, advantage, scratch).loss; });
    CHECK(gradiva_test::relative_error(as_span(derivative), numeric) < 1e-6);
}

TEMPLATE_TEST_CASE("clipping of a sample does not depend on its position in the batch", "", float, double) {
    const Clip clip{.clip = 0.2};
    constexpr Index many = 77;  // whole vectors and a rest
    Vector<TestType> log_prob(many), old = Vector<TestType>::Constant(many, -1), advantage(many), derivative(many);
    for (Index i = 0; i < many; ++i) {
        log_prob[i] = static_cast<TestType>(-1 + 0.1 * static_cast<double>(i % 11 - 5));
        advantage[i] = static_cast<TestType>(static_cast<double>(i % 5) - 2.5);
    }
    const SurrogateSum sum = surrogate_sum<TestType>(clip, log_prob, old, advantage, derivative);
    double loss = 0;
    Index clipped = 0;
    for (Index i = 0; i < many; ++i) {
        const Sample alone = sample(clip, std::exp(static_cast<double>(log_prob[i] + 1)), advantage[i]);
        loss += alone.loss;
        clipped += alone.clipped;
        CHECK(derivative[i] == Catch::Approx(alone.derivative).epsilon(1e-5).margin(1e-6));
    }
    CHECK(sum.loss == Catch::Approx(loss).epsilon(1e-6));
    CHECK(sum.clipped == clipped);

    for (const Index place : {Index{3}, many - 1}) {
        Vector<TestType> broken = log_prob;
        broken[place] = std::numeric_limits<TestType>::quiet_NaN();
        CHECK(std::isnan(surrogate_sum<TestType>(clip, broken, old, advantage, derivative).loss));
        CHECK(std::isnan(derivative[place]));
    }
}

TEST_CASE("the clip range follows its schedule") {
    const Clip clip{.clip = Linear{0.4, 0}};
    CHECK(sample(clip.at(0), 2, 1).loss == Catch::Approx(-1.4));
    CHECK(sample(clip.at(0.5), 2, 1).loss == Catch::Approx(-1.2));
    CHECK(sample(clip.at(1), 2, 1).loss == Catch::Approx(-1));
}

TEST_CASE("Clip refuses a range that is negative or not finite") {
    CHECK_NOTHROW(Clip{.clip = 0}.check());
    CHECK_THROWS_WITH(Clip{.clip = -0.2}.check(), "Clip: clip is -0.2; give a number of at least 0");
    CHECK_THROWS_WITH((Clip{.clip = Linear{0.2, -0.1}}.check()), ContainsText("Clip: clip is -0.1"));
    CHECK_THROWS_AS(Clip{.clip = std::numeric_limits<double>::quiet_NaN()}.check(), Error);
}

TEMPLATE_TEST_CASE("an advantage of 0 has loss and derivative 0, for any ratio and position", "", float, double) {
    using T = TestType;
    constexpr Index many = 77;
    for (const double eps : {0.2, 0.0}) {
        const Clip clip{.clip = eps};
        for (const Index place : {Index{0}, Index{5}, Index{40}, many - 1}) {
            for (const T log_ratio : {T(100), T(1000), T(1e30), std::numeric_limits<T>::infinity()}) {
                CAPTURE(eps, place, log_ratio);
                Vector<T> log_prob = Vector<T>::Constant(many, -1), advantage = Vector<T>::Zero(many), derivative(many);
                const Vector<T> old = log_prob;
                log_prob[place] += log_ratio;
                SurrogateSum sum = surrogate_sum<T>(clip, log_prob, old, advantage, derivative);
                CHECK(sum.loss == 0);
                CHECK(sum.clipped == 1);
                CHECK(derivative.isZero(0));
                advantage[place] = T(2);  // held, and no derivative
                sum = surrogate_sum<T>(clip, log_prob, old, advantage, derivative);
                CHECK(sum.loss == Catch::Approx(-2 * (1 + eps)));
                CHECK(derivative.isZero(0));
            }
        }
    }
}

TEMPLATE_TEST_CASE("an infinite ratio with a negative advantage has an infinite loss and derivative", "", float,
                   double) {
    using T = TestType;
    constexpr Index many = 77;
    for (const Index place : {Index{0}, Index{40}, many - 1}) {
        Vector<T> log_prob = Vector<T>::Constant(many, -1), advantage = Vector<T>::Ones(many), derivative(many);
        const Vector<T> old = log_prob;
        log_prob[place] = T(1000);
        advantage[place] = T(-0.5);
        const double loss = surrogate_sum<T>(Clip{}, log_prob, old, advantage, derivative).loss;
        CHECK(loss == std::numeric_limits<double>::infinity());
        CHECK(derivative[place] == std::numeric_limits<T>::infinity());
    }
}

TEMPLATE_TEST_CASE("a log-prob or an advantage that is NaN is never clipped to a number", "", float, double) {
    using T = TestType;
    constexpr Index many = 77;
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    for (const double eps : {0.2, 0.0}) {
        const Clip clip{.clip = eps};
        for (const Index place : {Index{0}, Index{40}, many - 1}) {
            for (const T a : {T(0), T(1), T(-1)}) {
                for (int which = 0; which < 3; ++which) {
                    CAPTURE(eps, place, a, which);
                    Vector<T> log_prob = Vector<T>::Constant(many, -1), old = log_prob, derivative(many);
                    Vector<T> advantage = Vector<T>::Constant(many, a);
                    (which == 0 ? log_prob : which == 1 ? old : advantage)[place] = nan;
                    CHECK(std::isnan(surrogate_sum<T>(clip, log_prob, old, advantage, derivative).loss));
                    CHECK(std::isnan(derivative[place]));
                }
            }
        }
    }
}

TEMPLATE_TEST_CASE("the bits of a sample's derivative do not depend on its position in the batch", "", float, double) {
    using T = TestType;
    constexpr Index many = 77;
    Rng rng(1);
    Vector<T> log_prob(many), advantage(many), derivative(many);
    for (T& x : log_prob) x = static_cast<T>(-1 + 0.2 * rng.normal());
    for (T& x : advantage) x = static_cast<T>(rng.normal());
    const Vector<T> old = Vector<T>::Constant(many, -1);
    surrogate_sum<T>(Clip{}, log_prob, old, advantage, derivative);
    for (Index i = 0; i < many; ++i) {
        Vector<T> alone(1);
        const double loss =
            surrogate_sum<T>(Clip{}, log_prob.segment(i, 1), old.segment(i, 1), advantage.segment(i, 1), alone).loss;
        CAPTURE(i);
        REQUIRE(alone[0] == derivative[i]);
        if (derivative[i] != 0) REQUIRE(static_cast<T>(loss) == derivative[i]);
    }
}
