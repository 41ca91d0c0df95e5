#include "catch.hpp"

#include "gradiva/nn/image_layer.hpp"
#include "helpers/random.hpp"

#include <vector>

using namespace gradiva;
using gradiva_test::random_matrix;

TEST_CASE("an image layer finds its parameters behind those of another, and leaves their gradients alone") {
    const ImageLayer layer{{4, 3, 2, 2}, {8, 5, 7}};
    REQUIRE(layer.inputs() == 24);
    REQUIRE(layer.outputs() == 3 * 2 * 5);
    REQUIRE(layer.parameter_count() == 45);
    Rng rng(1);
    const Matrix<double> numbers = random_matrix<double>(60, 1, rng), x = random_matrix<double>(24, 3, rng);
    const std::span<const double> flat(numbers.data(), 60);
    const ConstMatrixMap<double> w(numbers.data() + 7, 5, 8);
    const ConstVectorMap<double> b(numbers.data() + 47, 5);
    Matrix<double> z(30, 3), a(30, 3), patch(8, 1);
    Buffer<double> patches;
    layer.forward<double>(flat, x, {z.data(), 30, 3}, patches);
    patch << x.col(1).segment(8, 4), x.col(1).segment(14, 4);  // rows 1 and 2, columns 1 and 2
    CHECK(z.col(1).segment(15, 5).isApprox(w * patch + b, 1e-14));
    layer.forward<double>(flat, Activation::relu, x, {a.data(), 30, 3}, patches);
    CHECK(a.isApprox(z.cwiseMax(0), 1e-14));

    std::vector<double> gradient(60, 1.0);
    layer.add_gradient<double>({z.data(), 30, 3}, x, gradient, patches);
    for (const std::size_t outside : {0U, 6U, 52U, 59U}) CHECK(gradient[outside] == 1);
    for (const std::size_t inside : {7U, 46U, 47U, 51U}) CHECK(gradient[inside] != 1);

    Matrix<double> tangent(30, 3), moved(30, 3);
    const ConstMatrixMap<double> x_tangent(x.data(), 24, 3);
    layer.jvp<double>(flat, flat, x, &x_tangent, {tangent.data(), 30, 3}, patches);
    layer.forward<double>(flat, 2 * x, {moved.data(), 30, 3}, patches);
    CHECK(tangent.isApprox(moved, 1e-14));  // W P(X) + W P(X) + b
}

TEST_CASE("packed weights of an image layer give the same bits") {
    const ImageLayer layer{{6, 6, 9, 3, 1, 1}, {81, 20, 0}};
    Rng rng(1);
    const Matrix<float> numbers = random_matrix<float>(layer.parameter_count(), 1, rng);
    const Matrix<float> x = random_matrix<float>(layer.inputs(), 30, rng);
    const std::span<const float> flat(numbers.data(), to_size(numbers.size()));
    PackedDense<float> packed;
    layer.weights.pack(flat, true, packed);
    Buffer<float> patches;
    Matrix<float> z(layer.outputs(), 30), again = z, dx(layer.inputs(), 30), dx_again = dx;
    const MatrixMap<float> z_map(z.data(), z.rows(), 30), again_map(again.data(), z.rows(), 30);
    layer.forward<float>(flat, x, z_map, patches);
    layer.forward<float>(flat, x, again_map, patches, &packed);
    CHECK(z == again);
    layer.input_gradient<float>(flat, as_const(z_map), dx, patches);
    layer.input_gradient<float>(flat, as_const(z_map), dx_again, patches, &packed);
    CHECK(dx == dx_again);
}
