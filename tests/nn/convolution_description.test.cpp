#include "catch.hpp"

#include "gradiva/nn/convolution_description.hpp"
#include "gradiva/nn/observation_shape.hpp"

#include <limits>
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

TEST_CASE("a convolution keeps the limits of kernels and images, each by its name") {
    const kernels::ConvolutionShape shape{.height = 64, .width = 32, .channels = 512, .kernel = 3};
    const auto with = [&](Index kernel, Index padding, Index kernels) {
        kernels::ConvolutionShape changed = shape;
        changed.kernel = kernel;
        changed.padding = padding;
        check_convolution("this", changed, kernels);
    };
    with(3, 0, 1);
    with(2047, 2000, 1);
    CHECK_THROWS_WITH(with(2048, 2047, 1),
                      "this.kernel is 2048, and there are 512 channels; give a kernel with at most "
                      "2147483647 numbers of the image under it");
    CHECK_THROWS_WITH(with(2049, 2048, 1), "this.kernel is 2049; give 1 to 2048");
    with(1, 0, 2048);  // 64 x 32 positions
    CHECK_THROWS_WITH(with(1, 0, 2049),
                      "this.channels is 2049, and there are 2048 positions; give an image of at most "
                      "4194304 numbers");
}

TEST_CASE("the numbers of an image are its height times its width times its channels, whatever these are") {
    CHECK(has_image_of({.height = 6, .width = 5, .channels = 2}, 60));
    constexpr Index huge = std::numeric_limits<Index>::max();
    for (const kernels::ConvolutionShape& shape : std::vector<kernels::ConvolutionShape>{
             {6, 5, 3}, {7, 5, 2}, {6, 5, 0}, {0, 5, 2}, {-6, -5, 2}, {huge, 4, 4}, {6, huge, 2}}) {
        CHECK_FALSE(has_image_of(shape, 60));
    }
}
