#include "catch.hpp"

#include "gradiva/nn/mlp.hpp"
#include "helpers/activations.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/largest.hpp"
#include "helpers/random.hpp"
#include "helpers/sanitizer.hpp"

#include <algorithm>
#include <cmath>

using namespace gradiva;
using gradiva_test::activated;
using gradiva_test::all_activations;
using gradiva_test::has_kink;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::relative_error;

namespace {

constexpr Index inputs = 4;
constexpr Index outputs = 3;

using Network = MlpNetwork<double>;
using Hidden = std::vector<Index>;

const std::vector<Hidden> all_hidden = {{}, {5}, {7, 3}, {64, 64}};

// The layers as windows on the network's parameters, in the order that the header states.
std::vector<Dense> layers_of(const Hidden& hidden) {
    std::vector<Dense> layers;
    Index offset = 0;
    Index width = inputs;
    Hidden units = hidden;
    units.push_back(outputs);
    for (const Index next : units) {
        layers.push_back({width, next, offset});
        offset += next * (width + 1);
        width = next;
    }
    return layers;
}

// A plain loop over one sample; `closest` becomes the distance of the hidden units to a kink of f.
std::vector<double> forward_by_hand(const Hidden& hidden, Activation f, std::span<const double> flat,
                                    std::vector<double> a, double* closest = nullptr) {
    const std::vector<Dense> layers = layers_of(hidden);
    for (std::size_t l = 0; l < layers.size(); ++l) {
        std::vector<double> z(static_cast<std::size_t>(layers[l].outputs));
        const auto rows = z.size();
        const auto w = static_cast<std::size_t>(layers[l].offset);
        for (std::size_t i = 0; i < rows; ++i) {
            z[i] = flat[w + rows * a.size() + i];
            for (std::size_t k = 0; k < a.size(); ++k) z[i] += flat[w + k * rows + i] * a[k];
            if (l + 1 == layers.size()) continue;
            if (closest != nullptr) *closest = std::min(*closest, std::abs(z[i]));
            z[i] = activated(f, z[i]);
        }
        a = z;
    }
    return a;
}

// A network with random weights and biases, a batch, and random derivatives of a loss by the outputs; of all units at a
// distance from a kink of the activation.
struct Setting {
    Hidden hidden;
    Activation f;
    Network network;
    Matrix<double> x, dy;
    Network::Tape tape;

    Setting(const Hidden& hidden_units, Activation activation, Index batch)
        : hidden(hidden_units), f(activation), network(inputs, outputs, {hidden_units, activation}, Rng(0)) {
        double closest = 0;
        for (std::uint64_t seed = 1; closest < 2e-4; ++seed) {
            Rng rng(seed);
            for (double& weight : network.parameters()) weight = rng.uniform(-0.5, 0.5);
            x = random_matrix<double>(inputs, batch, rng);
            dy = random_matrix<double>(outputs, batch, rng);
            closest = 1;
            if (has_kink(f)) {
                for (Index j = 0; j < batch; ++j) by_hand(j, &closest);
            }
        }
    }

    std::vector<double> by_hand(Index j, double* closest = nullptr) {
        return forward_by_hand(hidden, f, network.parameters(), {x.col(j).begin(), x.col(j).end()}, closest);
    }

    double loss() { return network.forward(x, tape).cwiseProduct(dy).sum(); }
};

template <class Check>
void in_all_settings(const Check& check) {
    Index networks = 0;
    for (const Hidden& hidden : all_hidden) {
        for (const Activation f : all_activations) {
            ++networks;
            for (const Index batch : {1, 9}) {
                if (gradiva_test::sanitized && (batch == 1) == (networks % 2 == 0)) continue;  // one of them there
                CAPTURE(hidden, static_cast<int>(f), batch);
                Setting setting(hidden, f, batch);
                check(setting);
            }
        }
    }
}

}  // namespace

TEST_CASE("the output of a network equals that of a plain loop") {
    in_all_settings([](Setting& s) {
        const auto y = s.network.forward(s.x, s.tape);
        REQUIRE(y.rows() == outputs);
        REQUIRE(y.cols() == s.x.cols());
        for (Index j = 0; j < y.cols(); ++j) {
            const std::vector<double> expected = s.by_hand(j);
            REQUIRE(relative_error({y.col(j).data(), static_cast<std::size_t>(outputs)}, expected) < 1e-13);
        }
    });
}

TEST_CASE("the gradient of every weight and bias agrees with central differences") {
    in_all_settings([](Setting& s) {
        const auto expected = numeric_gradient(s.network.parameters(), [&] { return s.loss(); });
        s.loss();
        std::vector<double> gradient(expected.size());
        s.network.backward(s.tape, s.dy, gradient);
        for (const Dense& layer : layers_of(s.hidden)) {
            CAPTURE(layer.offset);
            const std::span<const double> of = gradient;
            const std::span<const double> should = expected;
            const Index weights = layer.inputs * layer.outputs;
            REQUIRE(relative_error(part(of, layer.offset, weights), part(should, layer.offset, weights)) < 1e-6);
            REQUIRE(relative_error(part(of, layer.offset + weights, layer.outputs),
                                   part(should, layer.offset + weights, layer.outputs)) < 1e-6);
        }
    });
}

TEST_CASE("the gradient of the input agrees with central differences, and does not change that of the weights") {
    in_all_settings([](Setting& s) {
        const auto size = static_cast<std::size_t>(s.x.size());
        const auto expected = numeric_gradient({s.x.data(), size}, [&] { return s.loss(); });
        s.loss();
        std::vector<double> alone(s.network.parameters().size());
        std::vector<double> gradient(alone.size());
        s.network.backward(s.tape, s.dy, alone);
        Matrix<double> dx(inputs, s.x.cols());
        s.network.backward(s.tape, s.dy, gradient, dx);
        REQUIRE(relative_error({dx.data(), size}, expected) < 1e-6);
        REQUIRE(gradient == alone);
    });
}

TEST_CASE("the derivative along a direction agrees with central differences") {
    in_all_settings([](Setting& s) {
        constexpr double h = 1e-5;
        Rng rng(77);
        std::vector<double> v(s.network.parameters().size());
        for (double& element : v) element = rng.uniform(-1, 1) / std::sqrt(static_cast<double>(v.size()));
        const auto moved = [&](double step) {
            Network other = s.network;
            for (std::size_t i = 0; i < v.size(); ++i) other.parameters()[i] += step * v[i];
            return Matrix<double>(other.forward(s.x, s.tape));
        };
        const Matrix<double> expected = (moved(h) - moved(-h)) / (2 * h);
        s.loss();
        const auto y = s.network.jvp(s.tape, v);
        REQUIRE(y.cols() == s.x.cols());
        const auto size = static_cast<std::size_t>(y.size());
        REQUIRE(relative_error({y.data(), size}, {expected.data(), size}) < 1e-6);
    });
}

TEST_CASE("backward adds to the gradient") {
    Setting s({7, 3}, Activation::tanh, 9);
    s.loss();
    std::vector<double> once(s.network.parameters().size());
    s.network.backward(s.tape, s.dy, once);
    std::vector<double> more(once.size(), 2.0);
    s.network.backward(s.tape, s.dy, more);
    s.network.backward(s.tape, s.dy, more);
    for (std::size_t i = 0; i < once.size(); ++i) REQUIRE(more[i] == Catch::Approx(2 + 2 * once[i]).margin(1e-12));
}

TEST_CASE("a tape serves batches of any width, and keeps its memory") {
    Setting s({7, 3}, Activation::tanh, 9);
    const double* place = s.network.forward(s.x, s.tape).data();
    for (const Index batch : {1, 9, 4}) {
        Network::Tape fresh;
        const Matrix<double> x = s.x.leftCols(batch);
        const Matrix<double> dy = s.dy.leftCols(batch);
        std::vector<double> expected(s.network.parameters().size());
        std::vector<double> gradient(expected.size());
        const Matrix<double> y = s.network.forward(x, fresh);
        s.network.backward(fresh, dy, expected);
        const auto again = s.network.forward(x, s.tape);
        s.network.backward(s.tape, dy, gradient);
        CHECK(again == y);
        CHECK(again.data() == place);
        CHECK(gradient == expected);
        CHECK(s.network.jvp(s.tape, expected) == s.network.jvp(fresh, expected));
    }
}

TEST_CASE("a copy of a network is a snapshot") {
    Setting s({5}, Activation::tanh, 3);
    const Network before = s.network;
    const Matrix<double> y = s.network.forward(s.x, s.tape);
    for (double& weight : s.network.parameters()) weight *= 2;
    CHECK(before.forward(s.x, s.tape) == y);
    CHECK(s.network.forward(s.x, s.tape) != y);
}

TEST_CASE("appended parameters are zero, are at the end, and do not change the function") {
    Setting s({5}, Activation::tanh, 3);
    const std::vector<double> before(s.network.parameters().begin(), s.network.parameters().end());
    const Matrix<double> y = s.network.forward(s.x, s.tape);
    s.network.append_parameters(2);
    const auto now = s.network.parameters();
    REQUIRE(now.size() == before.size() + 2);
    CHECK(std::equal(before.begin(), before.end(), now.begin()));
    CHECK(now[before.size()] == 0);
    CHECK(now[before.size() + 1] == 0);
    now[before.size()] = 5;
    CHECK(s.network.forward(s.x, s.tape) == y);
    std::vector<double> gradient(now.size());
    s.network.backward(s.tape, s.dy, gradient);
    CHECK(gradient[before.size()] == 0);
}

TEST_CASE("a network starts with orthogonal weights of its gains and biases of zero") {
    const Hidden hidden = {7, 3};
    const Network network(inputs, outputs, {hidden}, Rng(1), 0.01);
    CHECK(network.inputs() == inputs);
    CHECK(network.outputs() == outputs);
    const std::vector<Dense> layers = layers_of(hidden);
    for (const Dense& layer : layers) {
        CAPTURE(layer.offset);
        const double gain = &layer == &layers.back() ? 0.01 : std::sqrt(2.0);
        const Matrix<double> w = layer.weight(network.parameters()) / gain;
        CHECK((w.rows() < w.cols() ? Matrix<double>(w * w.transpose()) : w.transpose() * w).isIdentity(1e-12));
        CHECK(layer.bias(network.parameters()).isZero(0));
    }
    const Network plain(inputs, outputs, {{}}, Rng(1));
    const Matrix<double> w = layers_of({})[0].weight(plain.parameters());
    CHECK((w * w.transpose()).isIdentity(1e-12));
}

TEST_CASE("the same stream gives the same weights, another stream others") {
    const auto weights = [](Rng rng) {
        const Network network(inputs, outputs, {{5}}, rng);
        return std::vector<double>(network.parameters().begin(), network.parameters().end());
    };
    CHECK(weights(Rng(1)) == weights(Rng(1)));
    CHECK(weights(Rng(1)) != weights(Rng(2)));
    CHECK(weights(Rng(1, Purpose::initialisation, 0)) != weights(Rng(1, Purpose::initialisation, 1)));
}

TEST_CASE("a network in float agrees with the same one in double") {
    for (const Activation f : all_activations) {
        const Network exact(inputs, outputs, {{64, 64}, f}, Rng(5));
        const MlpNetwork<float> network(inputs, outputs, {{64, 64}, f}, Rng(5));
        Rng rng(6);
        const Matrix<double> x = random_matrix<double>(inputs, 33, rng);
        const Matrix<float> x_float = x.cast<float>();
        Network::Tape exact_tape;
        MlpNetwork<float>::Tape tape;
        const auto difference = network.forward(x_float, tape).cast<double>() - exact.forward(x, exact_tape);
        CHECK(gradiva_test::largest_size(difference) < 1e-5);
    }
}

TEST_CASE("layers without units are refused") {
    const auto make = [](Index in, Index out, Hidden hidden) { Network(in, out, {hidden}, Rng(0)); };
    CHECK_THROWS_AS(make(0, 2, {}), Error);
    CHECK_THROWS_WITH(make(0, 2, {}), "Mlp: the network has 0 inputs; give at least 1 input");
    CHECK_THROWS_WITH(make(3, -1, {}), "Mlp: the network has -1 outputs; give at least 1 output");
    CHECK_THROWS_WITH(make(3, 2, {4, 0}), "Mlp: hidden[1] is 0; give every hidden layer at least 1 unit");
}
