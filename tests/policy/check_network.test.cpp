#include "gradiva/policy/check_network.hpp"

#include "catch.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "helpers/plain_network.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// Changes the first parameters of a plain network, given its output gain.
struct Spoiled {
    std::function<void(std::span<float> parameters, double output_gain)> spoil;
    Index lacking = 0;  ///< outputs
};

struct SpoiledNetwork : PlainNetwork<float> {
    SpoiledNetwork(Index inputs, Index outputs, const Spoiled& description, Rng rng, double output_gain)
        : PlainNetwork(inputs, outputs - description.lacking, Plain{.units = 6}, rng, output_gain) {
        if (description.spoil) description.spoil(parameters(), output_gain);
    }
};

std::string complaint(const Spoiled& description) {
    try {
        check_network(description, 3, 2);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

void multiply(std::span<float> parameters, float factor) {
    for (float& w : parameters) w *= factor;
}

}  // namespace

template <>
struct gradiva::NetworkFor<Spoiled, float> {
    using Type = SpoiledNetwork;
};

TEST_CASE("check_network accepts the descriptions of the library, and a plain one") {
    for (const Mlp& mlp : {Mlp{}, Mlp{.hidden = {}}, Mlp{.hidden = {33, 9}, .activation = Activation::relu},
                           Mlp{.hidden = {16}, .activation = Activation::gelu, .layer_norm = true}}) {
        for (const Index inputs : {1, 40}) {
            const ModuleCheck check = check_network(mlp, inputs, 3);
            CHECK(check.gradient_error <= 1e-5);
            CHECK(check.same_bits_in_all_widths);
        }
    }
    CHECK(check_network(SharedTrunk{}, 4, 2).jvp_error <= 1e-5);
    check_network(SharedTrunk{.trunk = Mlp{.hidden = {16}}, .critic = {.hidden = {64}}}, 4, 2);
    const Convolution image{.shape = {5, 4, 2},
                            .layers = {{.channels = 3, .kernel = 3, .padding = 1}, {.channels = 4, .kernel = 2}},
                            .hidden = {6},
                            .normalize_observations = true,
                            .inputs = Range{2, 42}};
    CHECK(check_network(image, 45, 3).jvp_error <= 1e-5);
    CHECK(check_network(Join{.networks = {image, Mlp{.hidden = {5}}}, .hidden = {7}}, 45, 3).jvp_error <= 1e-5);
    CHECK(std::isnan(check_network(Plain{}, 4, 2).jvp_error));
    CHECK(complaint(Spoiled{}).empty());
}

TEST_CASE("check_network names what is wrong with the first parameters of a network") {
    constexpr std::size_t hidden = 6 * 4;  // of W and b; V follows
    struct Row {
        Spoiled description;
        const char* text;
    };
    const Row rows[] = {
        {{.spoil = {}, .lacking = 1}, "the network has 3 inputs and 1 outputs, and was to have 3 and 2"},
        {{.spoil = [](auto all, double) { std::ranges::fill(all, 0.1F); }},
         "networks of two seeds have the same first"},
        {{.spoil = [n = 0.0F](auto all, double) mutable { all[0] = n++; }}, "two networks of one Rng differ"},
        {{.spoil = [](auto all, double) { multiply(all.subspan(hidden), 1e4F); }},
         "outputs have a root mean square of "},
        {{.spoil = [](auto all, double) { multiply(all, 1e-4F); }}, "outputs have a root mean square of "},
        {{.spoil = [](auto all, double gain) { multiply(all.subspan(hidden), float(1 / gain)); }},
         "with an output gain of 1, and of "},
        {{.spoil =
              [](auto all, double) {
                  std::ranges::fill(all.first(18), 0.0F);  // W, but not b
              }},
         "the first outputs are the same for all inputs"},
        {{.spoil =
              [](auto all, double) {
                  multiply(all.first(hidden), 1e6F);  // the ends of tanh
              }},
         "derivatives by "},
    };
    for (const Row& row : rows) {
        const std::string text = complaint(row.description);
        INFO("expected: " << row.text << "\nfound: " << text);
        CHECK(text.find(row.text) != std::string::npos);
    }
    const Spoiled zero_output{.spoil = [](auto all, double) { multiply(all.subspan(hidden), 0); }};
    CHECK(complaint(zero_output).empty());
}
