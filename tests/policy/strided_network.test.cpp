#include "catch.hpp"

#include "gradiva/policy/shared_trunk.hpp"
#include "helpers/random.hpp"
#include "helpers/sanitizer.hpp"
#include "helpers/with_gaps.hpp"

#include <vector>

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// All results of a network for a batch.
template <class T>
struct Passes {
    Matrix<T> y, tangent, dx;
    std::vector<T> gradient, with_dx;

    friend bool operator==(const Passes& a, const Passes& b) {
        return same_bits(a.y, b.y) && same_bits(a.tangent, b.tangent) && same_bits(a.dx, b.dx) &&
               same_bits(a.gradient, b.gradient) && same_bits(a.with_dx, b.with_dx);
    }
};

/// `dx` is where the derivative by the input goes.
template <class Network, class X, class DY, class DX>
Passes<typename Network::Scalar> passes(const Network& network, typename Network::Tape& tape, const X& x, const DY& dy,
                                        DX&& dx) {
    using T = typename Network::Scalar;
    Passes<T> result;
    const std::vector<T> direction(network.parameters().begin(), network.parameters().end());
    result.gradient.assign(direction.size(), T(1));
    result.with_dx.assign(direction.size(), T(2));
    result.y = network.forward(x, tape);
    result.tangent = network.jvp(tape, direction);
    network.backward(tape, dy, result.gradient);
    result.y = network.forward(x, tape);
    network.backward(tape, dy, result.with_dx, dx);
    result.dx = dx;
    return result;
}

template <class Network>
void check_network(Network network, Index batch) {
    using T = typename Network::Scalar;
    Rng rng(1);
    for (T& w : network.parameters()) w += static_cast<T>(0.2 * rng.normal());
    const Matrix<T> x = random_matrix<T>(network.inputs(), batch, rng);
    const Matrix<T> dy = random_matrix<T>(network.outputs(), batch, rng);
    WithGaps<T> x_gaps(x), dy_gaps(dy), dx_gaps(x);
    Matrix<T> dx(network.inputs(), batch);
    PackedWeightsOf<Network> packed;
    pack_weights(network, packed);
    for (const bool uses_packed : {false, true}) {
        CAPTURE(network.inputs(), network.outputs(), batch, uses_packed);
        typename Network::Tape plain, strided, copied;
        if (uses_packed) {
            for (auto* tape : {&plain, &strided, &copied}) use_packed(*tape, packed);
        }
        const auto expected = passes(network, plain, x, dy, dx);
        REQUIRE(passes(network, strided, x_gaps.view(), dy_gaps.view(), dx_gaps.view()) == expected);
        REQUIRE(dx_gaps.all.bottomRows(2).array().isNaN().all());
        // Row-major matrices and expressions, which views evaluate into their own storage.
        const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> x_rows = x, dy_rows = dy;
        REQUIRE(passes(network, copied, x_rows, dy_rows, dx) == expected);
        REQUIRE(passes(network, copied, x + Matrix<T>::Zero(x.rows(), batch), dy, dx) == expected);
    }
}

}  // namespace

TEMPLATE_TEST_CASE("a network takes batches with gaps between columns, or in another order, bit for bit", "", float,
                   double) {
    using T = TestType;
    const Mlp descriptions[] = {{.hidden = {}},
                                {.hidden = {5}, .activation = Activation::relu},
                                {.hidden = {130, 20}},
                                {.hidden = {20, 16}, .layer_norm = true},
                                {.hidden = {16}, .normalize_observations = true}};
    for (const Mlp& mlp : descriptions) {
        for (const Index inputs : {1, 3, 8, 9, 40}) {
            for (const Index outputs : {1, 2, 3, 18}) {
                for (const Index batch : {1, 2, 9, 33}) {
                    if (sanitized && (inputs + outputs + batch) % 2 == 1) continue;  // half of them there
                    check_network(MlpNetwork<T>(inputs, outputs, mlp, Rng(1)), batch);
                    check_network(TrunkNetwork<T>(inputs, outputs, {.trunk = mlp}, Rng(1)), batch);
                }
            }
        }
    }
}

TEST_CASE("a network copies no batch, with gaps between its columns or without, and keeps the storage of its copies") {
    const MlpNetwork<float> network(3, 2, {.hidden = {5}}, Rng(1));
    const Matrix<float> x = Matrix<float>::Ones(3, 9), large = Matrix<float>::Ones(5, 9);
    MlpNetwork<float>::Tape tape;
    network.forward(x, tape);
    CHECK(tape.input.rows.data() == x.data());
    network.forward(x.middleCols(2, 4), tape);
    CHECK(tape.input.rows.data() == x.data() + 6);
    network.forward(large.block(1, 2, 3, 4), tape);
    CHECK(tape.input.rows.data() == large.data() + 11);
    CHECK(tape.input.copy.rows() == 0);
    network.forward(2 * x, tape);
    const float* const room = tape.input.rows.data();
    CHECK(room == tape.input.copy.data());
    network.forward(2 * x.leftCols(4), tape);
    CHECK(tape.input.rows.data() == room);
}
