#include "catch.hpp"

#include "gradiva/kernels/convolution_shape.hpp"

using gradiva::kernels::ConvolutionShape;

TEST_CASE("the sizes of a convolution are those of its definition") {
    const ConvolutionShape shape{84, 20, 4, 8, 4};
    CHECK(shape.out_height() == 20);
    CHECK(shape.out_width() == 4);
    CHECK(shape.positions() == 80);
    CHECK(shape.size() == 6720);
    CHECK(shape.run() == 32);
    CHECK(shape.patch() == 256);
    const ConvolutionShape rounded{7, 4, 1, 3, 3, 1};  // (7 + 2 - 3) / 3 + 1 and (4 + 2 - 3) / 3 + 1
    CHECK(rounded.out_height() == 3);
    CHECK(rounded.out_width() == 2);
}
