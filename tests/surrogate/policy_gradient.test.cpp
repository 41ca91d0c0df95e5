#include "gradiva/surrogate/policy_gradient.hpp"

#include "catch.hpp"
#include "helpers/finite_difference.hpp"

using namespace gradiva;

static_assert(Surrogate<PolicyGradient>);

namespace {

std::span<double> as_span(Vector<double>& x) { return {x.data(), static_cast<std::size_t>(x.size())}; }

}  // namespace

TEST_CASE("The policy gradient weights each log-prob with its advantage") {
    Vector<double> log_prob{{-1.0, -0.5, -2.0}}, derivative(3), scratch(3);
    const Vector<double> old{{9.0, 9.0, 9.0}}, advantage{{2.0, -3.0, 0.5}};
    const SurrogateSum sum = PolicyGradient{}.evaluate<double>(log_prob, old, advantage, derivative);
    CHECK(sum.loss == Catch::Approx(2 - 1.5 + 1));
    CHECK(sum.clipped == 0);
    CHECK(derivative == -advantage);
    const auto numeric = gradiva_test::numeric_gradient(
        as_span(log_prob), [&] { return PolicyGradient{}.evaluate<double>(log_prob, old, advantage, scratch).loss; });
    CHECK(gradiva_test::relative_error(as_span(derivative), numeric) < 1e-6);
}
