#include "gradiva/nn/any_recurrent_layers.hpp"

#include <vector>

#include "catch.hpp"
#include "gradiva/nn/layered_network.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "helpers/sequence_batch.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

using AnyNetwork = LayeredNetwork<AnyRecurrentLayers<float>>;

static_assert(RecurrentModuleWithJvp<AnyNetwork> && RecurrentModuleWithInputGradient<AnyNetwork>);

/// The network of the chosen layers, with the parameters of one whose kind is its type.
template <class Network>
AnyNetwork any_of(const Network& network, const RecurrentPart& description) {
    AnyNetwork any(AnyRecurrentLayers<float>(network.inputs(), network.outputs(), description));
    REQUIRE(any.parameters().size() == network.parameters().size());
    std::copy(network.parameters().begin(), network.parameters().end(), any.parameters().begin());
    return any;
}

void check_same(const RecurrentPass<float>& a, const RecurrentPass<float>& b) {
    CHECK(a.y == b.y);
    CHECK(a.dx == b.dx);
    CHECK(a.tangent == b.tangent);
    CHECK(a.state == b.state);
    CHECK(a.gradient == b.gradient);
}

const Gru gru{.before = {5}, .units = 6, .after = {4}};
const Lstm lstm{.units = 5, .after = {}};

}  // namespace

TEST_CASE("layers with memory that are chosen at run time give the bits of those that are") {
    Rng rng(1);
    GruNetwork<float> of_gru(3, 2, gru, Rng(2));
    LstmNetwork<float> of_lstm(3, 2, lstm, Rng(3));
    draw_parameters(of_gru, rng);
    draw_parameters(of_lstm, rng);
    const AnyNetwork any_gru = any_of(of_gru, gru), any_lstm = any_of(of_lstm, lstm);
    CHECK(any_gru.state_size() == 6);
    CHECK(any_lstm.state_size() == 10);
    CHECK(any_gru.parameter_name(0) == of_gru.parameter_name(0));
    CHECK(any_lstm.parameter_name(40) == of_lstm.parameter_name(40));

    AnyNetwork::Tape tape;  // of one kind after the other, with and without packed weights
    AnyNetwork::PackedWeights packed_gru, packed_lstm;
    any_gru.pack(packed_gru);
    any_lstm.pack(packed_lstm);
    const auto check = [&](const auto& network, const AnyNetwork& any) {
        const SequenceBatch<float> batch({7, 5, 5, 2}, 3, 2, any.state_size(), rng);
        std::vector<float> v;
        for (std::size_t i = 0; i < any.parameters().size(); ++i) v.push_back(static_cast<float>(rng.normal()));
        check_same(pass_over(any, batch, tape, v), pass_over(network, batch, v));
    };
    check(of_gru, any_gru);
    check(of_lstm, any_lstm);
    tape.use_packed(packed_gru);
    check(of_gru, any_gru);
    tape.use_packed(packed_lstm);
    check(of_lstm, any_lstm);
}

TEST_CASE("layers with memory that are chosen at run time are initialised and normalised as those that are") {
    Gru description = gru;
    description.normalize_observations = true;
    const AnyRecurrentLayers<float> layers(3, 2, description);
    CHECK(layers.normalizes());
    CHECK_FALSE(AnyRecurrentLayers<float>(3, 2, lstm).normalizes());
    AnyNetwork any(layers);
    GruNetwork<float> network(3, 2, description, Rng(5), 0.01);
    Rng rng(5);
    layers.initialise(any.parameters(), rng, 0.01);
    CHECK(std::equal(any.parameters().begin(), any.parameters().end(), network.parameters().begin()));
    std::vector<kernels::Moments> moments(3);
    for (kernels::Moments& m : moments) {
        for (const double x : {1.0, 4.0, 7.0}) m.add(x);
    }
    any.merge_observations(moments);
    network.merge_observations(moments);
    Rng batch_rng(6);
    const SequenceBatch<float> batch({4, 4, 1}, 3, 2, any.state_size(), batch_rng);
    check_same(pass_over(any, batch), pass_over(network, batch));
}
