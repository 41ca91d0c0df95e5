#include "gradiva/policy/distribution_for.hpp"

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("a discrete action space gets a categorical distribution over its actions") {
    STATIC_REQUIRE(std::same_as<DistributionFor<Discrete, float>::Type, Categorical<float>>);
    STATIC_REQUIRE(std::same_as<DistributionFor<Discrete, double>::Type, Categorical<double>>);
    CHECK(DistributionFor<Discrete, double>::make({.n = 5}).head_size() == 5);
}
