#include "gradiva/io/describe_policy.hpp"

#include <cstddef>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "io/policy_table.hpp"

using namespace gradiva;
using namespace gradiva_test;

TEST_CASE("a description has the layers of the network in order, and the distribution's own parameters") {
    const PolicyForm form{.mlp = {.hidden = {4, 5}, .activation = Activation::relu, .layer_norm = true}};
    with_policy<double>("", DiagonalGaussian<double>(2, -0.5), table_box, false, form, [](auto, const auto& actor) {
        const PolicyDescription policy = describe_policy(actor);
        CHECK(policy.scalar == Dtype::f64);
        CHECK(policy.spaces == *actor.spaces());
        CHECK(policy.network.activation == Activation::relu);
        std::vector<double> all;
        for (const DescribedLayer& layer : policy.network.layers) {
            for (const auto* part : {&layer.weight, &layer.bias, &layer.gain, &layer.shift}) {
                all.insert(all.end(), part->begin(), part->end());
            }
        }
        REQUIRE(policy.network.layers.size() == 3);
        CHECK(policy.network.layers[1].inputs == 4);
        CHECK(policy.network.layers[1].outputs == 5);
        CHECK(policy.network.layers[1].gain.size() == 5);
        CHECK(policy.network.layers[2].gain.empty());
        const auto& own = policy.distribution.own_parameters;
        all.insert(all.end(), own.begin(), own.end());
        CHECK(std::equal(all.begin(), all.end(), actor.weights().begin(), actor.weights().end()));
        CHECK(own.size() == 2);
        CHECK(policy.distribution.initial_log_std == -0.5);
        CHECK(policy.distribution.dimensions == 2);
    });
}

TEST_CASE("the description of a shared trunk is that of the actor's head behind the trunk, without the critic") {
    const PolicyForm form{.mlp = {.hidden = {8, 5}, .activation = Activation::relu}};
    const auto actor = trunk_policy(form);
    const DescribedNetwork network = describe_policy(actor).network;
    REQUIRE(network.parts.size() == 1);
    const DescribedNetwork& trunk = network.parts[0];
    REQUIRE(trunk.layers.size() == 2);
    CHECK(trunk.activates_last);
    CHECK(trunk.activation == Activation::relu);
    CHECK(trunk.layers[1].outputs == 5);
    REQUIRE(network.layers.size() == 1);
    CHECK_FALSE(network.activates_last);
    std::vector<double> all;
    for (const DescribedLayer* layer : {&trunk.layers[0], &trunk.layers[1], &network.layers[0]}) {
        all.insert(all.end(), layer->weight.begin(), layer->weight.end());
        all.insert(all.end(), layer->bias.begin(), layer->bias.end());
    }
    const auto weights = actor.weights();
    REQUIRE(all.size() + 6 == weights.size());  // the critic's head is 5 weights and a bias
    CHECK(std::equal(all.begin(), all.end(), weights.begin()));
}

TEST_CASE("a description has the rows, convolutions and parts of a network, and what normalises each part") {
    for_each_network<float>([](const std::string& name, const auto& actor) {
        INFO(name);
        const DescribedNetwork network = describe_policy(actor).network;
        if (name == "an Mlp of some rows") {
            CHECK(network.rows == Range{2, 6});
            CHECK(network.mean.size() == 4);
        } else if (name == "Convolution") {
            REQUIRE(network.convolutions.size() == 3);
            CHECK(network.convolutions[1].shape.height == 7);
            CHECK(network.convolutions[1].shape.width == 6);
            CHECK(network.convolutions[1].shape.channels == 9);
            CHECK(network.convolutions[1].shape.stride == 2);
            CHECK(network.convolutions[1].shape.padding == 2);
            CHECK(network.convolutions[2].outputs() == 30);
            CHECK(network.layers[0].inputs == 30);
            CHECK(network.mean.size() == 84);
        } else if (name == "a Join within a Join") {
            CHECK(network.rows == Range{1, 31});
            REQUIRE(network.parts.size() == 2);
            REQUIRE(network.parts[0].parts.size() == 3);
            CHECK(network.parts[0].parts[1].mean.size() == 4);
            CHECK(network.parts[0].parts[2].layers.empty());
            CHECK(network.mean.empty());
        }
    });
}

TEST_CASE("a description has what normalises observations") {
    const PolicyForm form{.mlp = {.hidden = {4}, .normalize_observations = true}, .mean = 100};
    with_policy<float>("", Bernoulli<float>(3), MultiBinary{.size = 3}, false, form, [](auto, const auto& actor) {
        const DescribedNetwork network = describe_policy(actor).network;
        REQUIRE(network.mean.size() == 3);
        CHECK(network.mean[2] == Approx(100).margin(1));
        CHECK(network.scale[2] == Approx(1).margin(0.4));
    });
}

TEST_CASE("an actor that was built from parts is described with the environments it is for") {
    const Actor<MlpNetwork<float>, Categorical<float>> parts(MlpNetwork<float>(4, 2, Mlp{.hidden = {3}}, Rng(1)),
                                                             Categorical<float>(2));
    CHECK_THROWS_WITH(describe_policy(parts), ContainsText("was not built from environments"));
    const Vectorized envs(CartPole{}, {.count = 1});
    CHECK(describe_policy(parts, envs).spaces == *spaces_of(envs));
}

TEST_CASE("parts of a description that do not fit are an error") {
    const auto refused = [](const auto& distribution, const auto& space, bool masked = false) {
        std::string text = "no error";
        try {
            with_policy<float>("", distribution, space, masked, {},
                               [](auto, const auto& actor) { describe_policy(actor); });
        } catch (const Error& error) {
            text = error.what();
        }
        return text;
    };
    CHECK(refused(Categorical<float>(4), Discrete{.n = 4}) == "no error");
    CHECK_THAT(refused(Categorical<float>(4), Discrete{.n = 3}), ContainsText("4 choices"));
    CHECK_THAT(refused(Categorical<float>(4), table_box), ContainsText("the action space is Box(2)"));
    CHECK_THAT(refused(MultiCategorical<float>({2, 3}), MultiDiscrete{.n = {3, 2}}),
               ContainsText("MultiDiscrete(3, 2)"));
    CHECK_THAT(refused(DiagonalGaussian<float>(2), table_box, true), ContainsText("the action space is Box(2)"));
    CHECK_THAT(refused(Categorical<float>(1), Discrete{.n = 0}), ContainsText("Discrete with n = 0"));
}
