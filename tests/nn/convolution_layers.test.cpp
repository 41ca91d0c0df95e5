#include "catch.hpp"

#include "gradiva/nn/convolution.hpp"
#include "helpers/activations.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/parameter_blocks.hpp"
#include "helpers/random.hpp"
#include "helpers/with_gaps.hpp"
#include "reference/read_blocks.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

using namespace gradiva;
using gradiva_test::activated;
using gradiva_test::all_activations;
using gradiva_test::has_kink;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::relative_error;
using gradiva_test::same_bits;

namespace {

using Network = ConvolutionNetwork<double>;
constexpr Index outputs = 3;
constexpr Index rows = 60;  // of an image of 6 x 5 x 2

/// Strides, paddings, several convolutions, kernels of one pixel, with and without dense layers.
const std::vector<Convolution> all_networks{
    {.shape = {6, 5, 2}, .layers = {{3, 3}}, .hidden = {5}},
    {.shape = {6, 5, 2}, .layers = {{3, 3, 1, 1}, {4, 2, 2}}, .hidden = {}},
    {.shape = {6, 5, 2}, .layers = {{2, 1}, {3, 3, 2, 1}, {2, 2}}, .hidden = {7, 3}},
};

/// A plain loop over one image; `closest` becomes the distance of the units to a kink of f.
std::vector<double> forward_by_hand(const Convolution& d, std::span<const double> flat, std::vector<double> a,
                                    double& closest) {
    std::size_t at = 0;
    const auto dense = [&](std::size_t units, bool is_output) {
        std::vector<double> z(units);
        for (std::size_t i = 0; i < units; ++i) {
            z[i] = flat[at + units * a.size() + i];
            for (std::size_t k = 0; k < a.size(); ++k) z[i] += flat[at + k * units + i] * a[k];
            if (!is_output) closest = std::min(closest, std::abs(z[i]));
            if (!is_output) z[i] = activated(d.activation, z[i]);
        }
        at += units * (a.size() + 1);
        a = z;
    };
    Index height = d.shape[0], width = d.shape[1], channels = d.shape[2];
    for (const auto& [count, kernel, stride, padding] : d.layers) {
        const Index high = (height + 2 * padding - kernel) / stride + 1,
                    wide = (width + 2 * padding - kernel) / stride + 1;
        std::vector<double> next;
        for (Index i = 0; i < high * wide * count; ++i) {
            const Index m = i % count, ox = i / count % wide, oy = i / count / wide;
            double z = flat[at + to_size(count * kernel * kernel * channels + m)];
            for (Index ky = 0; ky < kernel; ++ky) {
                for (Index kx = 0; kx < kernel; ++kx) {
                    const Index y = oy * stride + ky - padding, x = ox * stride + kx - padding;
                    if (y < 0 || y >= height || x < 0 || x >= width) continue;
                    for (Index c = 0; c < channels; ++c) {
                        z += flat[at + to_size(((ky * kernel + kx) * channels + c) * count + m)] *
                             a[to_size((y * width + x) * channels + c)];
                    }
                }
            }
            closest = std::min(closest, std::abs(z));
            next.push_back(activated(d.activation, z));
        }
        at += to_size(count * (kernel * kernel * channels + 1));
        a = next;
        height = high;
        width = wide;
        channels = count;
    }
    for (const Index units : d.hidden) dense(to_size(units), false);
    dense(to_size(outputs), true);
    return a;
}

/// A network with random parameters, a batch and dL/dY; of all units at a distance from a kink of the activation.
struct Setting {
    Convolution description;
    Network network;
    Matrix<double> x, dy;
    Network::Tape tape;

    Setting(const Convolution& d, Index batch) : description(d), network(rows, outputs, d, Rng(0)) {
        const double least = has_kink(d.activation) && !d.layer_norm ? 2e-4 : -1;
        double closest = -2;
        for (std::uint64_t seed = 1; closest < least || seed == 1; ++seed) {
            Rng rng(seed);
            for (double& weight : network.parameters()) weight = rng.uniform(-0.5, 0.5);
            x = random_matrix<double>(rows, batch, rng);
            dy = random_matrix<double>(outputs, batch, rng);
            closest = 1;
            if (least > 0) {
                for (Index j = 0; j < batch; ++j) by_hand(j, closest);
            }
        }
    }

    std::vector<double> by_hand(Index j, double& closest) {
        return forward_by_hand(description, network.parameters(), {x.col(j).begin(), x.col(j).end()}, closest);
    }
    double loss() { return network.forward(x, tape).cwiseProduct(dy).sum(); }
};

template <class Check>
void in_all_settings(const Check& check) {
    for (std::size_t n = 0; n < all_networks.size(); ++n) {
        for (const Activation f : all_activations) {
            for (const Index batch : {1, 3}) {
                CAPTURE(n, static_cast<int>(f), batch);
                Convolution description = all_networks[n];
                description.activation = f;
                Setting setting(description, batch);
                check(setting);
            }
        }
    }
}

/// The gradient of each block of parameters, dX and the tangent, against central differences.
void check_derivatives(Setting& s) {
    const auto expected = numeric_gradient(s.network.parameters(), [&] { return s.loss(); });
    const auto dx_expected = numeric_gradient({s.x.data(), to_size(s.x.size())}, [&] { return s.loss(); });
    s.loss();
    std::vector<double> gradient(expected.size()), again(expected.size());
    Matrix<double> dx = Matrix<double>::Constant(rows, s.x.cols(), 7);
    s.network.backward(s.tape, s.dy, gradient, dx);
    s.loss();
    s.network.backward(s.tape, s.dy, again);
    REQUIRE(again == gradient);
    REQUIRE(relative_error({dx.data(), to_size(dx.size())}, dx_expected) < 1e-6);

    gradiva_test::check_blocks({s.description, rows, outputs}, gradient, expected);

    Rng rng(5);
    std::vector<double> direction(expected.size());
    for (double& v : direction) v = rng.uniform(-1, 1);
    s.loss();
    const double along = s.network.jvp(s.tape, direction).cwiseProduct(s.dy).sum();
    double product = 0;
    for (std::size_t i = 0; i < direction.size(); ++i) product += gradient[i] * direction[i];
    REQUIRE(std::abs(along - product) < 1e-10 * std::max(1.0, std::abs(product)));
}

Convolution small() { return all_networks[1]; }

std::string error_of(const Convolution& description) {
    try {
        Network(rows, outputs, description, Rng(1));
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("the output of a network of convolutions is that of plain loops") {
    in_all_settings([](Setting& s) {
        const auto y = s.network.forward(s.x, s.tape);
        REQUIRE(y.rows() == outputs);
        for (Index j = 0; j < y.cols(); ++j) {
            double closest = 1;
            REQUIRE(relative_error({y.col(j).data(), to_size(outputs)}, s.by_hand(j, closest)) < 1e-12);
        }
    });
}

TEST_CASE("all derivatives of a network of convolutions agree with central differences") {
    in_all_settings(check_derivatives);
}

TEST_CASE("derivatives agree with layer normalisation, normalised images and images in some rows") {
    Convolution d = all_networks[2];
    d.activation = Activation::tanh;
    SECTION("layer normalisation") { d.layer_norm = true; }
    SECTION("normalised") { d.normalize_observations = true; }
    SECTION("rows") {
        d.shape = {4, 3, 2};
        d.inputs = Range{10, 34};
        d.layers = {{3, 2}, {2, 2}};
    }
    Setting s(d, 3);
    if (d.normalize_observations) {
        std::vector<kernels::Moments> moments;
        for (Index i = 0; i < rows; ++i) moments.push_back({.count = 10, .mean = 0.01 * double(i), .squares = 4});
        s.network.merge_observations(moments);
    }
    check_derivatives(s);
    Matrix<double> dx = Matrix<double>::Constant(rows, 3, 7);
    std::vector<double> gradient(s.network.parameters().size());
    s.loss();
    s.network.backward(s.tape, s.dy, gradient, dx);
    if (d.inputs) {
        CHECK(dx.topRows(10).isZero(0));
        CHECK(dx.bottomRows(rows - 34).isZero(0));
        CHECK_FALSE(dx.middleRows(10, 24).isZero(0));
    }
}

TEST_CASE("a network of convolutions computes what PyTorch's does") {
    const auto blocks = reference::read_blocks(GRADIVA_SOURCE_DIR "/tests/reference/convolution_torch.txt");
    const auto of = [&](const std::string& what) -> Matrix<double> {
        const reference::Block& block = reference::at(blocks, "network." + what);
        return ConstMatrixMap<double>(block.values.data(), Index(block.rows), Index(block.cols));
    };
    Network network(84, 3, {.shape = {7, 6, 2}, .layers = {{3, 3, 2, 1}, {4, 2}}, .hidden = {5}}, Rng(1));
    const Matrix<double> parameters = of("parameters"), x = of("x"), dy = of("dy");
    REQUIRE(static_cast<Index>(network.parameters().size()) == parameters.size());
    std::copy_n(parameters.data(), parameters.size(), network.parameters().begin());
    Network::Tape tape;
    CHECK(network.forward(x, tape).isApprox(of("y"), 1e-13));
    Matrix<double> gradient = Matrix<double>::Zero(parameters.rows(), 1), dx(84, 2);
    network.backward(tape, dy, {gradient.data(), to_size(gradient.size())}, dx);
    CHECK(gradient.isApprox(of("gradient"), 1e-13));
    CHECK(dx.isApprox(of("dx"), 1e-13));
}

TEMPLATE_TEST_CASE("an image gives the same bits in a batch of any width, from packed weights too", "", float, double) {
    for (const Activation f : all_activations) {
        Convolution d{.shape = {9, 8, 3}, .layers = {{17, 3, 1, 1}, {6, 3, 2}}, .hidden = {19}, .activation = f};
        const ConvolutionNetwork<TestType> network(216, outputs, d, Rng(3));
        Rng rng(4);
        const Matrix<TestType> x = random_matrix<TestType>(216, 40, rng);
        typename ConvolutionNetwork<TestType>::PackedWeights packed;
        network.pack(packed);
        typename ConvolutionNetwork<TestType>::Tape whole, some;
        some.use_packed(packed);
        const Matrix<TestType> y = network.forward(x, whole);
        for (Index width = 1; width <= 40; ++width) {
            const Index begin = (40 - width) / 2;
            const Matrix<TestType> part_of_x = x.middleCols(begin, width), expected = y.middleCols(begin, width);
            REQUIRE(same_bits(network.forward(part_of_x, some), expected));
        }
    }
}

TEST_CASE("a tape that is used once gives the same gradient") {
    in_all_settings([](Setting& s) {
        s.loss();
        std::vector<double> gradient(s.network.parameters().size()), once = gradient;
        s.network.backward(s.tape, s.dy, gradient);
        Network::Tape tape;
        tape.use_once();
        s.network.forward(s.x, tape);
        s.network.backward(tape, s.dy, once);
        REQUIRE(once == gradient);
    });
}

TEST_CASE("weights of convolutions begin as orthogonal kernels of gain sqrt(2), and biases as zeros") {
    const Network network(rows, outputs, {.shape = {6, 5, 2}, .layers = {{5, 3}, {50, 2}}, .hidden = {4}}, Rng(1),
                          0.01);
    const auto& structure = network.structure();
    const Matrix<double> first = structure.layers()[0].weights.weight(network.parameters());
    CHECK((first * first.transpose()).isApprox(2 * Matrix<double>::Identity(5, 5), 1e-12));
    const Matrix<double> tall = structure.layers()[1].weights.weight(network.parameters());
    REQUIRE(tall.rows() > tall.cols());
    CHECK((tall.transpose() * tall).isApprox(2 * Matrix<double>::Identity(20, 20), 1e-12));
    for (const ImageLayer& layer : structure.layers()) CHECK(layer.weights.bias(network.parameters()).isZero(0));
    const auto dense = network.parameters().subspan(to_size(structure.dense_offset()));
    const Matrix<double> last = structure.dense().layers()[1].weight(dense);
    CHECK((last * last.transpose()).isApprox(1e-4 * Matrix<double>::Identity(3, 3), 1e-12));
}

TEST_CASE("an image is normalised by the moments of each channel") {
    Convolution d = small();
    d.normalize_observations = true;
    Network network(rows, outputs, d, Rng(1));
    CHECK(network.normalizes());
    CHECK_FALSE(Network(rows, outputs, small(), Rng(1)).normalizes());
    std::vector<kernels::Moments> moments;
    for (Index i = 0; i < rows; ++i) {
        moments.push_back({.count = 5, .mean = i % 2 == 0 ? double(i) : 3.0, .squares = i % 2 == 0 ? 1.0 : 5.0});
    }
    network.merge_observations(moments);
    Network::Tape tape;
    const Matrix<double> x = Matrix<double>::Constant(rows, 1, 4);
    network.forward(x, tape);
    kernels::Moments even;
    for (Index i = 0; i < rows; i += 2) even += moments[to_size(i)];
    for (Index i = 0; i < rows; ++i) {
        const double mean = i % 2 == 0 ? even.mean : 3, variance = i % 2 == 0 ? even.population_variance() : 1;
        REQUIRE(tape.input.rows(i, 0) == Catch::Approx((4 - mean) / std::sqrt(variance + 1e-8)));
    }
}

TEST_CASE("without an output layer a network gives the activations of its last layer") {
    const ConvolutionLayers<double> dense(rows, features, all_networks[0]);
    CHECK(dense.outputs() == 5);
    const ConvolutionLayers<double> images(rows, features, all_networks[1]);
    REQUIRE(images.outputs() == 3 * 2 * 4);
    std::vector<double> parameters(to_size(images.parameter_count()), 0.1), gradient(parameters.size());
    ConvolutionLayers<double>::Tape tape;
    const Matrix<double> x = Matrix<double>::Ones(rows, 2);
    const Matrix<double> y = images.forward(parameters, x, tape);
    CHECK(same_bits(y, Matrix<double>(tape.output.back().matrix())));
    const auto loss = [&] { return images.forward(parameters, x, tape).sum(); };
    const auto expected = numeric_gradient(parameters, loss);
    loss();
    images.backward(parameters, tape, Matrix<double>::Ones(y.rows(), 2), gradient);
    gradiva_test::check_blocks({all_networks[1], rows, features}, gradient, expected);
}

TEST_CASE("a description of convolutions that does not fit is refused by the name of its field") {
    Convolution d = small();
    CHECK(error_of(d) == "");
    SECTION("no shape") {
        d.shape = {};
        CHECK_THAT(error_of(d), ContainsText("there is no shape"));
    }
    SECTION("two numbers") {
        d.shape = {6, 10};
        CHECK_THAT(error_of(d), ContainsText("shape has 2 numbers"));
    }
    SECTION("another product, no pixels, and one that overflows") {
        for (const std::vector<Index>& shape : std::vector<std::vector<Index>>{
                 {6, 5, 3}, {6, 6, 2}, {7, 5, 2}, {1, 1, 1}, {std::numeric_limits<Index>::max(), 4, 4}}) {
            d.shape = shape;
            CHECK_THAT(error_of(d), ContainsText("the rows that are read are 60"));
        }
        d.shape = {6, 5, 0};
        CHECK_THAT(error_of(d), ContainsText("shape is 6 x 5 x 0"));
        d.shape = {-6, -5, 2};
        CHECK_THAT(error_of(d), ContainsText("shape is -6 x -5 x 2"));
    }
    SECTION("rows that are not its shape's") {
        d.inputs = Range{0, 59};
        CHECK_THAT(error_of(d), ContainsText("the rows that are read are 59"));
    }
    SECTION("no layers") {
        d.layers = {};
        CHECK_THAT(error_of(d), ContainsText("layers is empty"));
    }
    SECTION("zeros") {
        d.layers[1] = {0, 3};
        CHECK_THAT(error_of(d), ContainsText("layers[1].channels is 0"));
        d.layers[1] = {4, 0};
        CHECK_THAT(error_of(d), ContainsText("layers[1].kernel is 0"));
        d.layers[1] = {4, 2, 0};
        CHECK_THAT(error_of(d), ContainsText("layers[1].stride is 0"));
    }
    SECTION("padding") {
        d.layers[0].padding = -1;
        CHECK_THAT(error_of(d), ContainsText("layers[0].padding is -1"));
        d.layers[0].padding = 3;
        CHECK_THAT(error_of(d), ContainsText("layers[0].padding is 3; give 0 to 2"));
    }
    SECTION("a kernel larger than its padded image") {
        d.layers = {{4, 5}, {4, 2}};
        CHECK_THAT(error_of(d),
                   ContainsText("layers[1].kernel is 2, and its image, with padding on each side, is 2 x 1"));
        d.layers = {{4, 5}, {4, 2, 1, 1}};
        CHECK(error_of(d) == "");
        d.layers = {{4, 6}};
        CHECK_THAT(error_of(d), ContainsText("layers[0].kernel is 6"));
    }
    SECTION("an image of too many numbers") {
        d.layers = {{4, 3}, {699'051, 2}};  // of 6 positions
        CHECK_THAT(error_of(d),
                   ContainsText("layers[1].channels is 699051, and there are 6 positions; give an image of "
                                "at most 4194304 numbers"));
    }
    SECTION("hidden layers without units") {
        d.hidden = {0};
        CHECK_THAT(error_of(d), ContainsText("hidden[0] is 0"));
    }
}
