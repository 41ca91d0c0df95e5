#include "gradiva/surrogate/kl_penalty.hpp"

#include <limits>

#include "catch.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"
#include "helpers/finite_difference.hpp"

using namespace gradiva;

static_assert(Surrogate<KlPenalty>);

namespace {

std::span<double> as_span(Vector<double>& x) { return {x.data(), static_cast<std::size_t>(x.size())}; }

}  // namespace

TEST_CASE("the penalised surrogate is minus the ratio times the advantage") {
    const Vector<double> log_prob{{-1.0, -0.5}}, old{{-1.3, -0.1}}, advantage{{2.0, -3.0}};
    Vector<double> derivative(2);
    const SurrogateSum sum = surrogate_sum<double>(KlPenalty{}, log_prob, old, advantage, derivative);
    CHECK(sum.loss == Catch::Approx(-2 * std::exp(0.3) + 3 * std::exp(-0.4)));
    CHECK(sum.clipped == 0);
    CHECK(derivative[0] == Catch::Approx(-2 * std::exp(0.3)));
    CHECK(derivative[1] == Catch::Approx(3 * std::exp(-0.4)));
}

TEST_CASE("the derivative of the penalised surrogate equals central differences") {
    Vector<double> log_prob{{-1.0, -0.5, -2.0}}, derivative(3), scratch(3);
    const Vector<double> old{{-1.3, -0.1, -2.0}}, advantage{{2.0, -3.0, 0.5}};
    surrogate_sum<double>(KlPenalty{}, log_prob, old, advantage, derivative);
    const auto numeric = gradiva_test::numeric_gradient(
        as_span(log_prob), [&] { return surrogate_sum<double>(KlPenalty{}, log_prob, old, advantage, scratch).loss; });
    CHECK(gradiva_test::relative_error(as_span(derivative), numeric) < 1e-6);
}

TEST_CASE("beta doubles above the high bound, halves below the low one and stays between them") {
    const KlPenalty penalty{.target = 0.01, .beta = 3};
    CHECK(penalty.kl_coefficient() == 3);
    CHECK(penalty.after_update(1, 0.0151) == 2);
    CHECK(penalty.after_update(2, 0.0149) == 2);
    CHECK(penalty.after_update(2, 0.0067) == 2);
    CHECK(penalty.after_update(2, 0.0066) == 1);
    CHECK(penalty.after_update(1, 0) == 0.5);
}

TEST_CASE("the bounds on the KL may be given") {
    const KlPenalty penalty{.kl_high = 0.5, .kl_low = 0.1};
    CHECK(penalty.high() == 0.5);
    CHECK(penalty.low() == 0.1);
    CHECK(penalty.after_update(1, 0.4) == 1);
    CHECK(penalty.after_update(1, 0.6) == 2);
    CHECK(penalty.after_update(2, 0.05) == 1);
}

TEST_CASE("beta does not change where the KL is exactly at a bound") {
    for (const KlPenalty& penalty : {KlPenalty{.kl_high = 0.5, .kl_low = 0.1}, KlPenalty{.target = 0.03}}) {
        const double high = penalty.high(), low = penalty.low();
        CHECK(penalty.after_update(1, high) == 1);
        CHECK(penalty.after_update(1, std::nextafter(high, 1)) == 2);
        CHECK(penalty.after_update(1, low) == 1);
        CHECK(penalty.after_update(1, std::nextafter(low, 0)) == 0.5);
    }
    CHECK(KlPenalty{.target = 0.03}.high() == Catch::Approx(0.045));
    CHECK(KlPenalty{.target = 0.03}.low() == Catch::Approx(0.02));
}

TEST_CASE("beta stays within its limits") {
    CHECK(KlPenalty{}.after_update(6000, 1) == 1e4);
    CHECK(KlPenalty{}.after_update(1e4, 1) == 1e4);
    CHECK(KlPenalty{}.after_update(1.5e-4, 0) == 1e-4);
    CHECK(KlPenalty{}.after_update(1e-4, 0) == 1e-4);
}

TEST_CASE("default bounds on the KL follow from the target") {
    CHECK(KlPenalty{.target = 0.5}.high() == 0.75);
    CHECK(KlPenalty{.target = 0.75}.low() == 0.5);
}

TEST_CASE("KlPenalty refuses options out of range by name") {
    CHECK_NOTHROW(KlPenalty{}.check());
    CHECK_THROWS_WITH(KlPenalty{.target = 0}.check(), "KlPenalty: target is 0; give a number above 0");
    CHECK_THROWS_WITH((KlPenalty{.kl_high = 0.1, .kl_low = 0.2}.check()),
                      "KlPenalty: kl_low is 0.2 and kl_high 0.1; give 0 <= kl_low <= kl_high");
    CHECK_THROWS_WITH(KlPenalty{.kl_high = -1}.check(), ContainsText("kl_high -1"));
    CHECK_THROWS_WITH(KlPenalty{.kl_low = -1}.check(), ContainsText("kl_low is -1"));
    CHECK_THROWS_WITH(KlPenalty{.beta = 0}.check(), ContainsText("KlPenalty: beta is 0; give a number from"));
    CHECK_THROWS_AS(KlPenalty{.beta = std::numeric_limits<double>::quiet_NaN()}.check(), Error);
}

TEMPLATE_TEST_CASE("a penalised sample with advantage 0 has loss and derivative 0, for any ratio", "", float, double) {
    using T = TestType;
    constexpr Index many = 77;
    constexpr T infinity = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    for (const Index place : {Index{0}, Index{40}, many - 1}) {
        Vector<T> log_prob = Vector<T>::Constant(many, -1), advantage = Vector<T>::Zero(many), derivative(many);
        const Vector<T> old = log_prob;
        log_prob[place] = T(1000);
        CHECK(surrogate_sum<T>(KlPenalty{}, log_prob, old, advantage, derivative).loss == 0);
        CHECK(derivative.isZero(0));
        advantage[place] = T(0.5);
        CHECK(surrogate_sum<T>(KlPenalty{}, log_prob, old, advantage, derivative).loss ==
              -std::numeric_limits<double>::infinity());
        CHECK(derivative[place] == -infinity);
        log_prob[place] = -infinity;
        CHECK(surrogate_sum<T>(KlPenalty{}, log_prob, old, advantage, derivative).loss == 0);
        advantage[place] = 0;
        log_prob[place] = nan;
        CHECK(std::isnan(surrogate_sum<T>(KlPenalty{}, log_prob, old, advantage, derivative).loss));
        CHECK(std::isnan(derivative[place]));
    }
}
