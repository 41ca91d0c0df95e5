#include "catch.hpp"

#include "gradiva/kernels/matrix/few_outputs.hpp"
#include "gradiva/kernels/matrix/product.hpp"
#include "helpers/guarded_matrix.hpp"
#include "helpers/random.hpp"

#include <limits>
#include <vector>

using namespace gradiva;
using gradiva_test::Edge;
using gradiva_test::GuardedMatrix;
using gradiva_test::random_matrix;

namespace {

template <class T>
bool is_near(const Matrix<T>& a, const Matrix<T>& b, Index terms) {
    const T rounding = 8 * std::numeric_limits<T>::epsilon() * static_cast<T>(terms + 2);
    return ((a - b).array().abs() <= rounding * (1 + b.array().abs())).all();
}

}  // namespace

TEMPLATE_TEST_CASE("the backward pass of few outputs equals two products, for any number of inputs and samples", "",
                   float, double) {
    Rng rng(1);
    for (const Index inputs : {1, 2, 7, 15, 16, 17, 31, 33, 64, 67, 130}) {
        for (const Index outputs : {1, 2}) {
            for (const Index samples : {1, 5, 64}) {
                for (const Activation f : {Activation::relu, Activation::tanh}) {
                    CAPTURE(inputs, outputs, samples, f == Activation::tanh);
                    const Matrix<TestType> w = random_matrix<TestType>(outputs, inputs, rng);
                    const Matrix<TestType> dz = random_matrix<TestType>(outputs, samples, rng);
                    const Matrix<TestType> x = random_matrix<TestType>(inputs, samples, rng);
                    const Matrix<TestType> before = random_matrix<TestType>(outputs, inputs, rng);

                    Matrix<TestType> dw = before, du(inputs, samples);
                    kernels::backward_few_outputs<TestType>(f, w, dz, x, dw, du);

                    Matrix<TestType> expected_dw = before, expected_du(inputs, samples);
                    kernels::multiply_add<TestType>(kernels::plain(dz), kernels::transposed(x), expected_dw);
                    kernels::multiply<TestType>(kernels::transposed(w), kernels::plain(dz), expected_du);
                    kernels::multiply_by_derivative<TestType>(f, x, expected_du);
                    REQUIRE(is_near<TestType>(dw, expected_dw, samples));
                    REQUIRE(is_near<TestType>(du, expected_du, outputs));
                }
            }
        }
    }
}

TEST_CASE("the backward pass of few outputs writes only its part of a larger matrix") {
    Rng rng(2);
    const Matrix<float> w = random_matrix<float>(2, 19, rng);
    const Matrix<float> dz = random_matrix<float>(2, 6, rng);
    const Matrix<float> wide = random_matrix<float>(40, 9, rng);
    Matrix<float> dw = Matrix<float>::Zero(2, 19), dense_dw = dw, dense(19, 6);
    Matrix<float> du = Matrix<float>::Constant(40, 9, 7);
    const Matrix<float> x = wide.block(3, 2, 19, 6);
    kernels::backward_few_outputs<float>(Activation::tanh, w, dz, wide.block(3, 2, 19, 6), dw, du.block(3, 2, 19, 6));
    kernels::backward_few_outputs<float>(Activation::tanh, w, dz, x, dense_dw, dense);
    CHECK(dw == dense_dw);
    CHECK(du.block(3, 2, 19, 6) == dense);
    du.block(3, 2, 19, 6).setConstant(7);
    CHECK((du.array() == 7).all());
}

TEST_CASE("the backward pass of few outputs leaves gradients as they are for an empty batch") {
    const Matrix<float> w = Matrix<float>::Ones(2, 100);
    Matrix<float> dw = Matrix<float>::Ones(2, 100), du(100, 0);
    kernels::backward_few_outputs<float>(Activation::relu, w, Matrix<float>(2, 0), Matrix<float>(100, 0), dw, du);
    CHECK(dw == Matrix<float>::Ones(2, 100));
}

TEST_CASE("NaN passes backward, but not through a ReLU that is off") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Matrix<float> w = Matrix<float>::Ones(1, 20);
    Matrix<float> dz = Matrix<float>::Ones(1, 3);
    dz(0, 1) = nan;
    Matrix<float> x = Matrix<float>::Ones(20, 3);
    x(5, 1) = 0;
    Matrix<float> dw = Matrix<float>::Zero(1, 20), du(20, 3);
    kernels::backward_few_outputs<float>(Activation::relu, w, dz, x, dw, du);
    CHECK(dw.array().isNaN().all());
    CHECK(du.array().isNaN().count() == 19);
    CHECK(du(5, 1) == 0);
}

TEMPLATE_TEST_CASE("the backward pass of few outputs reads and writes nothing beyond its matrices", "", float, double) {
    using T = TestType;
    const auto results_at = [](Edge edge, Index inputs, Index outputs, Index samples) {
        Rng rng(3);
        const GuardedMatrix<T> w(random_matrix<T>(outputs, inputs, rng), edge);
        const GuardedMatrix<T> dz(random_matrix<T>(outputs, samples, rng), edge);
        const GuardedMatrix<T> x(random_matrix<T>(inputs, samples, rng), edge);
        GuardedMatrix<T> dw(w.view(), edge), du(x.view(), edge);
        kernels::backward_few_outputs<T>(Activation::tanh, w.view(), dz.view(), x.view(), dw.view(), du.view());
        return std::vector<Matrix<T>>{dw.view(), du.view()};
    };
    for (const Index inputs : {1, 7, 8, 16, 17, 33, 64, 67}) {
        for (const Index outputs : {1, 2}) {
            for (const Index samples : {1, 5}) {
                CAPTURE(inputs, outputs, samples);
                REQUIRE(results_at(Edge::before, inputs, outputs, samples) ==
                        results_at(Edge::after, inputs, outputs, samples));
            }
        }
    }
}
