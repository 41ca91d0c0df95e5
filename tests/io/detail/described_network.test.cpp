#include "gradiva/io/detail/described_network.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "catch.hpp"
#include "gradiva/core/state_image.hpp"
#include "gradiva/nn/gru.hpp"
#include "gradiva/nn/lstm.hpp"
#include "io/described_networks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

void append_parameters(const DescribedNetwork& network, std::vector<double>& all) {
    const auto append = [&](const std::vector<double>& numbers) {
        all.insert(all.end(), numbers.begin(), numbers.end());
    };
    for (const DescribedConvolution& c : network.convolutions) {
        append(c.weight);
        append(c.bias);
    }
    for (const DescribedNetwork& part : network.parts) append_parameters(part, all);
    const auto append_layer = [&](const DescribedLayer& layer) {
        for (const auto* numbers : {&layer.weight, &layer.bias, &layer.gain, &layer.shift}) append(*numbers);
    };
    for (const DescribedLayer& layer : network.before) append_layer(layer);
    if (network.memory) {
        append_layer(network.memory->input);
        append_layer(network.memory->hidden);
    }
    for (const DescribedLayer& layer : network.layers) append_layer(layer);
}

/// The pieces of an object that computes as the description says.
struct StoredAs {
    const DescribedNetwork& network;
    Index observed;
    bool is_trunk = false;  ///< a Join of one network as a SharedTrunk

    void visit_state(State& state) {
        const std::string type = !network.convolutions.empty() ? "Convolution"
                                 : !network.parts.empty()      ? "Join"
                                                               : "Mlp";
        state.fixed("type", std::string_view(is_trunk ? "SharedTrunk" : type));
        if (is_trunk) {
            visit_network(state, "trunk", network.parts[0], observed);
            visit_dense(state, "actor");
            state.within("critic", [&] { visit_mlp(state, {network.inputs_of_layers(observed), 1}, true); });
            return;
        }
        visit_input(state);
        if (type == "Mlp") return visit_layers(state);
        if (type == "Join") {
            state.fixed("count", std::ssize(network.parts));
            for (std::size_t i = 0; i < network.parts.size(); ++i) {
                visit_network(state, fmt::format("network_{}", i), network.parts[i], network.rows_of(observed).size());
            }
        } else {
            visit_convolutions(state);
        }
        visit_dense(state, "dense");
    }

private:
    static void visit_network(State& state, const std::string& name, const DescribedNetwork& part, Index observed) {
        state.within(name, [&] { StoredAs{part, observed}.visit_state(state); });
    }
    void visit_input(State& state) const {
        const Range rows = network.rows_of(observed);
        state.fixed("observed", observed);
        state.fixed("rows", std::vector<Index>{rows.begin, rows.end});
        state.fixed("normalize_observations", !network.mean.empty());
        if (network.mean.empty()) return;
        std::vector<double> mean = network.mean, scale = network.scale;
        state("normalizer/mean", mean);
        state("normalizer/scale", scale);
    }
    void visit_layers(State& state) const {
        std::vector<Index> widths{network.inputs_of_layers(observed)};
        for (const DescribedLayer& layer : network.layers) widths.push_back(layer.outputs);
        state.fixed("widths", widths);
        state.fixed("output_layer", !network.activates_last);
        state.fixed("activation", network.activation);
        state.fixed("layer_norm", network.has_layer_norm());
    }
    void visit_convolutions(State& state) const {
        const DescribedConvolution& first = network.convolutions.front();
        state.fixed("shape", std::vector<Index>{first.shape.height, first.shape.width, first.shape.channels});
        std::vector<Index> layers;
        for (const DescribedConvolution& c : network.convolutions) {
            layers.insert(layers.end(), {c.channels, c.shape.kernel, c.shape.stride, c.shape.padding});
        }
        state.fixed("layers", layers);
        state.fixed("activation", network.activation);
    }
    void visit_dense(State& state, const char* name) const {
        state.within(name, [&] {
            DescribedNetwork dense{.activation = network.activation, .layers = network.layers};
            dense.activates_last = network.activates_last;
            StoredAs{dense, network.inputs_of_layers(observed)}.visit_state(state);
        });
    }
    static void visit_mlp(State& state, const std::vector<Index>& widths, bool output_layer) {
        state.fixed("type", "Mlp");
        state.fixed("observed", widths.front());
        state.fixed("rows", std::vector<Index>{0, widths.front()});
        state.fixed("normalize_observations", false);
        state.fixed("widths", widths);
        state.fixed("output_layer", output_layer);
        state.fixed("activation", Activation::tanh);
        state.fixed("layer_norm", false);
    }
};

/// The image of such an object, whose parameters are followed by 0.25 and 0.5, those of a distribution.
StateImage image_of_network(const PolicyDescription& policy, bool is_trunk) {
    StateImage image;
    StateWriter writer(image);
    const Index observed = policy.spaces.observation.size;
    std::vector<double> parameters;
    append_parameters(policy.network, parameters);
    if (is_trunk) parameters.resize(parameters.size() + to_size(policy.network.inputs_of_layers(observed) + 1), 7);
    parameters.insert(parameters.end(), {0.25, 0.5});
    writer.within("network", [&] {
        StoredAs{policy.network, observed, is_trunk}.visit_state(writer);
        if (policy.scalar == Dtype::f64) return writer("parameters", parameters);
        std::vector<float> floats(parameters.begin(), parameters.end());
        writer("parameters", floats);
    });
    return image;
}

detail::StoredNetwork read(const StateImage& image) {
    const std::string who = "test";
    return detail::described_network(detail::StoredPart(who, image, "network"));
}

template <class T>
void set(StateImage& image, const std::string& path, const std::vector<T>& numbers) {
    REQUIRE(image.find("network/" + path) != nullptr);
    StateArray& array = image.at("network/" + path);
    array.type = dtype_of<T>();
    array.shape = {std::ssize(numbers)};
    array.own.resize(numbers.size() * sizeof(T));
    if (!numbers.empty()) std::memcpy(array.own.data(), numbers.data(), array.own.size());
    array.data = array.own.data();
    array.bytes = std::ssize(array.own);
}

void set_text(StateImage& image, const std::string& path, const std::string& text) {
    set(image, path, std::vector<std::uint8_t>(text.begin(), text.end()));
}

PolicyDescription policy_named(const std::string& name) {
    for (NamedPolicy& row : policies_with_shape(Dtype::f32)) {
        if (row.name == name) return row.policy;
    }
    FAIL("no policy " << name);
    return {};
}

/// The error of reading a network of the table after a change of its image.
template <class Change>
std::string refusal(const std::string& name, const Change& change) {
    StateImage image = image_of_network(policy_named(name), name == "a trunk");
    change(image);
    try {
        read(image);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

const Index huge = std::numeric_limits<Index>::max();

const Gru remembering{.before = {4, 5},
                      .units = 6,
                      .after = {7},
                      .activation = Activation::elu,
                      .layer_norm = true,
                      .normalize_observations = true,
                      .inputs = Range{1, 4}};

/// The error of reading a network with memory after a change of its image.
template <class Change>
std::string refusal_with_memory(const Change& change) {
    GruNetwork<float> network(5, 3, remembering, Rng(1));
    StateImage image;
    StateWriter writer(image);
    writer.within("network", [&] { network.visit_state(writer); });
    change(image);
    try {
        read(image);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a network of each kind is read from its state as it is") {
    for (const Dtype scalar : {Dtype::f32, Dtype::f64}) {
        for (const NamedPolicy& row : policies_with_shape(scalar)) {
            INFO(row.name);
            const detail::StoredNetwork stored = read(image_of_network(row.policy, row.name == "a trunk"));
            CHECK(stored.network == row.policy.network);
            CHECK(stored.observed == row.policy.spaces.observation.size);
            CHECK(stored.scalar == scalar);
            CHECK(stored.own_parameters == std::vector<double>{0.25, 0.5});
        }
    }
}

TEST_CASE("an Mlp of a file that was written before there were rows reads all of them") {
    PolicyDescription policy = policy_named("some rows");
    policy.network.rows.reset();
    policy.spaces.observation.size = 4;
    const StateImage whole = image_of_network(policy, false);
    StateImage old;
    for (const StateArray& array : whole.arrays()) {
        if (array.path == "network/observed" || array.path == "network/rows" || array.path == "network/output_layer") {
            continue;
        }
        StateArray& copy = old.at(array.path);
        copy = array;
        copy.data = copy.own.data();
    }
    const detail::StoredNetwork stored = read(old);
    CHECK(stored.network == policy.network);
    CHECK(stored.observed == 4);
}

TEST_CASE("rows that are not some of the observation's are refused") {
    const auto rows = [](const char* path, const std::vector<Index>& numbers) {
        return refusal("networks side by side", [&](StateImage& image) { set(image, path, numbers); });
    };
    CHECK_THAT(rows("network_1/rows", {2, 87}), ContainsText("network/network_1/rows are [2, 87), and there are rows "
                                                             "[0, 86)"));
    for (const auto& numbers : {std::vector<Index>{-1, 4}, {4, 4}, {5, 4}, {0, huge}, {-huge, huge}}) {
        CHECK_THAT(rows("network_1/rows", numbers), ContainsText("and there are rows [0, 86)"));
    }
    CHECK_THAT(rows("network_1/rows", {1, 2, 3}), ContainsText("network_1/rows has 3 numbers, not 2"));
    CHECK_THAT(rows("network_1/rows", {1, 5, 3}), ContainsText("not 2"));
    CHECK_THAT(rows("network_1/rows", {1, 6}), ContainsText("the normaliser has 4 means and 4 scales, the network 5"));
    CHECK_THAT(rows("network_1/observed", {85}), ContainsText("observed is 85, where there are 86 numbers"));
    for (const Index observed : {huge, Index{0}, Index{-3}, Index{1} << 23}) {
        CHECK_THAT(rows("observed", {observed}), ContainsText(fmt::format("observations have {} numbers", observed)));
    }
    CHECK_THAT(rows("dense/rows", {0, 3}), ContainsText("dense does not take the whole"));
}

TEST_CASE("convolutions whose sizes do not fit are refused before memory is taken") {
    const auto with = [](const char* path, const std::vector<Index>& numbers) {
        return refusal("convolutions", [&](StateImage& image) { set(image, path, numbers); });
    };
    CHECK_THAT(with("shape", {7, 6}), ContainsText("shape has 2 numbers, not 3"));
    for (const auto& shape : {std::vector<Index>{7, 6, 3}, {0, 6, 2}, {-7, -6, 2}, {huge, huge, 2}, {84, 1, 0}}) {
        CHECK_THAT(with("shape", shape), ContainsText("and gets 84 numbers"));
    }
    CHECK_THAT(with("layers", {9, 3, 1}), ContainsText("layers has 3 numbers, not 4 of each convolution"));
    CHECK_THAT(with("layers", {}), ContainsText("layers has 0 numbers"));
    for (const auto& layer : {std::vector<Index>{9, 0, 1, 0},
                              {9, 3, 0, 1},
                              {9, 3, 1, 3},
                              {9, 3, 1, -1},
                              {9, huge, 1, 0},
                              {9, 4000, 1, 3999},
                              {0, 3, 1, 1},
                              {-1, 3, 1, 1}}) {
        CHECK_THAT(with("layers", layer), ContainsText("layers[0].") && ContainsText("; give "));
    }
    CHECK_THAT(with("layers", {9, 9, 1, 1}), ContainsText("layers[0].kernel is 9, and its image, with padding on each "
                                                          "side, is 9 x 8"));
    for (const auto& layer : {std::vector<Index>{huge, 3, 1, 1}, {200'000, 3, 1, 1}}) {
        CHECK_THAT(with("layers", layer), ContainsText("give an image of at most 4194304 numbers"));
    }
    CHECK_THAT(with("layers", {9000, 3, 1, 1}), ContainsText("fewer parameters than its sizes say"));
    CHECK_THAT(with("layers", {9, 3, 1, 1}), ContainsText("dense/observed is 30, where there are 378 numbers"));
    CHECK_THAT(refusal("convolutions", [](StateImage& image) { set(image, "dense/activation", std::vector<int>{0}); }),
               ContainsText("activation is another one than that of its layers"));
    CHECK_THAT(refusal("convolutions", [](StateImage& image) { set(image, "activation", std::vector<int>{6}); }),
               ContainsText("activation is 6, which this version does not know"));
}

TEST_CASE("networks within networks that do not fit are refused") {
    const auto with = [](const auto& change) { return refusal("networks side by side", change); };
    CHECK_THAT(with([](StateImage& image) { set(image, "count", std::vector<Index>{huge}); }),
               ContainsText("network_4/type is missing"));
    CHECK_THAT(with([](StateImage& image) { set(image, "count", std::vector<Index>{0}); }),
               ContainsText("count is 0, and a Join has at least 1 network"));
    CHECK_THAT(with([](StateImage& image) { set(image, "count", std::vector<Index>{3}); }),
               ContainsText("dense/observed is 21, where there are 17 numbers"));
    CHECK_THAT(with([](StateImage& image) { set_text(image, "network_1/type", "SharedTrunk"); }),
               ContainsText("type is SharedTrunk, within another network"));
    CHECK_THAT(with([](StateImage& image) { set_text(image, "dense/type", "Convolution"); }),
               ContainsText("dense/type is Convolution, not Mlp"));
    CHECK_THAT(with([](StateImage& image) { set_text(image, "type", "Transformer"); }),
               ContainsText("type is Transformer, which this version does not know"));
    CHECK_THAT(with([](StateImage& image) { set_text(image, "type", "RecurrentTrunk"); }),
               ContainsText("type is RecurrentTrunk, which acts in its training only yet"));
    CHECK_THAT(with([](StateImage& image) { set_text(image, "network_1/type", "Gru"); }),
               ContainsText("network_1/type is Gru, which this version does not know within another network"));
    CHECK_THAT(with([](StateImage& image) {
                   set(image, "dense/widths", std::vector<Index>{20, 7, 3});
               }),
               ContainsText("dense/widths begins with 20, where the layers get 21 numbers"));
    CHECK_THAT(with([](StateImage& image) { set(image, "dense/widths", std::vector<Index>{21}); }),
               ContainsText("has 1 numbers; a network has inputs and outputs"));
    CHECK_THAT(with([](StateImage& image) {
                   set(image, "dense/widths", std::vector<Index>{21, huge, 3});
               }),
               ContainsText("a layer of the network has 9223372036854775807 units"));
    CHECK_THAT(with([](StateImage& image) { set(image, "parameters", std::vector<float>(20)); }),
               ContainsText("fewer parameters than its sizes say"));
    CHECK_THAT(refusal("a trunk", [](StateImage& image) { set(image, "critic/observed", std::vector<Index>{3}); }),
               ContainsText("critic/observed is 3, where there are 6 numbers"));
}

TEST_CASE("a network with memory is read from its state as it is, its numbers in the order of its parameters") {
    const auto check = [](auto network, DescribedMemory::Cell cell) {
        for (auto& weight : network.parameters()) weight += 0.25;
        network.append_parameters(2);
        StateImage image;
        StateWriter writer(image);
        writer.within("network", [&] { network.visit_state(writer); });
        const detail::StoredNetwork stored = read(image);
        const DescribedNetwork& described = stored.network;
        CHECK(stored.observed == 5);
        CHECK(stored.own_parameters == std::vector<double>{0, 0});
        CHECK(described.rows == Range{1, 4});
        CHECK(described.activation == Activation::elu);
        CHECK(described.mean.size() == 3);
        REQUIRE(described.memory);
        CHECK(described.memory->cell == cell);
        CHECK(described.memory->units() == 6);
        CHECK(described.state_size() == network.state_size());
        REQUIRE(described.before.size() == 2);
        CHECK(described.before[1].gain.size() == 5);
        REQUIRE(described.layers.size() == 2);
        CHECK(described.layers[1].gain.empty());
        CHECK_FALSE(described.activates_last);
        std::vector<double> all;
        append_parameters(described, all);
        CHECK(std::equal(all.begin(), all.end(), network.parameters().begin(), network.parameters().end() - 2));
        detail::check_network("test", described, 5);
    };
    check(GruNetwork<double>(5, 3, remembering, Rng(1)), DescribedMemory::Cell::gru);
    const Lstm lstm{.before = {4, 5},
                    .units = 6,
                    .after = {7},
                    .activation = Activation::elu,
                    .layer_norm = true,
                    .normalize_observations = true,
                    .inputs = Range{1, 4}};
    check(LstmNetwork<double>(5, 3, lstm, Rng(1)), DescribedMemory::Cell::lstm);
}

TEST_CASE("a memory whose sizes do not fit is refused before memory is taken") {
    const auto with = [](const char* path, const auto& numbers) {
        return refusal_with_memory([&](StateImage& image) { set(image, path, numbers); });
    };
    const auto flag = [](const char* path, bool value) {
        return refusal_with_memory([&](StateImage& image) {
            set(image, path, std::vector<std::uint8_t>{value ? std::uint8_t{1} : std::uint8_t{0}});
            image.at(std::string("network/") + path).type = Dtype::boolean;
        });
    };
    using Sizes = std::vector<Index>;
    CHECK(refusal_with_memory([](StateImage&) {}) == "no error");
    for (const Index units : {Index{0}, Index{-6}, huge, Index{1} << 30}) {
        CHECK_THAT(with("units", Sizes{units}), ContainsText("a layer of the network has "));
    }
    CHECK_THAT(with("units", Sizes{70}), ContainsText("fewer parameters than its sizes say"));
    CHECK_THAT(with("units", Sizes{5}), ContainsText("network/after/observed is 6, where there are 5 numbers"));
    CHECK_THAT(with("units", Sizes{}), ContainsText("units has 0 numbers, not 1"));
    CHECK_THAT(with("before/observed", Sizes{huge}), ContainsText("observations have 9223372036854775807 numbers"));
    CHECK_THAT(with("before/rows", Sizes{1, 5}), ContainsText("the normaliser has 3 means"));
    CHECK_THAT(with("before/widths", Sizes{4, 4, 5}), ContainsText("widths begins with 4, where the layers get 3"));
    CHECK_THAT(with("after/rows", Sizes{0, 5}),
               ContainsText("after/rows does not take h, the first 6 numbers of the state"));
    CHECK_THAT(with("after/rows", Sizes{1, 6}), ContainsText("after/rows does not take h"));
    CHECK_THAT(with("after/widths", Sizes{5, 7, 3}), ContainsText("widths begins with 5, where the layers get 6"));
    CHECK_THAT(with("after/activation", std::vector<int>{0}), ContainsText("after/activation is another one"));
    CHECK_THAT(with("parameters", std::vector<float>(250)), ContainsText("fewer parameters than its sizes say"));
    CHECK_THAT(flag("before/output_layer", true), ContainsText("before/output_layer is true, where a memory follows"));
    CHECK_THAT(flag("after/output_layer", false), ContainsText("after/output_layer is false, where nothing follows"));
    CHECK_THAT(flag("after/layer_norm", false), ContainsText("after/layer_norm is another one"));
    CHECK_THAT(flag("after/normalize_observations", true), ContainsText("normalizer/mean is missing"));
    for (const char* part : {"before/type", "after/type"}) {
        CHECK_THAT(refusal_with_memory([&](StateImage& image) { set_text(image, part, "Convolution"); }),
                   ContainsText("type is Convolution, not Mlp"));
    }
    CHECK_THAT(refusal_with_memory([](StateImage& image) { set_text(image, "type", "Lstm"); }),
               ContainsText("network/after/observed is 6, where there are 12 numbers"));
}

TEST_CASE("networks within too many networks are refused") {
    PolicyDescription policy = policy_named("some rows");
    for (int depth = 1; depth < 10; ++depth) {
        policy.network.activates_last = true;
        DescribedNetwork outer{.activates_last = true};
        outer.parts = {std::exchange(policy.network, {})};
        policy.network = std::move(outer);
        INFO(depth);
        if (depth == 9) {
            CHECK_THROWS_WITH(read(image_of_network(policy, false)), ContainsText("within networks 9 times"));
        } else {
            CHECK(read(image_of_network(policy, false)).network == policy.network);
        }
    }
}
