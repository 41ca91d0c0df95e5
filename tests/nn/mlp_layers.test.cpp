#include "gradiva/nn/mlp_layers.hpp"

#include "catch.hpp"
#include "gradiva/nn/mlp.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/parameter_blocks.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using gradiva_test::check_blocks;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::relative_error;

namespace {

constexpr Index inputs = 5;

/// Layers without an output layer.
std::vector<Mlp> descriptions() {
    return {{.hidden = {}},
            {.hidden = {}, .inputs = Range{1, 4}},
            {.hidden = {6}},
            {.hidden = {6, 4}, .activation = Activation::relu},
            {.hidden = {6, 4}, .activation = Activation::gelu, .inputs = Range{2, 5}},
            {.hidden = {6, 4}, .activation = Activation::leaky_relu},
            {.hidden = {6, 4}, .layer_norm = true}};
}

struct Setting {
    MlpLayers<double> layers;
    std::vector<double> parameters, v;
    Matrix<double> x, x_tangent, dy;
    MlpLayers<double>::Tape tape;

    explicit Setting(const Mlp& description) : layers(inputs, features, description) {
        Rng rng(4);
        const auto numbers = [&](std::vector<double>& all) {
            all.resize(static_cast<std::size_t>(layers.parameter_count()));
            for (double& number : all) number = 0.5 * rng.normal();
        };
        numbers(parameters);
        numbers(v);
        x = random_matrix<double>(inputs, 7, rng);
        x_tangent = random_matrix<double>(inputs, 7, rng);
        dy = random_matrix<double>(layers.outputs(), 7, rng);
    }
};

}  // namespace

TEST_CASE("without an output layer the outputs are the activations of the last hidden layer, or the inputs") {
    Setting s({.hidden = {6, 4}});
    CHECK(s.layers.outputs() == 4);
    // An output layer of weights 1 on the diagonal shows them.
    MlpNetwork<double> network(inputs, 4, {.hidden = {6, 4}}, Rng(1));
    std::copy(s.parameters.begin(), s.parameters.end(), network.parameters().begin());
    network.layers().back().weight(network.parameters()).setIdentity();
    MlpNetwork<double>::Tape tape;
    CHECK(s.layers.forward(s.parameters, s.x, s.tape).isApprox(network.forward(s.x, tape)));

    Setting rows({.hidden = {}, .inputs = Range{1, 4}});
    CHECK(rows.layers.parameter_count() == 0);
    CHECK(rows.layers.forward(rows.parameters, rows.x, rows.tape) == rows.x.middleRows(1, 3));
}

TEST_CASE("derivatives and tangents of layers without an output layer agree with central differences") {
    for (const Mlp& description : descriptions()) {
        Setting s(description);
        INFO(fmt::format("{} layers of {}", description.hidden.size(), static_cast<int>(description.activation)));
        std::vector<double> gradient(s.parameters.size(), 0);
        Matrix<double> dx(inputs, 7);
        s.layers.forward(s.parameters, s.x, s.tape);
        const ConstMatrixMap<double> x_tangent(s.x_tangent.data(), inputs, 7);
        const Matrix<double> along_weights = s.layers.jvp(s.parameters, s.tape, s.v);
        const Matrix<double> along_both = s.layers.jvp(s.parameters, s.tape, s.v, &x_tangent);
        s.layers.backward(s.parameters, s.tape, s.dy, gradient, dx);

        const auto loss = [&] { return s.dy.cwiseProduct(s.layers.forward(s.parameters, s.x, s.tape)).sum(); };
        check_blocks({description, inputs, features}, gradient, numeric_gradient(s.parameters, loss));
        CHECK(relative_error({dx.data(), 35}, numeric_gradient({s.x.data(), 35}, loss)) < 1e-6);

        constexpr double h = 1e-5;
        const std::vector<double> start = s.parameters;
        const Matrix<double> x = s.x;
        const auto moved = [&](double weights, double input) -> Matrix<double> {
            for (std::size_t i = 0; i < start.size(); ++i) s.parameters[i] = start[i] + weights * s.v[i];
            s.x = x + input * s.x_tangent;
            return s.layers.forward(s.parameters, s.x, s.tape);
        };
        const Matrix<double> by_weights = (moved(h, 0) - moved(-h, 0)) / (2 * h);
        const Matrix<double> by_both = (moved(h, h) - moved(-h, -h)) / (2 * h);
        CHECK((along_weights - by_weights).norm() <= 1e-6 * by_weights.norm());
        CHECK((along_both - by_both).norm() < 1e-6 * by_both.norm());
    }
}
