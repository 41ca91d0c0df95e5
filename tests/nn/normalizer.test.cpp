#include "gradiva/nn/normalizer.hpp"

#include <limits>

#include "catch.hpp"
#include "gradiva/nn/mlp.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/moments.hpp"
#include "helpers/parameter_blocks.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using Catch::Approx;
using gradiva_test::moments_of;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::relative_error;

namespace {

template <class Scalar>
Matrix<Scalar> normalized(const Normalizer<Scalar>& normalizer, const Matrix<Scalar>& x) {
    Matrix<Scalar> y(x.rows(), x.cols());
    normalizer.forward(x, y);
    return y;
}

}  // namespace

TEMPLATE_TEST_CASE("moments merged in parts normalise inputs to mean 0 and deviation 1", "", float, double) {
    Rng rng(1);
    Matrix<TestType> x = random_matrix<TestType>(3, 700, rng);
    x.row(1) = (x.row(1).array() * TestType(0.01) + TestType(1000)).matrix();
    x.row(2) *= TestType(50);
    Normalizer<TestType> normalizer(3);
    for (const Range part : {Range{0, 1}, Range{1, 300}, Range{300, 700}}) {
        normalizer.merge(moments_of(x.middleCols(part.begin, part.size()).template cast<double>()));
    }
    const Matrix<double> y = normalized(normalizer, x).template cast<double>();
    for (const kernels::Moments& row : moments_of(y)) {
        CHECK(row.mean == Approx(0).margin(1e-4));
        CHECK(row.population_variance() == Approx(1).epsilon(1e-3));
    }
    CHECK(normalizer.moments()[0].count == 700);
}

TEST_CASE("before the first merge inputs are only clamped to [-10, 10]") {
    const Normalizer<float> normalizer(1);
    const Matrix<float> x = (Matrix<float>(1, 4) << 0.5F, -3, 25, -1e30F).finished();
    CHECK(normalized(normalizer, x) == (Matrix<float>(1, 4) << 0.5F, -3, 10, -10).finished());
}

TEST_CASE("merging no inputs changes nothing, and merging one input does") {
    Normalizer<float> normalizer(1);
    const Matrix<float> x = Matrix<float>::Constant(1, 1, 3);
    normalizer.merge(std::vector<kernels::Moments>(1));
    CHECK(normalized(normalizer, x)(0, 0) == 3);
    normalizer.merge(moments_of(x.cast<double>()));
    CHECK(normalized(normalizer, x)(0, 0) == 0);
}

TEST_CASE("an element that never changed gives 0, and a bound once it changes") {
    Normalizer<float> normalizer(2);
    Matrix<double> constant(2, 50);
    constant.row(0).setConstant(0.1);
    constant.row(1).setConstant(-1e6);
    normalizer.merge(moments_of(constant.cast<float>().cast<double>()));
    const Matrix<float> x = (Matrix<float>(2, 3) << 0.1F, 0.2F, 0.0F, -1e6F, -1e6F + 1, -1e6F - 1).finished();
    CHECK(normalized(normalizer, x) == (Matrix<float>(2, 3) << 0, 10, -10, 0, 10, -10).finished());
}

TEST_CASE("a normaliser passes NaN on") {
    Normalizer<float> normalizer(1);
    const Matrix<float> nan = Matrix<float>::Constant(1, 1, std::numeric_limits<float>::quiet_NaN());
    CHECK(std::isnan(normalized(normalizer, nan)(0, 0)));
    normalizer.merge(moments_of(Matrix<double>::Random(1, 9)));
    CHECK(std::isnan(normalized(normalizer, nan)(0, 0)));
}

TEST_CASE("a network that normalises its input is the same network on normalised input, and its copy too") {
    Rng rng(2);
    MlpNetwork<double> network(3, 2, {.hidden = {5}, .normalize_observations = true}, Rng(1));
    const MlpNetwork<double> plain(3, 2, {.hidden = {5}}, Rng(1));
    REQUIRE(network.normalizer() != nullptr);
    CHECK(plain.normalizer() == nullptr);
    CHECK(network.parameters().size() == plain.parameters().size());
    const Matrix<double> seen = 3 * random_matrix<double>(3, 40, rng) + Matrix<double>::Constant(3, 40, 7);
    network.normalizer()->merge(moments_of(seen));
    const MlpNetwork<double> copy = network;
    network.normalizer()->merge(moments_of(seen * 100));  // the copy stays as it was

    MlpNetwork<double>::Tape tape, plain_tape;
    const Matrix<double> x = random_matrix<double>(3, 4, rng) + Matrix<double>::Constant(3, 4, 6);
    const Matrix<double> input = normalized(*copy.normalizer(), x);
    CHECK((copy.forward(x, tape) - plain.forward(input, plain_tape)).norm() < 1e-12);
    CHECK((network.forward(x, tape) - copy.forward(x, plain_tape)).norm() > 0.1);
}

TEST_CASE("gradients through a network that normalises its input agree with central differences") {
    Rng rng(3);
    const Mlp description{.hidden = {5}, .normalize_observations = true};
    MlpNetwork<double> network(3, 2, description, Rng(1));
    network.normalizer()->merge(moments_of(4 * random_matrix<double>(3, 30, rng)));
    Matrix<double> x = 4 * random_matrix<double>(3, 6, rng);
    x(1, 2) = 1e4;  // beyond the bound: no derivative
    const Matrix<double> dy = random_matrix<double>(2, 6, rng);
    MlpNetwork<double>::Tape tape;
    const auto loss = [&] { return (network.forward(x, tape).array() * dy.array()).sum(); };
    loss();
    std::vector<double> gradient(network.parameters().size());
    Matrix<double> dx(3, 6);
    network.backward(tape, dy, gradient, dx);
    gradiva_test::check_blocks({description, 3, 2}, gradient, numeric_gradient(network.parameters(), loss));
    CHECK(relative_error({dx.data(), 18}, numeric_gradient({x.data(), 18}, loss)) < 1e-6);
    CHECK(dx(1, 2) == 0);
}
