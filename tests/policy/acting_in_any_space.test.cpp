#include "gradiva/policy/acting_in_any_space.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "catch.hpp"
#include "gradiva/env/time_limit.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/environments/archery.hpp"
#include "gradiva/environments/cart_pole.hpp"
#include "gradiva/environments/dial_lock.hpp"
#include "gradiva/environments/masked_grid.hpp"
#include "gradiva/environments/pendulum.hpp"
#include "gradiva/policy/actor.hpp"
#include "learning/matching.hpp"

using namespace gradiva;
using namespace gradiva_test;

namespace {

template <class E>
auto actor_for(const E& env) {
    return Actor(Vectorized(env, {.count = 1, .seed = 3}), Mlp{.hidden = {4}});
}

template <class A, class... Arguments>
std::string error_of(A& acting, Arguments&&... arguments) {
    try {
        acting.act(std::forward<Arguments>(arguments)...);
    } catch (const Error& error) {
        return error.what();
    }
    return "no error";
}

const std::vector<float> cart = {0.1F, 0.2F, -0.1F, 0.3F};

}  // namespace

TEST_CASE("acting in any space gives the actions of acting in the space, most probable and sampled") {
    Rng one(4), other(4);
    {
        const auto actor = actor_for(CartPole{});
        Acting any(actor);
        Acting in_space(actor, CartPole{});
        int action = -1;
        any.act(cart, action);
        CHECK(action == in_space.act(cart));
        any.act(cart, action, {.rng = &one});
        CHECK(action == in_space.act(cart, other));
    }
    {
        const auto actor = actor_for(Pendulum{});
        Acting any(actor);
        Acting in_space(actor, Pendulum{});
        const std::array<float, 3> observation{0.5F, 0.1F, 2};
        std::array<float, 1> action{};
        any.act(observation, action, {.rng = &one});
        CHECK(action[0] == in_space.act(observation, other)[0]);
    }
    {
        const auto actor = actor_for(Archery{});
        Acting any(actor);
        Acting in_space(actor, Archery{});
        const std::vector<float> observation(static_cast<std::size_t>(actor.observation_size()), 0.25F);
        std::vector<float> values(static_cast<std::size_t>(actor.action_shape().reals));
        int choice = -1;
        const std::vector<std::uint8_t> legal(static_cast<std::size_t>(actor.mask_size()), 1);
        any.act(observation, choice, values, {.legal = legal, .rng = &one});
        const HybridAction expected = in_space.act(observation, legal, other);
        CHECK(choice == expected.choice);
        CHECK(std::equal(values.begin(), values.end(), expected.values.begin()));
    }
    {
        const auto actor = actor_for(DialLock{});
        Acting any(actor);
        Acting in_space(actor, DialLock{});
        const std::vector<float> observation(static_cast<std::size_t>(actor.observation_size()), 0.25F);
        std::vector<int> action(static_cast<std::size_t>(actor.action_shape().integers));
        const std::vector<std::uint8_t> legal(static_cast<std::size_t>(actor.mask_size()), 1);
        any.act(observation, action, {.legal = legal, .rng = &one});
        const std::span<const int> expected = in_space.act(observation, legal, other);
        CHECK(std::equal(action.begin(), action.end(), expected.begin()));
    }
    {
        const auto actor = actor_for(Matching<MultiBinary>{{.size = 3}});
        Acting any(actor);
        Acting in_space(actor, Matching<MultiBinary>{{.size = 3}});
        const std::vector<float> observation(static_cast<std::size_t>(actor.observation_size()), 0.25F);
        std::vector<int> action(static_cast<std::size_t>(actor.action_shape().integers));
        any.act(observation, action, {.rng = &one});
        const std::span<const int> expected = in_space.act(observation, other);
        CHECK(std::equal(action.begin(), action.end(), expected.begin()));
    }
}

TEST_CASE("masks are asked for where the environments have them") {
    const auto actor = actor_for(MaskedGrid{});
    Acting acting(actor);
    const std::vector<float> observation(static_cast<std::size_t>(actor.observation_size()), 0.25F);
    int action = -1;
    CHECK_THAT(error_of(acting, observation, action), ContainsText("the environments have action masks"));
    for (int only = 0; only < 4; ++only) {
        std::vector<std::uint8_t> legal(4, 0);
        legal[static_cast<std::size_t>(only)] = 1;
        acting.act(observation, action, {.legal = legal});
        CHECK(action == only);
    }
}

TEST_CASE("where an action is of another kind or size than the space, none is written") {
    const auto actor = actor_for(CartPole{});
    Acting acting(actor);
    std::array<float, 1> real{7};
    std::array<int, 2> integers{7, 7};
    int choice = 7;
    CHECK_THAT(error_of(acting, cart, std::span<float>(real)),
               ContainsText("to be written to a span of float, and the action space is Discrete(2); give an int&"));
    CHECK_THAT(error_of(acting, cart, std::span<int>(integers)), ContainsText("a span of int"));
    CHECK_THAT(error_of(acting, cart, choice, std::span<float>(real)), ContainsText("an int and a span of float"));
    std::vector<float> wrong(5);
    CHECK_THAT(error_of(acting, wrong, choice), ContainsText("the observation has 5 numbers"));
    wrong = cart;
    wrong[2] = std::numeric_limits<float>::quiet_NaN();
    CHECK_THAT(error_of(acting, wrong, choice), ContainsText("observation[2] is nan"));

    const auto of_pendulum = actor_for(Pendulum{});
    Acting in_box(of_pendulum);
    std::array<float, 2> two{7, 7};
    const std::array<float, 3> observation{};
    CHECK_THAT(error_of(in_box, observation, choice), ContainsText("give a span of float"));
    CHECK_THAT(error_of(in_box, observation, std::span<float>(two)),
               ContainsText("there is storage for 2 numbers, and an action has 1"));

    const auto of_archery = actor_for(Archery{});
    Acting in_both(of_archery);
    const std::vector<float> target(static_cast<std::size_t>(of_archery.observation_size()));
    std::vector<float> many(9, 7);
    CHECK_THAT(error_of(in_both, target, choice, std::span<float>(many)), ContainsText("storage for 9 numbers"));
    CHECK_THAT(error_of(in_both, target, choice), ContainsText("give an int& and a span of float"));

    auto diverging = actor_for(CartPole{});
    Acting of_diverged(diverging);
    for (float& weight : diverging.weights()) weight = std::numeric_limits<float>::infinity();
    CHECK_THAT(error_of(of_diverged, cart, choice), ContainsText("the policy's head"));
    CHECK(choice == 7);
    CHECK(real[0] == 7);
    CHECK(integers[1] == 7);
    CHECK(two[1] == 7);
    CHECK(many[8] == 7);
}

TEST_CASE("an actor that was built from parts has no spaces to act in") {
    const Actor<MlpNetwork<float>, Categorical<float>> parts(MlpNetwork<float>(4, 2, Mlp{.hidden = {3}}, Rng(1)),
                                                             Categorical<float>(2));
    CHECK_THROWS_WITH(Acting(parts), ContainsText("give them too: Acting(actor, envs)"));
}
