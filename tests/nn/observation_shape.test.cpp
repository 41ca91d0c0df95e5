#include "catch.hpp"

#include "gradiva/nn/observation_shape.hpp"

using namespace gradiva;

TEST_CASE("a description that depends on no shape is left as it is, without a copy") {
    struct Description {};
    const Description description;
    CHECK(&with_observation_shape(description, {6, 5, 2}) == &description);
}
