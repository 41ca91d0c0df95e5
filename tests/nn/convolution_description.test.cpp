#include "catch.hpp"

#include "gradiva/nn/convolution_description.hpp"
#include "gradiva/nn/observation_shape.hpp"

#include <vector>

using namespace gradiva;

TEST_CASE("a description without a shape takes the observation's, where it reads all of it") {
    const std::vector<Index> shape{6, 5, 2};
    CHECK(with_observation_shape(Convolution{.layers = {{4}}}, shape).shape == shape);
    CHECK(with_observation_shape(Convolution{.layers = {{4}}}, shape).layers.size() == 1);
    CHECK(with_observation_shape(Convolution{.shape = {3, 5, 4}}, shape).shape == std::vector<Index>{3, 5, 4});
    CHECK(with_observation_shape(Convolution{.inputs = Range{0, 30}}, shape).shape.empty());
    CHECK(with_observation_shape(Convolution{}, {}).shape.empty());
}
