#include "catch.hpp"

#include "gradiva/nn/dense.hpp"
#include "helpers/random.hpp"

#include <numeric>

using namespace gradiva;
using gradiva_test::random_matrix;

namespace {

// A layer of 2 inputs and 3 outputs after 4 numbers of another.
constexpr Dense layer{.inputs = 2, .outputs = 3, .offset = 4};

std::vector<double> flat_parameters() {
    std::vector<double> flat(15);
    std::iota(flat.begin(), flat.end(), 0.0);
    return flat;
}

}  // namespace

TEST_CASE("a layer views flat parameters as column-major weights and then the bias") {
    std::vector<double> flat = flat_parameters();
    CHECK(layer.parameter_count() == 9);
    Matrix<double> w(3, 2);
    w << 4, 7, 5, 8, 6, 9;
    CHECK(layer.weight(std::span<const double>(flat)) == w);
    CHECK(layer.bias(std::span<const double>(flat)) == Eigen::Vector3d(10, 11, 12));
    layer.weight(std::span(flat))(2, 1) = -1;
    layer.bias(std::span(flat))[0] = -2;
    CHECK(flat[9] == -1);
    CHECK(flat[10] == -2);
}

TEST_CASE("a layer computes its product and the gradients of its parameters and its input") {
    Rng rng(1);
    const std::vector<double> flat = flat_parameters();
    const std::span<const double> parameters = flat;
    const Matrix<double> x = random_matrix<double>(2, 5, rng);
    const Matrix<double> dz = random_matrix<double>(3, 5, rng);

    Matrix<double> z(3, 5);
    layer.forward<double>(parameters, x, z);
    const Matrix<double> expected = (layer.weight(parameters) * x).colwise() + layer.bias(parameters);
    CHECK(z.isApprox(expected, 1e-14));
    Matrix<double> a(3, 5);
    layer.forward<double>(parameters, Activation::relu, x, a);
    CHECK(a.isApprox(expected.cwiseMax(0), 1e-14));

    Matrix<double> dx(2, 5);
    layer.input_gradient<double>(parameters, dz, dx);
    CHECK(dx.isApprox(layer.weight(parameters).transpose() * dz, 1e-14));
    Matrix<double> du(2, 5);
    layer.input_gradient<double>(parameters, Activation::tanh, dz, x, du);
    CHECK(du.isApprox((dx.array() * (1 - x.array().square())).matrix(), 1e-14));

    std::vector<double> gradient(15, 1.0);
    layer.add_gradient<double>(dz, x, gradient);
    const std::span<const double> added = gradient;
    CHECK((layer.weight(added).array() - 1).matrix().isApprox(dz * x.transpose(), 1e-14));
    CHECK((layer.bias(added).array() - 1).matrix().isApprox(dz.rowwise().sum(), 1e-14));
    for (const std::size_t outside : {0U, 3U, 13U, 14U}) CHECK(gradient[outside] == 1);
}
