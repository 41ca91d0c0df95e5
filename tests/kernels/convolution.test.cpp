#include "catch.hpp"

#include "gradiva/kernels/convolution.hpp"
#include "helpers/random.hpp"
#include "helpers/sanitizer.hpp"
#include "helpers/with_gaps.hpp"
#include "reference/read_blocks.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace gradiva;
using gradiva_test::random_matrix;
using gradiva_test::random_vector;
using gradiva_test::same_bits;
using gradiva_test::WithGaps;
using kernels::ConvolutionShape;

namespace {

/// What is computed where: sides that stride and padding divide and do not, kernels as large as the image, padding
/// beyond the kernel, channels below, at and above a register's lanes, and one image above a tile of patches.
const std::vector<std::pair<ConvolutionShape, Index>> table{
    {{10, 10, 4, 3}, 16},    {{10, 10, 4, 3, 1, 1}, 16}, {{7, 9, 3, 3, 2}, 5},     {{9, 7, 5, 3, 2, 1}, 17},
    {{5, 4, 1, 1}, 1},       {{5, 4, 2, 1, 1, 2}, 3},    {{5, 4, 2, 1, 3, 1}, 2},  {{4, 6, 7, 4}, 33},
    {{6, 6, 1, 2, 3}, 2},    {{6, 8, 9, 5, 4, 2}, 64},   {{3, 3, 18, 3, 1, 2}, 8}, {{3, 3, 2, 5, 2, 1}, 4},
    {{84, 20, 4, 8, 4}, 32}, {{20, 9, 32, 4, 2}, 7},
};

/// X, W, b, dZ of a row of the table.
template <class Scalar>
struct Case {
    Case(const ConvolutionShape& s, Index kernel_count, Index batch)
        : shape(s), kernels(kernel_count), x(random_matrix<Scalar>(s.size(), batch, rng)),
          w(random_matrix<Scalar>(kernel_count, s.patch(), rng)), b(random_vector<Scalar>(kernel_count, rng)),
          dz(random_matrix<Scalar>(kernel_count * s.positions(), batch, rng)) {}

    ConstMatrixMap<Scalar> dz_map() const { return {dz.data(), dz.rows(), dz.cols()}; }

    Rng rng{1};
    ConvolutionShape shape;
    Index kernels;
    Matrix<Scalar> x, w;
    Vector<Scalar> b;
    Matrix<Scalar> dz;
};

/// Calls visit(z's row, w's row, w's column, x's row) for each product of the sums.
template <class Visit>
void for_each_product(const ConvolutionShape& s, Index kernels, const Visit& visit) {
    for (Index oy = 0; oy < s.out_height(); ++oy) {
        for (Index ox = 0; ox < s.out_width(); ++ox) {
            for (Index ky = 0; ky < s.kernel; ++ky) {
                for (Index kx = 0; kx < s.kernel; ++kx) {
                    const Index y = oy * s.stride + ky - s.padding, x = ox * s.stride + kx - s.padding;
                    if (y < 0 || y >= s.height || x < 0 || x >= s.width) continue;
                    for (Index c = 0; c < s.channels; ++c) {
                        for (Index m = 0; m < kernels; ++m) {
                            visit((oy * s.out_width() + ox) * kernels + m, m, (ky * s.kernel + kx) * s.channels + c,
                                  (y * s.width + x) * s.channels + c);
                        }
                    }
                }
            }
        }
    }
}

/// W P(X) + b 1^T in plain loops.
Matrix<double> naive(const Case<double>& c, const Matrix<double>& w, const Matrix<double>& x) {
    Matrix<double> z = c.b.replicate(c.shape.positions(), x.cols());
    for_each_product(c.shape, c.kernels, [&](Index i, Index m, Index k, Index row) {
        for (Index j = 0; j < x.cols(); ++j) z(i, j) += w(m, k) * x(row, j);
    });
    return z;
}

template <class Scalar>
Matrix<Scalar> convolved(const Case<Scalar>& c, const Matrix<Scalar>& x, Buffer<Scalar>& scratch) {
    Matrix<Scalar> z(c.shape.positions() * c.kernels, x.cols());
    kernels::convolve<Scalar>(c.shape, kernels::plain(c.w), x, c.b, {z.data(), z.rows(), z.cols()}, scratch);
    return z;
}

template <class Scalar>
Matrix<Scalar> input_gradient(const Case<Scalar>& c, const Matrix<Scalar>& dz, Buffer<Scalar>& scratch) {
    Matrix<Scalar> dx(c.shape.size(), dz.cols());
    const ConstMatrixMap<Scalar> map(dz.data(), dz.rows(), dz.cols());
    kernels::convolution_input_gradient<Scalar>(c.shape, kernels::transposed(c.w), map, dx, scratch);
    return dx;
}

/// A block of PyTorch's numbers.
Matrix<double> block_of(const reference::Blocks& blocks, const std::string& name) {
    const reference::Block& block = reference::at(blocks, name);
    return ConstMatrixMap<double>(block.values.data(), Index(block.rows), Index(block.cols));
}

}  // namespace

TEST_CASE("a convolution and its derivatives are those of PyTorch") {
    const auto blocks = reference::read_blocks(GRADIVA_SOURCE_DIR "/tests/reference/convolution_torch.txt");
    for (const std::string name : {"plain", "padded", "strided", "both"}) {
        CAPTURE(name);
        const auto of = [&](const char* what) { return block_of(blocks, name + what); };
        const Matrix<double> sizes = of(".shape");
        const auto size = [&](Index i) { return static_cast<Index>(sizes(i, 0)); };
        Case<double> c({size(0), size(1), size(2), size(4), size(5), size(6)}, size(3), 2);
        c.x = of(".x");
        c.w = of(".w");
        c.b = of(".b");
        c.dz = of(".dz");
        REQUIRE(c.dz.rows() == c.shape.positions() * c.kernels);
        Buffer<double> scratch;
        CHECK(convolved(c, c.x, scratch).isApprox(of(".z"), 1e-14));
        CHECK(input_gradient(c, c.dz, scratch).isApprox(of(".dx"), 1e-14));
        Matrix<double> dw = Matrix<double>::Zero(c.w.rows(), c.w.cols());
        Vector<double> db = Vector<double>::Zero(c.kernels);
        kernels::add_convolution_gradient<double>(c.shape, c.dz_map(), c.x, dw, db, scratch);
        CHECK(dw.isApprox(of(".dw"), 1e-14));
        CHECK(db.isApprox(of(".db"), 1e-14));
    }
}

TEST_CASE("a convolution and its derivatives are those of plain loops") {
    for (const auto& [shape, kernel_count] : table) {
        const Case<double> c(shape, kernel_count, 3);
        CAPTURE(shape.height, shape.width, shape.channels, shape.kernel, shape.stride, shape.padding, kernel_count);
        Buffer<double> scratch;
        const Matrix<double> expected = naive(c, c.w, c.x);
        Matrix<double> z = convolved(c, c.x, scratch);
        CHECK(z.isApprox(expected, 1e-13));

        const MatrixMap<double> z_map(z.data(), z.rows(), z.cols());
        kernels::convolve_and_activate<double>(shape, Activation::relu, kernels::plain(c.w), c.x, c.b, z_map, scratch);
        CHECK(z.isApprox(expected.cwiseMax(0), 1e-13));
        z = expected;
        kernels::convolve_add<double>(shape, kernels::plain(c.w), c.x, z_map, scratch);
        const Matrix<double> of_bias = c.b.replicate(shape.positions(), 3);
        CHECK(z.isApprox(2 * expected - of_bias, 1e-13));

        Matrix<double> dw = Matrix<double>::Ones(kernel_count, shape.patch()), dw_expected = dw;
        Vector<double> db = Vector<double>::Ones(kernel_count), db_expected = db;
        Matrix<double> dx_expected = Matrix<double>::Zero(shape.size(), 3);
        for_each_product(shape, kernel_count, [&](Index i, Index m, Index k, Index row) {
            dw_expected(m, k) += c.dz.row(i).dot(c.x.row(row));
            dx_expected.row(row) += c.w(m, k) * c.dz.row(i);
        });
        for (Index i = 0; i < c.dz.rows(); ++i) db_expected[i % kernel_count] += c.dz.row(i).sum();
        kernels::add_convolution_gradient<double>(shape, c.dz_map(), c.x, dw, db, scratch);
        CHECK(dw.isApprox(dw_expected, 1e-13));
        CHECK(db.isApprox(db_expected, 1e-13));
        const Matrix<double> dx = input_gradient(c, c.dz, scratch);
        CHECK(dx.isApprox(dx_expected, 1e-13));
    }
}

TEMPLATE_TEST_CASE("an image has the same bits in a batch of any width and at any place", "", float, double) {
    for (const auto& [shape, kernel_count] : table) {
        const Case<TestType> c(shape, kernel_count, shape.height > 20 ? 4 : 40);
        CAPTURE(shape.height, shape.width, shape.channels, shape.kernel, shape.stride, shape.padding, kernel_count);
        Buffer<TestType> scratch;
        const Matrix<TestType> z = convolved(c, c.x, scratch), dx = input_gradient(c, c.dz, scratch);
        const Index step = gradiva_test::sanitized ? (c.x.cols() + 5) / 6 : 1;
        for (Index width = 1; width < c.x.cols(); width += step) {
            const Index begin = width % 3;
            if (begin + width > c.x.cols()) continue;
            const Matrix<TestType> some = c.x.middleCols(begin, width), d = c.dz.middleCols(begin, width);
            const Matrix<TestType> z_some = z.middleCols(begin, width), dx_some = dx.middleCols(begin, width);
            REQUIRE(same_bits(convolved(c, some, scratch), z_some));
            REQUIRE(same_bits(input_gradient(c, d, scratch), dx_some));
        }
    }
}

TEST_CASE("images may have gaps between them, which are neither read nor written") {
    for (const auto& [shape, kernel_count] : table) {
        const Case<float> c(shape, kernel_count, 3);
        Buffer<float> scratch;
        const WithGaps<float> with_gaps(c.x);
        Matrix<float> z(c.dz.rows(), 3);
        kernels::convolve<float>(shape, kernels::plain(c.w), with_gaps.all.topRows(shape.size()), c.b,
                                 {z.data(), z.rows(), z.cols()}, scratch);
        CHECK(same_bits(z, convolved(c, c.x, scratch)));
        WithGaps<float> dx(c.x);
        kernels::convolution_input_gradient<float>(shape, kernels::transposed(c.w), c.dz_map(), dx.view(), scratch);
        CHECK(same_bits(dx.numbers(), input_gradient(c, c.dz, scratch)));
        CHECK(dx.all.bottomRows(2).array().isNaN().all());
    }
}

TEST_CASE("patches take memory for some rows of positions, whatever the batch") {
    const Case<float> c({20, 20, 4, 3}, 8, 40);
    Buffer<float> scratch;
    convolved(c, Matrix<float>(c.x.leftCols(1)), scratch);
    const Index of_one = scratch.capacity();
    convolved(c, c.x, scratch);
    CHECK(of_one > 0);
    CHECK(scratch.size() <= kernels::detail::patch_tile<float> + 2 * simd::lanes<float>);
}

TEST_CASE("a convolution of no images does nothing") {
    const Case<float> c({5, 5, 2, 3}, 4, 0);
    Buffer<float> scratch;
    CHECK(convolved(c, c.x, scratch).size() == 0);
    CHECK(input_gradient(c, c.dz, scratch).size() == 0);
    Matrix<float> dw = Matrix<float>::Zero(4, 18);
    Vector<float> db = Vector<float>::Zero(4);
    kernels::add_convolution_gradient<float>(c.shape, c.dz_map(), c.x, dw, db, scratch);
    CHECK((dw.isZero(0) && db.isZero(0)));
}
