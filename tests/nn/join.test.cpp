#include "gradiva/nn/join.hpp"

#include "catch.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/parameter_blocks.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using gradiva_test::check_blocks;
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

std::vector<kernels::Moments> moments_of(const Matrix<double>& x) {
    std::vector<kernels::Moments> result;
    for (Index i = 0; i < x.rows(); ++i) {
        const Vector<double> row = x.row(i).transpose();
        result.push_back(kernels::moments<double>(row));
    }
    return result;
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

TEST_CASE("a join of less than two networks, and what its networks refuse, is an error") {
    const auto make = [](const Join& join) { JoinNetwork<float>(inputs, outputs, join, Rng(1)); };
    CHECK_THROWS_WITH(make({}), "Join: networks has 0; give at least two, or the network itself");
    CHECK_THROWS_WITH(make({.networks = {Mlp{}}}), "Join: networks has 1; give at least two, or the network itself");
    CHECK_THROWS_WITH(
        make({.networks = {Mlp{}, Mlp{.inputs = Range{4, 12}}}}),
        "Mlp: inputs is Range(4, 12), and the rows are 0 to 8; give a range within them that is not empty");
    CHECK_THROWS_WITH(make({.networks = {Mlp{}, Mlp{}}, .hidden = {0}}),
                      "Join: hidden[0] is 0; give every hidden layer at least 1 unit");
}
