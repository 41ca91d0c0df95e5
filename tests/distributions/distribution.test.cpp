#include "catch.hpp"

#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/distribution.hpp"

using namespace gradiva;

namespace {

struct WithoutMode : Categorical<float> {
    void mode() const;
};

}  // namespace

TEST_CASE("a categorical distribution is a Distribution, one that lacks a part is none") {
    STATIC_REQUIRE(Distribution<Categorical<float>>);
    STATIC_REQUIRE(Distribution<Categorical<double>>);
    STATIC_REQUIRE_FALSE(Distribution<WithoutMode>);
}
