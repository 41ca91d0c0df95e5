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

TEST_CASE("the description of a shared trunk is that of the head, without the value") {
    const auto actor = trunk_policy();
    const PolicyDescription policy = describe_policy(actor);
    const DescribedLayer& last = policy.network.layers.back();
    CHECK(last.outputs == 4);
    const auto all = actor.weights();
    const std::size_t begin = all.size() - 5 * (5 + 1);  // W is 5 x 5, the last row that of the value
    for (std::size_t j = 0; j < 5; ++j) {
        for (std::size_t i = 0; i < 4; ++i) {
            CHECK(last.weight[j * 4 + i] == static_cast<double>(all[begin + j * 5 + i]));
        }
    }
    for (std::size_t i = 0; i < 4; ++i) CHECK(last.bias[i] == static_cast<double>(all[begin + 25 + i]));
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
