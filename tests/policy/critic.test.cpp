#include "gradiva/policy/critic.hpp"

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/policy.hpp"
#include "helpers/environments.hpp"
#include "helpers/finite_difference.hpp"

using namespace gradiva;
using namespace gradiva_test;

static_assert(ValueFunction<Critic<MlpNetwork<float>>>);
static_assert(ValueFunction<Critic<MlpNetwork<double>>>);
static_assert(!ValueFunction<NoCritic>);
static_assert(has_critic<Critic<MlpNetwork<float>>> && !has_critic<NoCritic>);

TEST_CASE("the gradient of a critic's values equals central differences in every block of weights") {
    constexpr Index samples = 6;
    Critic critic(MlpNetwork<double>(3, 1, {.hidden = {4, 5}}, Rng(1)));
    Rng rng(2);
    for (double& w : critic.weights()) w = 0.6 * rng.normal();
    Matrix<double> observation(3, samples);
    Vector<double> d_value(samples);
    for (double& x : observation.reshaped()) x = rng.normal();
    for (double& d : d_value) d = rng.normal();

    Critic<MlpNetwork<double>>::Tape tape;
    std::vector<double> gradient(critic.weights().size(), 0.0);
    critic.forward(observation, tape);
    critic.backward(tape, d_value, gradient);
    const auto numeric =
        numeric_gradient(critic.weights(), [&] { return critic.forward(observation, tape).dot(d_value); });
    std::size_t begin = 0;
    for (const std::size_t size : {12U, 4U, 20U, 5U, 5U, 1U}) {
        CHECK(relative_error(std::span(gradient).subspan(begin, size), std::span(numeric).subspan(begin, size)) < 1e-6);
        begin += size;
    }
    CHECK(begin == gradient.size());
}

TEST_CASE("a critic gives one value per column") {
    const Vectorized envs(Wanderer{}, {.count = 2});
    Critic critic(envs, Mlp{.hidden = {8}});
    CHECK(critic.weights().size() == (3 + 1) * 8 + (8 + 1));
    CHECK(critic.observation_size() == 3);
    critic.weights().back() = 1.5F;  // the last bias
    decltype(critic)::Tape tape;
    const Matrix<float> observation = Matrix<float>::Zero(3, 4);
    const auto value = critic.forward(observation, tape);
    REQUIRE(value.size() == 4);
    CHECK(value[3] == 1.5F);
}

TEST_CASE("a copy of a critic is a snapshot") {
    const Vectorized envs(Wanderer{}, {.count = 2});
    Critic critic(envs, Mlp{.hidden = {8}});
    const auto snapshot = critic;
    const float before = critic.weights()[0];
    critic.weights()[0] = before + 1;
    CHECK(snapshot.weights()[0] == before);
}

TEST_CASE("weights of a critic depend on the seed and differ from the actor's") {
    const auto weights = [](std::uint64_t seed) {
        const Vectorized envs(Wanderer{}, {.count = 2, .seed = seed});
        const Critic critic(envs, Mlp{.hidden = {8}});
        return std::vector<float>(critic.weights().begin(), critic.weights().end());
    };
    CHECK(weights(1) == weights(1));
    CHECK(weights(1) != weights(2));
    const Vectorized envs(Wanderer{}, {.count = 2, .seed = 1});
    const MlpNetwork<float> of_actor(3, 1, {.hidden = {8}}, Rng(1, Purpose::initialisation, 0));
    const auto of_critic = weights(1);
    CHECK(!std::equal(of_critic.begin(), of_critic.end(), of_actor.parameters().begin()));
}

TEST_CASE("a critic refuses a network with several outputs") {
    CHECK_THROWS_WITH(Critic(MlpNetwork<float>(3, 2, {.hidden = {2}}, Rng(1))),
                      "Critic: the network has 2 outputs; give it 1, the value");
}
