#include "catch.hpp"

#include "gradiva/nn/mlp.hpp"
#include "helpers/activations.hpp"
#include "helpers/largest.hpp"
#include "helpers/random.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gradiva;
using gradiva_test::activated;
using gradiva_test::activation_slope;
using gradiva_test::all_activations;
using gradiva_test::random_matrix;

namespace {

/// Forward and backward as plain loops over single numbers, in double: A_l = f(W_l A_{l-1} + b_l).
struct PlainNetwork {
    std::vector<Index> sizes;
    Activation activation;
    std::vector<double> parameters;
    std::vector<Matrix<double>> a = {}, z = {};  // z[l]: before the activation that gave a[l]

    std::size_t start(std::size_t layer) const {
        Index at = 0;
        for (std::size_t l = 0; l < layer; ++l) at += sizes[l + 1] * (sizes[l] + 1);
        return static_cast<std::size_t>(at);
    }
    std::size_t at(std::size_t layer, Index i, Index k) const {
        return start(layer) + static_cast<std::size_t>(i + k * sizes[layer + 1]);
    }

    void forward(const Matrix<double>& x) {
        a = {x};
        z = {x};
        for (std::size_t l = 0; l + 1 < sizes.size(); ++l) {
            Matrix<double> y(sizes[l + 1], x.cols());
            for (Index j = 0; j < x.cols(); ++j) {
                for (Index i = 0; i < y.rows(); ++i) {
                    double sum = parameters[at(l, i, sizes[l])];
                    for (Index k = 0; k < sizes[l]; ++k) sum += parameters[at(l, i, k)] * a[l](k, j);
                    y(i, j) = sum;
                }
            }
            z.push_back(y);
            if (l + 2 < sizes.size()) y = y.unaryExpr([&](double each) { return activated(activation, each); });
            a.push_back(y);
        }
    }

    std::vector<double> backward(Matrix<double> dz) const {
        std::vector<double> gradient(parameters.size(), 0.0);
        for (std::size_t l = sizes.size() - 1; l-- > 0;) {
            Matrix<double> before = Matrix<double>::Zero(sizes[l], dz.cols());
            for (Index j = 0; j < dz.cols(); ++j) {
                for (Index i = 0; i < dz.rows(); ++i) {
                    gradient[at(l, i, sizes[l])] += dz(i, j);
                    for (Index k = 0; k < sizes[l]; ++k) {
                        gradient[at(l, i, k)] += dz(i, j) * a[l](k, j);
                        before(k, j) += dz(i, j) * parameters[at(l, i, k)];
                    }
                }
            }
            for (Index n = 0; n < before.size(); ++n) {
                before.data()[n] *= activation_slope(activation, z[l].data()[n]);
            }
            dz = before;
        }
        return gradient;
    }
};

/// The gradient with a single-use tape, whose backward pass overwrites activations, and with packed weights.
std::vector<float> gradient_by_fast_tape(const MlpNetwork<float>& network, const Matrix<float>& x,
                                         const Matrix<float>& dy) {
    MlpNetwork<float>::Tape tape;
    MlpNetwork<float>::PackedWeights packed;
    pack_weights(network, packed);
    use_packed(tape, packed);
    use_once(tape);
    std::vector<float> gradient(network.parameters().size());
    for (int pass = 0; pass < 2; ++pass) {
        std::fill(gradient.begin(), gradient.end(), 0.0F);
        network.forward(x, tape);
        network.backward(tape, dy, gradient);
    }
    return gradient;
}

void check_network(const std::vector<Index>& hidden, Index inputs, Index outputs, Index batch, Activation f) {
    CAPTURE(hidden, inputs, outputs, batch, static_cast<int>(f));
    Rng rng(1);
    MlpNetwork<float> network(inputs, outputs, {.hidden = hidden, .activation = f}, rng);
    for (float& w : network.parameters()) w += static_cast<float>(rng.uniform(-0.2, 0.2));
    const Matrix<float> x = random_matrix<float>(inputs, batch, rng);
    const Matrix<float> dy = random_matrix<float>(outputs, batch, rng);
    MlpNetwork<float>::Tape tape;
    const Matrix<float> y = network.forward(x, tape);
    std::vector<float> gradient(network.parameters().size(), 0.0F);
    network.backward(tape, dy, gradient);
    REQUIRE(gradient_by_fast_tape(network, x, dy) == gradient);

    std::vector<Index> sizes = {inputs};
    sizes.insert(sizes.end(), hidden.begin(), hidden.end());
    sizes.push_back(outputs);
    PlainNetwork plain{sizes, f, {network.parameters().begin(), network.parameters().end()}};
    plain.forward(x.cast<double>());
    REQUIRE(gradiva_test::largest_size(y.cast<double>() - plain.a.back()) < 2e-5);
    const std::vector<double> expected = plain.backward(dy.cast<double>());
    double size = 1;
    for (const double each : expected) size = std::max(size, std::abs(each));
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CAPTURE(i);
        REQUIRE(std::abs(static_cast<double>(gradient[i]) - expected[i]) < 1e-5 * size);
    }
}

}  // namespace

TEST_CASE("a network of any width equals plain loops, forward and backward") {
    for (const Activation f : all_activations) {
        for (const Index width : {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 47, 48, 49, 63, 64, 65, 100, 130}) {
            check_network({width, 65 - width % 64}, 3, 1, 19, f);
        }
        for (const Index width : {128, 130, 1030}) check_network({9, width}, 3, 4, 7, f);
    }
}

TEST_CASE("packed weights can be packed again for a network of another shape") {
    Rng rng(2);
    MlpNetwork<float> network(20, 3, {.hidden = {200, 200}}, rng);
    const Matrix<float> x = random_matrix<float>(20, 40, rng);
    MlpNetwork<float>::PackedWeights packed;
    pack_weights(network, packed);
    network = MlpNetwork<float>(20, 3, {.hidden = {30, 40}}, rng);
    pack_weights(network, packed);
    MlpNetwork<float>::Tape plain_tape, packed_tape;
    use_packed(packed_tape, packed);
    CHECK(network.forward(x, plain_tape) == network.forward(x, packed_tape));
}

TEST_CASE("a network equals plain loops on a batch of any size, with any inputs and outputs") {
    for (const Activation f : all_activations) {
        for (const Index batch : {1, 2, 3, 4, 5, 6, 7, 8, 13, 15, 16, 17, 63, 65, 129}) {
            check_network({33, 20}, 1 + batch % 5, 1 + batch % 6, batch, f);
        }
    }
}

TEST_CASE("inputs that are always 0 change no output, and the gradient of their weights is 0") {
    constexpr Index batch = 19, outputs = 3, blanks = 2;
    for (const Index inputs : {1, 3, 6, 7, 8, 31, 40}) {  // few and many, and across from few to many
        for (const Index at : {Index{0}, inputs / 2, inputs}) {
            CAPTURE(inputs, at);
            Rng rng(1);
            MlpNetwork<float> network(inputs, outputs, {.hidden = {9, 5}}, rng);
            MlpNetwork<float> wider(inputs + blanks, outputs, {.hidden = {9, 5}}, rng);
            const auto first = static_cast<std::size_t>(9 * at), unread = static_cast<std::size_t>(9 * blanks);
            const auto with_unread = [&](std::span<const float> of_network, float value) {
                std::vector<float> all(of_network.begin(), of_network.end());
                all.insert(all.begin() + static_cast<std::ptrdiff_t>(first), unread, value);
                return all;
            };
            const std::vector<float> weights = with_unread(std::as_const(network).parameters(), 0.75F);
            std::copy(weights.begin(), weights.end(), wider.parameters().begin());
            const Matrix<float> x = random_matrix<float>(inputs, batch, rng);
            Matrix<float> wider_x = Matrix<float>::Zero(inputs + blanks, batch);
            wider_x.topRows(at) = x.topRows(at);
            wider_x.bottomRows(inputs - at) = x.bottomRows(inputs - at);
            const Matrix<float> dy = random_matrix<float>(outputs, batch, rng);
            std::vector<float> direction(network.parameters().size());
            for (float& v : direction) v = static_cast<float>(rng.normal());

            MlpNetwork<float>::Tape tape, wider_tape;
            const auto apart = [](const auto& a, const auto& b) { return (a - b).norm(); };
            CHECK(apart(network.forward(x, tape), wider.forward(wider_x, wider_tape)) < 1e-5F);
            CHECK(apart(network.jvp(tape, direction), wider.jvp(wider_tape, with_unread(direction, 0.5F))) < 1e-4F);
            std::vector<float> gradient(direction.size()), wider_gradient(weights.size());
            Matrix<float> dx(inputs, batch), wider_dx(inputs + blanks, batch);
            network.backward(tape, dy, gradient, dx);
            wider.backward(wider_tape, dy, wider_gradient, wider_dx);
            const std::vector<float> expected = with_unread(gradient, 0);
            CHECK(std::equal(expected.begin() + static_cast<std::ptrdiff_t>(first),
                             expected.begin() + static_cast<std::ptrdiff_t>(first + unread),
                             wider_gradient.begin() + static_cast<std::ptrdiff_t>(first)));
            CHECK(apart(as_vector(std::span<const float>(expected)),
                        as_vector(std::span<const float>(wider_gradient))) < 1e-4F);
            CHECK(apart(dx.topRows(at), wider_dx.topRows(at)) <= 1e-5F);
            CHECK(apart(dx.bottomRows(inputs - at), wider_dx.bottomRows(inputs - at)) <= 1e-5F);
        }
    }
}
