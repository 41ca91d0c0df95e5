#include "gradiva/nn/join.hpp"

#include <iterator>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "catch.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/moments.hpp"
#include "helpers/parameter_blocks.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using gradiva_test::check_blocks;
using gradiva_test::moments_of;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::relative_error;

namespace {

constexpr Index inputs = 9, outputs = 3;

struct NamedJoin {
    const char* name;
    Join join;
};

std::vector<NamedJoin> joins() {
    const Mlp first{.hidden = {6, 5}, .inputs = Range{0, 5}}, raw{.hidden = {}, .inputs = Range{5, 9}};
    const Mlp overlapping{.hidden = {4}, .activation = Activation::silu, .layer_norm = true, .inputs = Range{3, 8}};
    return {
        {"two Mlps", {.networks = {first, Mlp{.hidden = {3}, .inputs = Range{5, 9}}}}},
        {"numbers as they are", {.networks = {first, raw}, .hidden = {7}}},
        {"only numbers as they are", {.networks = {raw, Mlp{.hidden = {}}}, .hidden = {}}},
        {"no dense layer but the last", {.networks = {first, overlapping}, .hidden = {}}},
        {"three", {.networks = {first, overlapping, raw}, .hidden = {8, 4}, .activation = Activation::elu}},
        {"normalised rows",
         {.networks = {first, Mlp{.hidden = {4}, .normalize_observations = true, .inputs = Range{2, 6}}},
          .hidden = {6},
          .layer_norm = true}},
        {"a join in a join",
         {.networks = {raw, Join{.networks = {Mlp{.hidden = {3}, .inputs = Range{0, 2}}, Mlp{.hidden = {4}}},
                                 .hidden = {5},
                                 .inputs = Range{1, 7}}}}},
        {"rows of the whole",
         {.networks = {Mlp{.hidden = {3}, .inputs = Range{0, 2}}, Mlp{.hidden = {4}}}, .inputs = Range{2, 6}}},
    };
}

std::vector<double> normal_numbers(std::size_t count, Rng& rng) {
    std::vector<double> numbers(count);
    for (double& x : numbers) x = 0.5 * rng.normal();
    return numbers;
}

}  // namespace

TEST_CASE("gradients and tangents of a join agree with central differences") {
    for (const NamedJoin& row : joins()) {
        INFO(row.name);
        Rng rng(1);
        JoinNetwork<double> network(inputs, outputs, row.join, Rng(2));
        network.merge_observations(moments_of(random_matrix<double>(inputs, 50, rng) * 2));
        const std::vector<double> start = normal_numbers(network.parameters().size(), rng);
        std::copy(start.begin(), start.end(), network.parameters().begin());
        const std::vector<double> v = normal_numbers(start.size(), rng);
        Matrix<double> x = random_matrix<double>(inputs, 6, rng), dx(inputs, 6);
        const Matrix<double> dy = random_matrix<double>(outputs, 6, rng);
        JoinNetwork<double>::Tape tape;
        std::vector<double> gradient(start.size(), 0), without_dx = gradient;
        network.forward(x, tape);
        const Matrix<double> tangent = network.jvp(tape, v);
        network.backward(tape, dy, gradient, dx);
        network.forward(x, tape);
        network.backward(tape, dy, without_dx);
        CHECK(gradient == without_dx);

        const auto loss = [&] { return dy.cwiseProduct(network.forward(x, tape)).sum(); };
        check_blocks({row.join, inputs, outputs}, gradient, numeric_gradient(network.parameters(), loss));
        const auto count = static_cast<std::size_t>(x.size());
        CHECK(relative_error({dx.data(), count}, numeric_gradient({x.data(), count}, loss)) < 1e-6);
        constexpr double h = 1e-5;
        const auto along = [&](double step) -> Matrix<double> {
            for (std::size_t i = 0; i < v.size(); ++i) network.parameters()[i] = start[i] + step * v[i];
            return network.forward(x, tape);
        };
        const Matrix<double> numeric = (along(h) - along(-h)) / (2 * h);
        CHECK((tangent - numeric).norm() < 1e-6 * numeric.norm());
    }
}

TEST_CASE("a column of a join has the same bits in a batch of any width, with packed weights and without") {
    for (const NamedJoin& row : joins()) {
        INFO(row.name);
        Rng rng(1);
        const JoinNetwork<float> network(inputs, outputs, row.join, Rng(2));
        const Matrix<float> x = random_matrix<float>(inputs, 40, rng);
        JoinNetwork<float>::Tape whole, part;
        JoinNetwork<float>::PackedWeights packed;
        const Matrix<float> y = network.forward(x, whole);
        pack_weights(network, packed);
        part.use_packed(packed);
        part.use_once();
        for (Index width = 1; width <= 40; ++width) {
            CHECK(network.forward(x.leftCols(width), part) == y.leftCols(width));
        }
    }
}

TEST_CASE("parameters of a join are named by their network, its layer and their place in it") {
    const Convolution image{.shape = {2, 2, 1}, .layers = {{3, 2}, {2, 1}}, .hidden = {}, .inputs = Range{0, 4}};
    const Join inner{.networks = {Mlp{.hidden = {2}, .layer_norm = true, .inputs = Range{0, 3}}, Mlp{.hidden = {}}},
                     .hidden = {4}};
    JoinNetwork<float> network(inputs, outputs, {.networks = {image, inner}, .hidden = {5}}, Rng(1));
    network.append_parameters(2);
    std::vector<std::string> names;
    for (Index i = 0; i < std::ssize(network.parameters()); ++i) names.push_back(network.parameter_name(i));
    std::vector<std::string> expected;
    const auto add_layer = [&](const std::string& layer, Index units, Index read, bool norm = false) {
        for (Index column = 0; column < read; ++column) {
            for (Index row = 0; row < units; ++row) {
                expected.push_back(fmt::format("{}, weight ({}, {})", layer, row, column));
            }
        }
        for (const char* kind : {"bias", "gain", "shift"}) {
            for (Index row = 0; row < units; ++row) expected.push_back(fmt::format("{}, {} {}", layer, kind, row));
            if (!norm) break;
        }
    };
    add_layer("networks[0], convolution 0", 3, 4);
    add_layer("networks[0], convolution 1", 2, 3);
    add_layer("networks[1], networks[0], layer 0", 2, 3, true);
    add_layer("networks[1], layer 0", 4, 2 + inputs);
    add_layer("layer 0", 5, 2 + 4);
    add_layer("layer 1", outputs, 5);
    expected.insert(expected.end(), {"appended parameter 0", "appended parameter 1"});
    CHECK(names == expected);
}

TEST_CASE("a join of less than two networks, and what its networks refuse, is an error") {
    const auto make = [](const Join& join) { JoinNetwork<float>(inputs, outputs, join, Rng(1)); };
    CHECK_THROWS_WITH(make({}), "Join: networks has 0; give at least two, or the network itself");
    CHECK_THROWS_WITH(make({.networks = {Mlp{}}}), "Join: networks has 1; give at least two, or the network itself");
    CHECK_THROWS_WITH(
        make({.networks = {Mlp{}, Mlp{.inputs = Range{4, 12}}}}),
        "Join.networks[1]: Mlp: inputs is Range(4, 12), and the rows are 0 to 8; give a range within them that is not "
        "empty");
    CHECK_THROWS_WITH(make({.networks = {Convolution{.shape = {3, 3, 1}, .layers = {{2, 4}}}, Mlp{}}}),
                      "Join.networks[0]: Convolution: layers[0].kernel is 4, and its image, with padding on each side, "
                      "is 3 x 3; give a kernel that fits into it");
    CHECK_THROWS_WITH(
        make({.networks = {Mlp{}, Mlp{}, Join{.networks = {Mlp{}, Mlp{.hidden = {4, 0}}}}}}),
        "Join.networks[2]: Join.networks[1]: Mlp: hidden[1] is 0; give every hidden layer at least 1 unit");
    CHECK_THROWS_WITH(make({.networks = {Mlp{}, Mlp{}}, .hidden = {0}}),
                      "Join: hidden[0] is 0; give every hidden layer at least 1 unit");
}
