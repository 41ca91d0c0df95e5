#include "catch.hpp"

#include "gradiva/kernels/patches.hpp"
#include "helpers/random.hpp"

#include <vector>

using namespace gradiva;

TEST_CASE("patches are what lies under the kernel, row by row, with zeros beyond the image") {
    const kernels::ConvolutionShape shape{2, 3, 2, 2, 1, 1};
    REQUIRE(shape.out_height() == 3);
    REQUIRE(shape.out_width() == 4);
    REQUIRE(shape.positions() == 12);
    REQUIRE(shape.patch() == 8);
    Matrix<float> x(12, 2);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i + 1);
    std::vector<float> patches(to_size(6 * kernels::patch_row_size(shape) + simd::lanes<float>), 99.0F);
    kernels::gather_patches<float>(shape, x, {1, 5},
                                   patches.data());  // the last two rows of one, the first of the other
    const auto patch = [&](std::size_t n) { return std::vector<float>(&patches[8 * n], &patches[8 * n] + 8); };
    CHECK(patch(0) == std::vector<float>{0, 0, 1, 2, 0, 0, 7, 8});
    CHECK(patch(1) == std::vector<float>{1, 2, 3, 4, 7, 8, 9, 10});
    CHECK(patch(3) == std::vector<float>{5, 6, 0, 0, 11, 12, 0, 0});
    CHECK(patch(5) == std::vector<float>{7, 8, 9, 10, 0, 0, 0, 0});
    CHECK(patch(8) == std::vector<float>{0, 0, 0, 0, 0, 0, 13, 14});
    CHECK(patch(14) == std::vector<float>{15, 16, 17, 18, 21, 22, 23, 24});
}

TEST_CASE("derivatives by patches are added to where they were gathered") {
    // The transpose of a linear map: <gather(x), p> = <x, add(p)>.
    for (const kernels::ConvolutionShape& shape : std::vector<kernels::ConvolutionShape>{
             {5, 4, 3, 3, 1, 0}, {5, 4, 17, 2, 2, 1}, {4, 7, 1, 4, 3, 3}, {3, 3, 33, 1, 2, 0}}) {
        Rng rng(1);
        const Index size = 2 * shape.out_height() * kernels::patch_row_size(shape);
        const auto x = gradiva_test::random_matrix<double>(shape.size(), 2, rng);
        const auto p = gradiva_test::random_matrix<double>(size, 1, rng);
        std::vector<double> gathered(to_size(size + simd::lanes<double>));
        kernels::gather_patches<double>(shape, x, {0, 2 * shape.out_height()}, gathered.data());
        Matrix<double> added = Matrix<double>::Zero(shape.size(), 2);
        MatrixRef<double> view(added);
        kernels::add_patches<double>(shape, p.data(), {0, 1}, view);
        const auto rest = kernels::patch_row_size(shape);
        kernels::add_patches<double>(shape, p.data() + rest, {1, 2 * shape.out_height()}, view);
        const double expected = ConstVectorMap<double>(gathered.data(), size).dot(p.col(0));
        CHECK(added.cwiseProduct(x).sum() == Catch::Approx(expected).epsilon(1e-12));
    }
}
