#include "gradiva/io/detail/check_network.hpp"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "catch.hpp"
#include "gradiva/io/detail/check_numbers.hpp"
#include "gradiva/nn/convolution_layers.hpp"
#include "io/described_memories.hpp"
#include "io/described_networks.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// The error of a policy of the table after a change.
template <class Change>
std::string refusal(const std::string& name, const Change& change) {
    std::vector<NamedPolicy> rows = policies_with_shape(Dtype::f32), others = policies_with_memory(Dtype::f32);
    rows.insert(rows.end(), others.begin(), others.end());
    for (NamedPolicy& row : rows) {
        if (row.name != name) continue;
        change(row.policy.network);
        try {
            detail::check_numbers("test", row.policy);
        } catch (const Error& error) {
            return error.what();
        }
        return "no error";
    }
    return "no policy";
}

using N = DescribedNetwork;
const double not_a_number = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TEST_CASE("each number of networks within networks is checked, and named by its place") {
    using Numbers = std::vector<double>;
    struct Row {
        const char* name;
        Numbers& (*numbers)(N&);
    };
    const Row rows[] = {
        {"part1.part0.convolution0.weight",
         [](N& n) -> Numbers& { return n.parts[1].parts[0].convolutions[0].weight; }},
        {"part1.part0.convolution0.bias", [](N& n) -> Numbers& { return n.parts[1].parts[0].convolutions[0].bias; }},
        {"part0.part1.layer1.weight", [](N& n) -> Numbers& { return n.parts[0].parts[1].layers[1].weight; }},
        {"part0.part1.layer1.gain", [](N& n) -> Numbers& { return n.parts[0].parts[1].layers[1].gain; }},
        {"part0.part0.layer0.shift", [](N& n) -> Numbers& { return n.parts[0].parts[0].layers[0].shift; }},
        {"part1.part3.normalizer.mean", [](N& n) -> Numbers& { return n.parts[1].parts[3].mean; }},
        {"part0.part0.normalizer.scale", [](N& n) -> Numbers& { return n.parts[0].parts[0].scale; }},
        {"layer1.bias", [](N& n) -> Numbers& { return n.layers[1].bias; }}};
    for (const Row& row : rows) {
        INFO(row.name);
        const auto after = [&](const auto& change) {
            return refusal("networks within networks", [&](N& network) { change(row.numbers(network)); });
        };
        CHECK(after([](Numbers&) {}) == "no error");
        CHECK_THAT(after([](Numbers& all) { all.back() = not_a_number; }),
                   ContainsText("test: " + std::string(row.name) + "["));
        CHECK_THAT(after([](Numbers& all) { all.push_back(1); }),
                   ContainsText("test: " + std::string(row.name) + " has "));
        CHECK_THAT(after([](Numbers& all) { all.clear(); }), ContainsText(std::string(row.name) + " has 0 numbers"));
    }
}

TEST_CASE("parts of a description that do not fit together are refused") {
    const auto side_by_side = [](const auto& change) { return refusal("networks side by side", change); };
    CHECK(side_by_side([](N&) {}) == "no error");
    CHECK_THAT(side_by_side([](N& n) {
                   n.parts[1].rows = Range{2, 87};
               }),
               ContainsText("part1.rows are [2, 87), and there are rows [0, 86)"));
    CHECK_THAT(side_by_side([](N& n) { n.parts[2].rows = Range{5, 5}; }), ContainsText("part2.rows are [5, 5)"));
    CHECK_THAT(side_by_side([](N& n) { n.parts[1].rows.reset(); }),
               ContainsText("part1.the network has 4 inputs and gets 86 numbers"));
    CHECK_THAT(side_by_side([](N& n) {
                   n.parts[1].rows = Range{2, 7};
               }),
               ContainsText("part1.layer 0 has 4 inputs and 9 outputs, and gets 5 inputs"));
    CHECK_THAT(side_by_side([](N& n) { n.parts.pop_back(); }),
               ContainsText("layer 0 has 21 inputs and 7 outputs, and gets 17 inputs"));
    CHECK_THAT(side_by_side([](N& n) { n.parts[1].activates_last = false; }),
               ContainsText("part1.the last layer is not activated"));
    CHECK_THAT(side_by_side([](N& n) { n.activates_last = true; }), ContainsText("the last layer is activated"));
    CHECK_THAT(side_by_side([](N& n) { n.mean.resize(86); }), ContainsText("and a mean or scale besides"));
    CHECK_THAT(side_by_side([](N& n) { n.layers.clear(); }), ContainsText("the network has no layer"));
    CHECK_THAT(side_by_side([](N& n) { n.parts[0].parts.push_back(n.parts[2]); }),
               ContainsText("part0.the network has both convolutions and parts"));
    CHECK_THAT(side_by_side([](N& n) {
                   for (int depth = 0; depth < 8; ++depth) {
                       N outer{.rows = n.parts[0].rows, .activates_last = true};
                       n.parts[0].rows.reset();
                       outer.parts = {std::exchange(n.parts[0], {})};
                       n.parts[0] = std::move(outer);
                   }
               }),
               ContainsText("networks lie within networks 9 times"));
}

TEST_CASE("each number of a memory and the layers beside it is checked, and named by its place") {
    using Numbers = std::vector<double>;
    struct Row {
        const char* name;
        Numbers& (*numbers)(N&);
    };
    const Row rows[] = {{"before.layer1.weight", [](N& n) -> Numbers& { return n.before[1].weight; }},
                        {"before.layer0.bias", [](N& n) -> Numbers& { return n.before[0].bias; }},
                        {"before.layer1.gain", [](N& n) -> Numbers& { return n.before[1].gain; }},
                        {"memory.input.weight", [](N& n) -> Numbers& { return n.memory->input.weight; }},
                        {"memory.input.bias", [](N& n) -> Numbers& { return n.memory->input.bias; }},
                        {"memory.hidden.weight", [](N& n) -> Numbers& { return n.memory->hidden.weight; }},
                        {"memory.hidden.bias", [](N& n) -> Numbers& { return n.memory->hidden.bias; }},
                        {"layer0.shift", [](N& n) -> Numbers& { return n.layers[0].shift; }},
                        {"layer1.weight", [](N& n) -> Numbers& { return n.layers[1].weight; }},
                        {"normalizer.mean", [](N& n) -> Numbers& { return n.mean; }}};
    for (const char* cell : {"Gru", "Lstm"}) {
        for (const Row& row : rows) {
            INFO(cell << ", " << row.name);
            const auto after = [&](const auto& change) {
                return refusal(std::string(cell) + " with layer normalisation",
                               [&](N& network) { change(row.numbers(network)); });
            };
            CHECK(after([](Numbers&) {}) == "no error");
            CHECK_THAT(after([](Numbers& all) { all.back() = not_a_number; }),
                       ContainsText("test: " + std::string(row.name) + "["));
            CHECK_THAT(after([](Numbers& all) { all.push_back(1); }),
                       ContainsText("test: " + std::string(row.name) + " has "));
            CHECK_THAT(after([](Numbers& all) { all.clear(); }), ContainsText(std::string(row.name) + " has 0 num"));
        }
    }
    const auto none_in_a_map = [](N& n) { n.memory->input.gain.resize(18); };
    CHECK_THAT(refusal("Gru", none_in_a_map), ContainsText("memory.input.gain has 18 numbers and needs 0"));
    const auto none_before = [](N& n) { n.before[0].gain.clear(), n.before[0].shift.clear(); };
    CHECK_THAT(refusal("Gru with layer normalisation", none_before), ContainsText("before.layer0.gain has 0 numbers"));
}

TEST_CASE("a memory that does not fit the layers beside it is refused") {
    const auto with = [](const auto& change) { return refusal("Lstm with layers", change); };
    CHECK(with([](N&) {}) == "no error");
    CHECK(refusal("Gru", [](N&) {}) == "no error");
    CHECK_THAT(with([](N& n) { n.before.pop_back(); }),
               ContainsText("the memory of 6 units gets 5 numbers, and maps 4"));
    CHECK_THAT(with([](N& n) { n.before[0].inputs = 4; }),
               ContainsText("before.layer 0 has 4 inputs and 5 outputs, and gets 3 inputs"));
    CHECK_THAT(with([](N& n) { n.before[1].outputs = 3; }), ContainsText("gets 3 numbers, and maps 4 to 24"));
    CHECK_THAT(with([](N& n) { n.rows.reset(); }), ContainsText("and gets 5 inputs"));
    CHECK_THAT(with([](N& n) { n.memory->cell = DescribedMemory::Cell::gru; }),
               ContainsText("it maps them and h to 18 numbers each"));
    CHECK_THAT(with([](N& n) { n.memory->cell = static_cast<DescribedMemory::Cell>(2); }),
               ContainsText("the memory's cell is 2, which is neither gru nor lstm"));
    CHECK_THAT(with([](N& n) { n.memory->input.outputs = 18; }), ContainsText("and maps 4 to 18 and 6 to 24"));
    CHECK_THAT(with([](N& n) { n.memory->hidden.outputs = 18; }), ContainsText("and maps 4 to 24 and 6 to 18"));
    for (const Index units : {Index{0}, Index{-1}, Index{1} << 29, std::numeric_limits<Index>::max()}) {
        CHECK_THAT(with([&](N& n) { n.memory->hidden.inputs = units; }), ContainsText(" units, not 1 to 536870911"));
    }
    CHECK_THAT(with([](N& n) { n.layers[0].inputs = 12; }), ContainsText("layer 0 has 12 inputs and 7 outputs, and "
                                                                         "gets 6 inputs"));
    CHECK_THAT(with([](N& n) { n.layers.clear(); }), ContainsText("the network has no layer"));
    CHECK_THAT(with([](N& n) { n.memory.reset(); }), ContainsText("there are layers before a memory, and no memory"));
    CHECK_THAT(with([](N& n) { n.parts.push_back({.activates_last = true}); }),
               ContainsText("and a mean or scale besides"));
    CHECK_THAT(with([](N& n) { n.parts.push_back({.activates_last = true}), n.mean.clear(), n.scale.clear(); }),
               ContainsText("the network has a memory, and convolutions or parts besides"));
    CHECK_THAT(refusal("networks side by side", [](N& n) { n.parts[1].memory.emplace(); }),
               ContainsText("part1.the network has a memory, within another network"));
}

TEST_CASE("sizes of convolutions that do not fit are refused") {
    using C = DescribedConvolution;
    using Shape = kernels::ConvolutionShape;
    const auto with = [](const auto& change) {
        return refusal("convolutions", [&](N& network) { change(network.convolutions[1]); });
    };
    CHECK(with([](C&) {}) == "no error");
    for (const Index size : {Index{0}, Index{-1}, std::numeric_limits<Index>::max()}) {
        for (const auto member : {&Shape::height, &Shape::width, &Shape::channels, &Shape::kernel, &Shape::stride}) {
            const std::string text = with([&](C& c) { c.shape.*member = size; });
            INFO(text);
            const bool is_stride = member == &Shape::stride && size > 1;
            CHECK(text.starts_with(is_stride ? "test: convolution2" : "test: convolution1"));
        }
        CHECK(with([&](C& c) { c.channels = size; }).starts_with("test: convolution1.channels is "));
    }
    CHECK_THAT(with([](C& c) { c.shape.padding = 3; }), ContainsText("convolution1.padding is 3; give 0 to 2"));
    CHECK_THAT(with([](C& c) { c.shape.padding = -1; }), ContainsText("convolution1.padding is -1"));
    CHECK_THAT(with([](C& c) { c.shape.padding = 0; }), ContainsText("convolution2 has an image of 5 x 4 x 8"));
    CHECK_THAT(with([](C& c) { c.shape.kernel = 12; }),
               ContainsText("convolution1.kernel is 12, and its image, with padding on each side, is 11 x 10"));
}

TEST_CASE("a description has convolutions of the images that a network may be trained on, and no larger ones") {
    const auto check = [](Index height) {
        DescribedNetwork network{.layers = {{.inputs = height * 1024, .outputs = 1}}};
        network.convolutions = {
            {.shape = {.height = height, .width = 1024, .channels = 1, .kernel = 1}, .channels = 1}};
        const ConvolutionLayers<float> trained(height * 1024, 1,
                                               {.shape = {height, 1024, 1}, .layers = {{1, 1}}, .hidden = {}});
        detail::check_network("test", network, height * 1024);
    };
    check(4096);
    CHECK_THROWS_WITH(check(4097), "Convolution: shape is 4097 x 1024 x 1; give an image of at most 4194304 numbers");
    DescribedNetwork network{.layers = {{.inputs = 4097 * 1024, .outputs = 1}}};
    CHECK_THROWS_WITH(detail::check_network("test", network, 4097 * 1024),
                      "test: observations have 4195328 numbers, not 1 to 4194304");
}
