#include "gradiva/surrogate/policy_gradient.hpp"

#include "catch.hpp"
#include "gradiva/surrogate/surrogate_sum.hpp"
#include "helpers/finite_difference.hpp"

using namespace gradiva;

static_assert(Surrogate<PolicyGradient>);

namespace {

std::span<double> as_span(Vector<double>& x) { return {x.data(), static_cast<std::size_t>(x.size())}; }

}  // namespace

TEST_CASE("the policy gradient weights each log-prob with its advantage") {
    Vector<double> log_prob{{-1.0, -0.5, -2.0}}, derivative(3), scratch(3);
    const Vector<double> old{{9.0, 9.0, 9.0}}, advantage{{2.0, -3.0, 0.5}};
    const SurrogateSum sum = surrogate_sum<double>(PolicyGradient{}, log_prob, old, advantage, derivative);
    CHECK(sum.loss == Catch::Approx(2 - 1.5 + 1));
    CHECK(sum.clipped == 0);
    CHECK(derivative == -advantage);
    const auto numeric = gradiva_test::numeric_gradient(as_span(log_prob), [&] {
        return surrogate_sum<double>(PolicyGradient{}, log_prob, old, advantage, scratch).loss;
    });
    CHECK(gradiva_test::relative_error(as_span(derivative), numeric) < 1e-6);
}

TEMPLATE_TEST_CASE("an advantage of 0 removes a log-prob from the policy gradient, also minus infinity", "", float,
                   double) {
    using T = TestType;
    constexpr Index many = 77;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    for (const Index place : {Index{0}, Index{40}, many - 1}) {
        Vector<T> log_prob = Vector<T>::Constant(many, -1), advantage = Vector<T>::Ones(many), derivative(many);
        log_prob[place] = -infinity;
        advantage[place] = 0;
        CHECK(surrogate_sum<T>(PolicyGradient{}, log_prob, log_prob, advantage, derivative).loss == many - 1);
        CHECK(derivative[place] == 0);
        advantage[place] = 1;
        CHECK(surrogate_sum<T>(PolicyGradient{}, log_prob, log_prob, advantage, derivative).loss ==
              std::numeric_limits<double>::infinity());
        advantage[place] = 0;
        log_prob[place] = std::numeric_limits<T>::quiet_NaN();
        CHECK(std::isnan(surrogate_sum<T>(PolicyGradient{}, log_prob, log_prob, advantage, derivative).loss));
    }
}
