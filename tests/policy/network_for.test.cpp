// A network of one's own by a description of one's own, for actor and critic alike.
#include "catch.hpp"

#include <algorithm>

#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/critic.hpp"

using namespace gradiva;

namespace {

struct Wide {
    Index units = 6;
};

/// Only what a description must have: one constructor, of five arguments, and nothing optional.
class WideNetwork : MlpNetwork<float> {
public:
    using MlpNetwork::append_parameters, MlpNetwork::backward, MlpNetwork::forward, MlpNetwork::inputs,
        MlpNetwork::outputs, MlpNetwork::parameters;
    using MlpNetwork::Scalar, MlpNetwork::Tape;

    WideNetwork(Index inputs, Index outputs, const Wide& description, Rng rng, double output_gain)
        : MlpNetwork(inputs, outputs, {.hidden = {description.units}}, rng, output_gain) {}
};

}  // namespace

template <>
struct gradiva::NetworkFor<Wide, float> {
    using Type = WideNetwork;
};

TEST_CASE("a critic takes every description that an actor takes, and with it the same network") {
    const Vectorized envs(CartPole{}, {.count = 2, .seed = 5});
    const Actor actor(envs, Wide{.units = 7});
    const Critic critic(envs, Wide{.units = 7});
    const Actor of_mlp(envs, Mlp{.hidden = {7}});
    const Critic expected(MlpNetwork<float>(4, 1, {.hidden = {7}}, Rng(5, Purpose::initialisation, 1)));
    STATIC_REQUIRE(std::same_as<decltype(critic), const Critic<WideNetwork>>);
    CHECK(std::ranges::equal(actor.weights(), of_mlp.weights()));
    CHECK(std::ranges::equal(critic.weights(), expected.weights()));
}
