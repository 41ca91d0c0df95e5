#include "gradiva/nn/recurrent_layers.hpp"

#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/core/state_reader.hpp"
#include "gradiva/nn/observation_moments.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/loop_over_time.hpp"
#include "helpers/sequence_batch.hpp"
#include "helpers/with_gaps.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

template <class Description>
const std::string cell_of = std::is_same_v<Description, Gru> ? "gru" : "lstm";

/// Units that fill no register, one unit, dense layers or none on either side, layer normalisation, rows left out.
template <class Description>
const std::vector<Description> all_networks{
    {.before = {}, .units = 5, .after = {4}},
    {.before = {3, 6}, .units = 1, .after = {}},
    {.before = {4}, .units = 18, .after = {5, 3}, .layer_norm = true, .inputs = Range{1, 3}},
    {.before = {}, .units = 3, .after = {4}, .activation = Activation::gelu, .normalize_observations = true},
};

constexpr Index inputs = 4, outputs = 3;

std::vector<std::vector<Index>> all_lengths() { return {{1}, {1, 1, 1}, {2, 2}, {7, 5, 5, 2, 1}, {7}}; }

template <class Description>
RecurrentNetwork<Description, double> drawn(const Description& description, Rng& rng) {
    RecurrentNetwork<Description, double> network(inputs, outputs, description, Rng(1));
    draw_parameters(network, rng);
    const std::vector<kernels::Moments> rows(to_size(inputs), {.count = 10, .mean = 0.3, .squares = 5});
    merge_observations(network, rows);
    return network;
}

/// The blocks of parameters: W and b of each dense layer, and W, b, U and c of the memory.
template <class Network>
std::vector<Range> blocks_of(const Network& network) {
    std::vector<Range> blocks;
    const auto add = [&](const Dense& layer, Index offset) {
        const Index at = layer.offset + offset, weights = layer.inputs * layer.outputs;
        blocks.push_back({at, at + weights});
        blocks.push_back({at + weights, at + layer.parameter_count()});
    };
    const auto& layers = network.structure();
    for (const Dense& layer : layers.before().layers()) add(layer, 0);
    add(layers.memory().input(), 0);
    add(layers.memory().hidden(), 0);
    for (const Dense& layer : layers.after().layers()) add(layer, layers.after_offset());
    return blocks;
}

}  // namespace

TEMPLATE_TEST_CASE("the derivatives of a network with memory are those of central differences", "", Gru, Lstm) {
    for (std::size_t n = 0; n < all_networks<TestType>.size(); ++n) {
        for (const std::vector<Index>& lengths : all_lengths()) {
            CAPTURE(n, lengths);
            Rng rng(n + 1);
            auto network = drawn(all_networks<TestType>[n], rng);
            SequenceBatch<double> batch(lengths, inputs, outputs, network.state_size(), rng);
            typename decltype(network)::Tape tape;
            const auto loss = [&] {
                return network.forward(batch.x, batch.sequences(), tape).cwiseProduct(batch.dy).sum();
            };
            std::vector<double> v(network.parameters().size());
            for (double& x : v) x = rng.uniform(-1, 1);
            const auto pass = pass_over(network, batch, v);
            const auto expected = numeric_gradient(network.parameters(), loss);
            for (const Range& block : blocks_of(network)) {
                CAPTURE(block.begin);
                const std::span<const double> of = pass.gradient, should = expected;
                REQUIRE(relative_error(of.subspan(to_size(block.begin), to_size(block.size())),
                                       should.subspan(to_size(block.begin), to_size(block.size()))) < 1e-6);
            }
            const auto dx = numeric_gradient({batch.x.data(), to_size(batch.x.size())}, loss);
            REQUIRE(relative_error({pass.dx.data(), to_size(pass.dx.size())}, dx) < 1e-6);

            const std::vector<double> at(network.parameters().begin(), network.parameters().end());
            const auto moved = [&](double h) {
                for (std::size_t i = 0; i < v.size(); ++i) network.parameters()[i] = at[i] + h * v[i];
                return Matrix<double>(network.forward(batch.x, batch.sequences(), tape));
            };
            const Matrix<double> tangent = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            REQUIRE((pass.tangent - tangent).norm() < 1e-6 * tangent.norm());
        }
    }
}

TEMPLATE_TEST_CASE("a network with memory agrees with a plain loop over time", "", Gru, Lstm) {
    for (const std::vector<Index>& lengths : all_lengths()) {
        for (const std::vector<Index>& before : {std::vector<Index>{}, std::vector<Index>{3, 6}}) {
            CAPTURE(lengths, before.size());
            Rng rng(3);
            const TestType description{.before = before, .units = 5, .after = {4, 2}};
            const auto network = drawn(description, rng);
            const SequenceBatch<double> batch(lengths, inputs, outputs, network.state_size(), rng);
            const auto pass = pass_over(network, batch);

            const LoopShape shape{cell_of<TestType>, 4, {before.begin(), before.end()}, 5, {4, 2}, 3};
            const Numbers flat(network.parameters().begin(), network.parameters().end());
            Numbers gradient(flat.size());
            Matrix<double> y(outputs, batch.total()), dx(inputs, batch.total()),
                state(network.state_size(), batch.total());
            for (Index n = 0; n < Index(batch.length.size()); ++n) {
                std::vector<Numbers> x, dy;
                std::vector<bool> begins;
                for (Index t = 0; t < batch.length[to_size(n)]; ++t) {
                    const Index column = batch.column(n, t);
                    x.emplace_back(batch.x.col(column).begin(), batch.x.col(column).end());
                    dy.emplace_back(batch.dy.col(column).begin(), batch.dy.col(column).end());
                    begins.push_back(batch.begins[to_size(column)] != 0);
                }
                const LoopOverTime loop(shape, flat, x, begins, {batch.state.col(n).begin(), batch.state.col(n).end()});
                REQUIRE(loop.parameters == flat.size());
                const auto d = loop.back(dy, gradient);
                for (Index t = 0; t < batch.length[to_size(n)]; ++t) {
                    const Index column = batch.column(n, t);
                    y.col(column) = Vector<double>::Map(loop.y[to_size(t)].data(), outputs);
                    dx.col(column) = Vector<double>::Map(d[to_size(t)].data(), inputs);
                    state.col(column) = Vector<double>::Map(loop.state_after[to_size(t)].data(), state.rows());
                }
            }
            CHECK((pass.y - y).norm() < 1e-12 * y.norm());
            CHECK((pass.state - state).norm() < 1e-12 * state.norm());
            CHECK((pass.dx - dx).norm() < 1e-12 * dx.norm());
            CHECK(relative_error(pass.gradient, gradient) < 1e-12);
        }
    }
}

TEMPLATE_TEST_CASE("no gradient passes the beginning of an episode", "", Gru, Lstm) {
    Rng rng(4);
    const auto network = drawn(TestType{.before = {3}, .units = 5, .after = {4}}, rng);
    SequenceBatch<double> whole({6, 6, 6}, inputs, outputs, network.state_size(), rng, false);
    for (Index n = 0; n < 3; ++n) whole.begins[to_size(whole.column(n, 4))] = 1;
    const std::vector<Index> all{0, 1, 2};
    const auto first = whole.part(all, 0, 4, whole.state);
    const auto second = whole.part(all, 4, 6, Matrix<double>::Constant(network.state_size(), 3, 1e9));
    const auto of_whole = pass_over(network, whole), of_first = pass_over(network, first),
               of_second = pass_over(network, second);
    std::vector<double> sum = of_first.gradient;
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += of_second.gradient[i];
    CHECK(relative_error(of_whole.gradient, sum) < 1e-14);
    CHECK(same_bits(Matrix<double>(of_whole.dx.leftCols(12)), of_first.dx));
    CHECK(same_bits(Matrix<double>(of_whole.dx.rightCols(6)), of_second.dx));
    CHECK(same_bits(Matrix<double>(of_whole.y.rightCols(6)), of_second.y));

    for (std::uint8_t& b : whole.begins) b = 0;
    CHECK(relative_error(pass_over(network, whole).gradient, sum) > 1e-3);
}

TEMPLATE_TEST_CASE("the state after a pass goes on in another, with the same bits", "", Gru, Lstm) {
    Rng rng(5);
    RecurrentNetwork<TestType, float> network(inputs, outputs, TestType{.before = {7}, .units = 19}, Rng(1));
    draw_parameters(network, rng);
    const SequenceBatch<float> whole({9, 9, 7, 4, 4, 1}, inputs, outputs, network.state_size(), rng);
    const auto once = pass_over(network, whole);
    const std::vector<Index> all{0, 1, 2, 3, 4, 5};
    for (Index cut = 1; cut < 9; ++cut) {
        CAPTURE(cut);
        typename decltype(network)::Tape tape;
        const auto first = whole.part(all, 0, cut, whole.state);
        const Matrix<float> y = network.forward(first.x, first.sequences(), tape),
                            state = network.state_after(tape, cut - 1);
        const auto second = whole.part(all, cut, 9, state);
        const auto rest = pass_over(network, second);
        REQUIRE(same_bits(y, Matrix<float>(once.y.leftCols(y.cols()))));
        REQUIRE(same_bits(rest.y, Matrix<float>(once.y.rightCols(rest.y.cols()))));
        REQUIRE(same_bits(rest.state, Matrix<float>(once.state.rightCols(rest.y.cols()))));
    }
}

TEMPLATE_TEST_CASE("a loop of steps with one tape goes on from the state that the tape holds", "", Gru, Lstm) {
    Rng rng(13);
    const auto network = drawn(TestType{.before = {3}, .units = 5}, rng);
    const SequenceBatch<double> whole({30, 30}, inputs, outputs, network.state_size(), rng);
    const auto expected = pass_over(network, whole);
    typename RecurrentNetwork<TestType, double>::Tape tape;
    // One step at a time, and then more of them in each pass: the tape grows while the state lies in it.
    const std::vector<Index> both{0, 1};
    Matrix<double> ignored = whole.state;
    for (Index from = 0, steps = 1; from < 30; from += steps++) {
        const Index to = std::min<Index>(30, from + steps);
        const auto part = whole.part(both, from, to, ignored);
        auto sequences = part.sequences();
        if (from > 0) rebind(sequences.state, network.state_after(tape, steps - 2));
        const Matrix<double> y = network.forward(part.x, sequences, tape);
        CAPTURE(from);
        REQUIRE(same_bits(y, Matrix<double>(expected.y.middleCols(2 * from, 2 * (to - from)))));
    }
}

TEMPLATE_TEST_CASE("a sequence has the same bits beside any others, in any place", "", Gru, Lstm) {
    const auto check = [](auto scalar, Index units) {
        using Scalar = decltype(scalar);
        CAPTURE(sizeof(Scalar), units);
        Rng rng(6);
        RecurrentNetwork<TestType, Scalar> network(inputs, outputs,
                                                   TestType{.before = {5}, .units = units, .after = {9}}, Rng(1));
        draw_parameters(network, rng);
        std::vector<Index> lengths;
        for (Index n = 0; n < 40; ++n) lengths.push_back(1 + rng.below(4));
        const SequenceBatch<Scalar> whole(lengths, inputs, outputs, network.state_size(), rng);
        std::vector<Scalar> v(network.parameters().size());
        for (Scalar& x : v) x = static_cast<Scalar>(rng.uniform(-1, 1));
        const auto expected = pass_over(network, whole, v);
        typename decltype(network)::Tape tape;
        PackedWeightsOf<decltype(network)> packed;
        pack_weights(network, packed);
        for (Index count = 1; count <= 40; ++count) {
            // Any of them, in another order but for the lengths.
            std::vector<Index> which(40);
            std::iota(which.begin(), which.end(), Index{0});
            for (Index i = 0; i < count; ++i) std::swap(which[to_size(i)], which[to_size(i + rng.below(40 - i))]);
            which.resize(to_size(count));
            std::stable_sort(which.begin(), which.end(),
                             [&](Index a, Index b) { return whole.length[to_size(a)] > whole.length[to_size(b)]; });
            Matrix<Scalar> state(network.state_size(), count);
            for (Index i = 0; i < count; ++i) state.col(i) = whole.state.col(which[to_size(i)]);
            const auto some = whole.part(which, 0, 4, state);
            if (count == 20) use_packed(tape, packed);
            const auto pass = pass_over(network, some, tape, v);
            for (Index i = 0; i < count; ++i) {
                for (Index t = 0; t < some.length[to_size(i)]; ++t) {
                    const Index from = whole.column(which[to_size(i)], t), to = some.column(i, t);
                    CAPTURE(count, i, t);
                    const auto same = [&](const Matrix<Scalar>& a, const Matrix<Scalar>& b) {
                        return same_bits(Matrix<Scalar>(a.col(to)), Matrix<Scalar>(b.col(from)));
                    };
                    REQUIRE(same(pass.y, expected.y));
                    REQUIRE(same(pass.state, expected.state));
                    REQUIRE(same(pass.dx, expected.dx));
                    REQUIRE(same(pass.tangent, expected.tangent));
                }
            }
        }
    };
    check(float{}, 16);
    check(float{}, 19);
    check(double{}, 5);
}

TEMPLATE_TEST_CASE("a pass in float differs by its rounding from one in double", "", Gru, Lstm) {
    Rng rng(7);
    const TestType description{.before = {6}, .units = 33};
    const auto precise = drawn(description, rng);
    RecurrentNetwork<TestType, float> network(inputs, outputs, description, Rng(1));
    std::copy(precise.parameters().begin(), precise.parameters().end(), network.parameters().begin());
    const SequenceBatch<double> batch({12, 12, 8}, inputs, outputs, precise.state_size(), rng);
    Rng same(8);
    SequenceBatch<float> rounded({12, 12, 8}, inputs, outputs, precise.state_size(), same);
    rounded.begins = batch.begins;
    rounded.x = batch.x.template cast<float>();
    rounded.dy = batch.dy.template cast<float>();
    rounded.state = batch.state.template cast<float>();
    const auto expected = pass_over(precise, batch);
    const auto pass = pass_over(network, rounded);
    CHECK((pass.y.template cast<double>() - expected.y).norm() < 2e-6 * expected.y.norm());
    CHECK((pass.dx.template cast<double>() - expected.dx).norm() < 5e-6 * expected.dx.norm());
    const std::vector<double> gradient(pass.gradient.begin(), pass.gradient.end());
    CHECK(relative_error(gradient, expected.gradient) < 5e-6);
}

TEMPLATE_TEST_CASE("NaN stays in its sequence until an episode begins, and large numbers saturate", "", Gru, Lstm) {
    const auto check = [](auto scalar) {
        using Scalar = decltype(scalar);
        Rng rng(9);
        RecurrentNetwork<TestType, Scalar> network(inputs, outputs, TestType{.units = 18}, Rng(1));
        draw_parameters(network, rng);
        SequenceBatch<Scalar> batch({5, 5, 5}, inputs, outputs, network.state_size(), rng, false);
        batch.begins[to_size(batch.column(1, 3))] = 1;
        const Matrix<Scalar> before = pass_over(network, batch).y;
        batch.x(2, batch.column(1, 1)) = std::numeric_limits<Scalar>::quiet_NaN();
        batch.state(0, 2) = std::numeric_limits<Scalar>::quiet_NaN();
        const Matrix<Scalar> y = pass_over(network, batch).y;
        for (Index t = 0; t < 5; ++t) {
            CAPTURE(t);
            CHECK(same_bits(Matrix<Scalar>(y.col(batch.column(0, t))), Matrix<Scalar>(before.col(batch.column(0, t)))));
            const bool is_lost = t == 1 || t == 2;
            CHECK(y.col(batch.column(1, t)).array().isNaN().all() == is_lost);
            CHECK(y.col(batch.column(1, t)).array().isFinite().all() == !is_lost);
            CHECK(y.col(batch.column(2, t)).array().isNaN().all());
        }
        for (const double size : {1e4, 1e20, 1e37}) {
            SequenceBatch<Scalar> large({5, 5, 5}, inputs, outputs, network.state_size(), rng);
            large.x *= static_cast<Scalar>(size);
            const auto pass = pass_over(network, large);
            CHECK(pass.y.array().isFinite().all());
            CHECK(pass.dx.array().isFinite().all());
            for (const Scalar g : pass.gradient) REQUIRE(std::isfinite(g));
        }
    };
    check(float{});
    check(double{});
}

TEMPLATE_TEST_CASE("a network with memory takes batches without columns, without steps and with gaps", "", Gru, Lstm) {
    Rng rng(10);
    const auto network = drawn(TestType{.before = {3}, .units = 5}, rng);
    typename RecurrentNetwork<TestType, double>::Tape tape;
    std::vector<double> gradient(network.parameters().size());
    const Matrix<double> none(inputs, 0), dy(outputs, 0), state(network.state_size(), 0);
    const std::vector<Index> no_columns{0, 0};
    for (const std::span<const Index> width : {std::span<const Index>{}, std::span<const Index>(no_columns)}) {
        CHECK(network.forward(none, {width, {}, {state.data(), state.rows(), 0}}, tape).cols() == 0);
        network.jvp(tape, gradient);
        network.backward(tape, dy, gradient);
    }
    CHECK(gradient == std::vector<double>(gradient.size(), 0.0));

    SequenceBatch<double> batch({3, 2}, inputs, outputs, network.state_size(), rng);
    const auto expected = pass_over(network, batch, tape);
    WithGaps<double> x(batch.x), d(batch.dy), dx(batch.x);
    CHECK(same_bits(Matrix<double>(network.forward(x.view(), batch.sequences(), tape)), expected.y));
    network.backward(tape, d.view(), gradient, dx.view());
    CHECK(same_bits(gradient, expected.gradient));
    CHECK(same_bits(dx.numbers(), expected.dx));
}

TEMPLATE_TEST_CASE("each gate of a network with memory begins orthogonal, with biases of 0", "", Gru, Lstm) {
    const RecurrentNetwork<TestType, double> network(7, outputs, TestType{.before = {6}, .units = 5, .after = {4}},
                                                     Rng(3), 0.01);
    const auto& layers = network.structure();
    const std::span<const double> flat = network.parameters();
    const auto is_orthogonal = [](const Matrix<double>& w, double gain) {
        const Matrix<double> product =
            w.rows() < w.cols() ? Matrix<double>(w * w.transpose()) : Matrix<double>(w.transpose() * w);
        return (product - gain * gain * Matrix<double>::Identity(product.rows(), product.cols())).norm() < 1e-12;
    };
    for (const Dense& layer : {layers.memory().input(), layers.memory().hidden()}) {
        const Index gates = layer.outputs / 5;
        CHECK(gates == (std::is_same_v<TestType, Gru> ? 3 : 4));
        for (Index g = 0; g < gates; ++g) CHECK(is_orthogonal(layer.weight(flat).middleRows(5 * g, 5), 1));
        CHECK(layer.bias(flat).isZero(0));
    }
    CHECK(is_orthogonal(layers.before().layers()[0].weight(flat), std::sqrt(2.0)));
    const auto after = flat.subspan(to_size(layers.after_offset()));
    CHECK(is_orthogonal(layers.after().layers()[0].weight(after), std::sqrt(2.0)));
    CHECK(is_orthogonal(layers.after().layers()[1].weight(after), 0.01));
    CHECK(layers.after_offset() + layers.after().parameter_count() == Index(flat.size()));
}

TEMPLATE_TEST_CASE("a network with memory says which field of its description is wrong", "", Gru, Lstm) {
    const auto message = [](const TestType& description, Index in = inputs, Index out = outputs) -> std::string {
        try {
            RecurrentNetwork<TestType, float>(in, out, description, Rng(1));
        } catch (const Error& error) {
            return error.what();
        }
        return "";
    };
    const std::string name = std::is_same_v<TestType, Gru> ? "Gru" : "Lstm";
    CHECK(message({}).empty());
    CHECK(message({.units = 0}) == name + ": units is 0; give the memory at least 1 unit");
    CHECK(message({.before = {3, 0}}) == name + ": before[1] is 0; give every dense layer at least 1 unit");
    CHECK(message({.after = {-1}}) == name + ": after[0] is -1; give every dense layer at least 1 unit");
    CHECK(message({.inputs = Range{2, 5}}) ==
          name + ": inputs is Range(2, 5), and the rows are 0 to 3; give a range within them that is not empty");
    CHECK(message({}, 0) == name + ": the network has 0 inputs; give at least 1 input");
    CHECK(message({}, inputs, 0) == name + ": the network has 0 outputs; give at least 1 output");
}

TEMPLATE_TEST_CASE("the outputs of the memory itself are features", "", Gru, Lstm) {
    Rng rng(11);
    using Layers = typename RecurrentNetwork<TestType, double>::Layers;
    LayeredNetwork<Layers> network(Layers(inputs, features, TestType{.units = 5, .after = {}}));
    draw_parameters(network, rng);
    CHECK(network.outputs() == 5);
    const SequenceBatch<double> batch({4, 2}, inputs, 5, network.state_size(), rng);
    const auto pass = pass_over(network, batch);
    CHECK(same_bits(pass.y, Matrix<double>(pass.state.topRows(5))));
}

TEST_CASE("parameters of a network with memory are named by their layers and gates' matrices") {
    const GruNetwork<float> network(2, 1, {.before = {3}, .units = 2, .after = {4}}, Rng(1));
    const Index before = 2 * 3 + 3, w = before + 3 * 6 + 6, u = w + 2 * 6 + 6;
    CHECK(network.parameter_name(0) == "before, layer 0, weight (0, 0)");
    CHECK(network.parameter_name(before) == "memory, input weight (0, 0)");
    CHECK(network.parameter_name(before + 7) == "memory, input weight (1, 1)");
    CHECK(network.parameter_name(w - 1) == "memory, input bias 5");
    CHECK(network.parameter_name(w) == "memory, hidden weight (0, 0)");
    CHECK(network.parameter_name(u - 1) == "memory, hidden bias 5");
    CHECK(network.parameter_name(u) == "after, layer 0, weight (0, 0)");
    CHECK(network.parameter_name(u + 2 * 4 + 4 + 4) == "after, layer 1, bias 0");
}

TEMPLATE_TEST_CASE("a network with memory is restored with its weights and moments, and into no other one", "", Gru,
                   Lstm) {
    Rng rng(12);
    const TestType description{.before = {3}, .units = 5, .normalize_observations = true};
    auto saved = drawn(description, rng);
    RecurrentNetwork<TestType, double> other(inputs, outputs, description, Rng(2));
    const StateImage image = image_of(saved);
    restore("test", image, other);
    const SequenceBatch<double> batch({3, 2}, inputs, outputs, saved.state_size(), rng);
    CHECK(same_bits(pass_over(other, batch).y, pass_over(saved, batch).y));
    const auto refuses = [&](const TestType& different) {
        RecurrentNetwork<TestType, double> network(inputs, outputs, different, Rng(2));
        CHECK_THROWS_AS(restore("test", image, network), Error);
    };
    refuses({.before = {4}, .units = 5, .normalize_observations = true});
    refuses({.before = {3}, .units = 6, .normalize_observations = true});
    refuses({.before = {3}, .units = 5, .after = {63}, .normalize_observations = true});
    refuses({.before = {3}, .units = 5});
}
