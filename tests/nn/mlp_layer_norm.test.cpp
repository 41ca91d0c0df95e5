// The network with normalised layers. What it shares with the plain one is tested in mlp.test.cpp.
#include "catch.hpp"

#include "gradiva/nn/mlp.hpp"
#include "helpers/activations.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/largest.hpp"
#include "helpers/random.hpp"

#include <algorithm>
#include <cmath>
#include <string>

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

struct Block {
    std::string name;
    Index begin, size;
};

// The blocks of the flat parameters, in the order that the header states.
std::vector<Block> blocks_of(const Hidden& hidden) {
    std::vector<Block> blocks;
    Index begin = 0;
    const auto add = [&](const char* name, Index size) {
        blocks.push_back({name, begin, size});
        begin += size;
    };
    Index width = inputs;
    for (const Index units : hidden) {
        add("weights", units * width);
        for (const char* name : {"bias", "gain", "shift"}) add(name, units);
        width = units;
    }
    add("weights", outputs * width);
    add("bias", outputs);
    return blocks;
}

// One sample by plain loops; `closest` becomes the distance of the hidden units to the kink of ReLU.
std::vector<double> forward_by_hand(const Hidden& hidden, Activation f, std::span<const double> flat,
                                    std::vector<double> a, double* closest = nullptr) {
    const double* at = flat.data();
    Hidden widths = hidden;
    widths.push_back(outputs);
    for (std::size_t l = 0; l < widths.size(); ++l) {
        const auto units = static_cast<std::size_t>(widths[l]);
        std::vector<double> z(units);
        for (std::size_t i = 0; i < units; ++i) {
            z[i] = at[units * a.size() + i];
            for (std::size_t k = 0; k < a.size(); ++k) z[i] += at[k * units + i] * a[k];
        }
        at += units * (a.size() + 1);
        if (l < hidden.size()) {
            double mean = 0, variance = 0;
            for (const double x : z) mean += x / static_cast<double>(units);
            for (const double x : z) variance += (x - mean) * (x - mean) / static_cast<double>(units);
            for (std::size_t i = 0; i < units; ++i) {
                z[i] = at[i] * (z[i] - mean) / std::sqrt(variance + 1e-5) + at[units + i];
                if (closest != nullptr) *closest = std::min(*closest, std::abs(z[i]));
                z[i] = activated(f, z[i]);
            }
            at += 2 * units;
        }
        a = z;
    }
    return a;
}

// A network with random parameters, a batch, and random derivatives of a loss by the outputs; with ReLU, of all units
// at a distance from the kink.
struct Setting {
    Hidden hidden;
    Activation f;
    Network network;
    Matrix<double> x, dy;
    Network::Tape tape;

    Setting(const Hidden& hidden_units, Activation activation, Index batch)
        : hidden(hidden_units), f(activation),
          network(inputs, outputs, {.hidden = hidden_units, .activation = activation, .layer_norm = true}, Rng(0)) {
        double closest = 0;
        for (std::uint64_t seed = 1; closest < 2e-4; ++seed) {
            Rng rng(seed);
            for (double& weight : network.parameters()) weight = rng.uniform(-0.7, 0.7);
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
    for (const Hidden& hidden : {Hidden{5}, Hidden{7, 3}, Hidden{20, 17}}) {
        for (const Activation f : all_activations) {
            for (const Index batch : {1, 9}) {
                CAPTURE(hidden, static_cast<int>(f), batch);
                Setting setting(hidden, f, batch);
                check(setting);
            }
        }
    }
}

}  // namespace

TEST_CASE("the output of a network with normalised layers equals that of a plain loop") {
    in_all_settings([](Setting& s) {
        const auto y = s.network.forward(s.x, s.tape);
        for (Index j = 0; j < y.cols(); ++j) {
            REQUIRE(relative_error({y.col(j).data(), static_cast<std::size_t>(outputs)}, s.by_hand(j)) < 1e-12);
        }
    });
}

TEST_CASE("the gradient of every block of a network with normalised layers agrees with central differences") {
    in_all_settings([](Setting& s) {
        const auto expected = numeric_gradient(s.network.parameters(), [&] { return s.loss(); });
        s.loss();
        std::vector<double> gradient(expected.size());
        s.network.backward(s.tape, s.dy, gradient);
        REQUIRE(blocks_of(s.hidden).back().begin + outputs == static_cast<Index>(expected.size()));
        for (const Block& block : blocks_of(s.hidden)) {
            CAPTURE(block.name, block.begin);
            const auto of = part(std::span<const double>(gradient), block.begin, block.size);
            REQUIRE(relative_error(of, part(std::span<const double>(expected), block.begin, block.size)) < 1e-6);
        }
    });
}

TEST_CASE("a single-use tape of normalised layers gives the same gradient") {
    for (const Activation f : all_activations) {
        Rng rng(3);
        MlpNetwork<double> network(3, 3, {.hidden = {19, 5}, .activation = f, .layer_norm = true}, rng);
        const Matrix<double> x = random_matrix<double>(3, 7, rng), dy = random_matrix<double>(3, 7, rng);
        std::vector<double> kept(network.parameters().size()), used(network.parameters().size());
        MlpNetwork<double>::Tape tape, used_tape;
        use_once(used_tape);
        network.forward(x, tape);
        network.backward(tape, dy, kept);
        network.forward(x, used_tape);
        network.backward(used_tape, dy, used);
        CHECK(kept == used);
    }
}

TEST_CASE("the gradient of the input of normalised layers agrees with central differences") {
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

TEST_CASE("the derivative of normalised layers along each block agrees with central differences") {
    in_all_settings([](Setting& s) {
        constexpr double h = 1e-5;
        for (const Block& block : blocks_of(s.hidden)) {
            CAPTURE(block.name, block.begin);
            Rng rng(77);
            std::vector<double> v(s.network.parameters().size());
            for (double& x : part(std::span(v), block.begin, block.size)) x = rng.uniform(-0.5, 0.5);
            const auto moved = [&](double step) {
                Network other = s.network;
                for (std::size_t i = 0; i < v.size(); ++i) other.parameters()[i] += step * v[i];
                return Matrix<double>(other.forward(s.x, s.tape));
            };
            const Matrix<double> expected = (moved(h) - moved(-h)) / (2 * h);
            s.loss();
            const auto y = s.network.jvp(s.tape, v);
            const auto size = static_cast<std::size_t>(y.size());
            // What shifts all units of a layer alike changes nothing: there is no scale to compare with.
            if (expected.norm() < 1e-8) continue;
            REQUIRE(relative_error({y.data(), size}, {expected.data(), size}) < 1e-6);
        }
    });
}

TEST_CASE("a network with normalised layers starts with gains of one and all else as without them") {
    const Hidden hidden = {7, 3};
    const Network plain(inputs, outputs, {.hidden = hidden}, Rng(1), 0.01);
    const Network network(inputs, outputs, {.hidden = hidden, .layer_norm = true}, Rng(1), 0.01);
    const double* of_plain = plain.parameters().data();
    for (const Block& block : blocks_of(hidden)) {
        CAPTURE(block.name, block.begin);
        for (const double x : part(network.parameters(), block.begin, block.size)) {
            if (block.name == "gain") {
                REQUIRE(x == 1);
            } else if (block.name == "shift") {
                REQUIRE(x == 0);
            } else {
                REQUIRE(x == *of_plain++);
            }
        }
    }
    CHECK(of_plain == plain.parameters().data() + plain.parameters().size());
}

TEST_CASE("without hidden layers layer normalisation adds no parameters") {
    const Network plain(inputs, outputs, {.hidden = {}}, Rng(1));
    const Network network(inputs, outputs, {.hidden = {}, .layer_norm = true}, Rng(1));
    CHECK(std::equal(plain.parameters().begin(), plain.parameters().end(), network.parameters().begin(),
                     network.parameters().end()));
}

TEST_CASE("a tape of normalised layers serves batches of any width") {
    Setting s({7, 3}, Activation::tanh, 9);
    s.loss();
    for (const Index batch : {1, 9, 4}) {
        Network::Tape fresh;
        const Matrix<double> x = s.x.leftCols(batch);
        const Matrix<double> dy = s.dy.leftCols(batch);
        std::vector<double> expected(s.network.parameters().size());
        std::vector<double> gradient(expected.size());
        const Matrix<double> y = s.network.forward(x, fresh);
        s.network.backward(fresh, dy, expected);
        CHECK(s.network.forward(x, s.tape) == y);
        s.network.backward(s.tape, dy, gradient);
        CHECK(gradient == expected);
    }
}

TEST_CASE("a network with normalised layers in float agrees with the same one in double") {
    const Mlp description{.hidden = {64, 64}, .layer_norm = true};
    const Network exact(inputs, outputs, description, Rng(5));
    const MlpNetwork<float> network(inputs, outputs, description, Rng(5));
    Rng rng(6);
    const Matrix<double> x = random_matrix<double>(inputs, 33, rng);
    const Matrix<float> x_float = x.cast<float>();
    Network::Tape exact_tape;
    MlpNetwork<float>::Tape tape;
    const auto difference = network.forward(x_float, tape).cast<double>() - exact.forward(x, exact_tape);
    CHECK(gradiva_test::largest_size(difference) < 2e-5);
}
