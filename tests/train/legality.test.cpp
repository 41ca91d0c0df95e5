// Which choices are legal comes from the mask, whatever numbers a policy gives; and what a policy chose is checked
// before an environment gets it.
#include "catch.hpp"

#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/policy/greedy_value.hpp"
#include "gradiva/rollout/collect.hpp"
#include "gradiva/train/evaluate.hpp"

#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

using namespace gradiva;
using Catch::Approx;

namespace {

/// One choice of each group is legal, the (k + t)-th in step t; throws a text when it gets another one.
template <class Space>
struct OneLegal {
    Space space{};
    Index t = 0;

    Box observation_space() const { return {.size = 1}; }
    Space action_space() const { return space; }
    void reset(Rng&, std::span<float> observation) { observation[0] = 1, t = 0; }
    Outcome step(typename ActionOfSpace<Space>::Type action, Rng&, std::span<float> observation) {
        if (!is_legal(action)) throw std::runtime_error("an illegal action was sent");
        observation[0] = 1;
        return {.reward = 1, .terminated = ++t == 7};
    }
    void action_mask(std::span<std::uint8_t> legal) const {
        std::size_t first = 0;
        for (const Index n : groups()) {
            for (Index i = 0; i < n; ++i) legal[first + static_cast<std::size_t>(i)] = i == legal_of(n) ? 1 : 0;
            first += static_cast<std::size_t>(n);
        }
    }

private:
    Index legal_of(Index n) const { return (n - 1 + t) % n; }
    std::vector<Index> groups() const {
        if constexpr (std::same_as<Space, Discrete>) return {space.n};
        if constexpr (std::same_as<Space, MultiDiscrete>) return space.n;
        if constexpr (std::same_as<Space, HybridSpace>) return {space.choice.n};
    }
    bool is_legal(int action) const { return action == legal_of(groups()[0]); }
    bool is_legal(std::span<const int> action) const {
        for (std::size_t k = 0; k < action.size(); ++k) {
            if (action[k] != legal_of(groups()[k])) return false;
        }
        return true;
    }
    bool is_legal(const HybridAction& action) const { return is_legal(action.choice); }
};

/// A policy whose logits are `value` in every state, and the rest of its head 0.
template <class E, class D>
auto constant_actor(const Vectorized<E>& envs, D distribution, typename D::Scalar value) {
    Actor actor(envs, Mlp{.hidden = {}}, std::move(distribution));
    const auto weights = actor.weights();
    const auto head = static_cast<std::size_t>(actor.head_size());
    std::fill_n(weights.begin(), 2 * head, typename D::Scalar(0));
    std::fill_n(weights.begin() + static_cast<std::ptrdiff_t>(head), actor.mask_size(), value);
    return actor;
}

template <class E, class P>
void collect_some(Vectorized<E>& envs, const P& actor) {
    Threads threads(1);
    Rollout<typename P::Scalar> rollout(envs, actor);
    Collector(envs, actor, threads).steps(rollout, 20);
}

/// What a body throws, or nothing.
template <class Body>
std::string error_of(const Body& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    } catch (const std::exception& other) {
        return std::string("not an Error: ") + other.what();
    }
    return "";
}

/// `check(name, prototype, distribution)` for every distribution that takes masks.
template <class T, class Check>
void for_each_masked(const Check& check) {
    check("Categorical of 3", OneLegal<Discrete>{{.n = 3}}, Categorical<T>(3));
    check("Categorical of 40", OneLegal<Discrete>{{.n = 40}}, Categorical<T>(40));
    check("EpsilonGreedy", OneLegal<Discrete>{{.n = 3}}, EpsilonGreedy<T>(3, 0.5));
    check("EpsilonGreedy that never explores", OneLegal<Discrete>{{.n = 3}}, EpsilonGreedy<T>(3, 0));
    check("MultiCategorical", OneLegal<MultiDiscrete>{{.n = {3, 17, 2}}}, MultiCategorical<T>({3, 17, 2}));
    check("Hybrid", OneLegal<HybridSpace>{{.choice = {.n = 3}, .box = {.size = 2}}}, Hybrid<T>(3, 2));
}

}  // namespace

TEMPLATE_TEST_CASE("a masked choice is never taken before a legal one of a very small logit", "", float, double) {
    using T = TestType;
    for (const T logit : {T(-1e29), T(-1e30), T(-2e30), T(-3e38), std::numeric_limits<T>::lowest(), T(2e30)}) {
        for_each_masked<T>([&](const char* name, const auto& prototype, const auto& distribution) {
            CAPTURE(name, logit);
            Vectorized envs(prototype, {.count = 5, .seed = 1});
            const auto actor = constant_actor(envs, distribution, logit);
            CHECK(error_of([&] { collect_some(envs, actor); }) == "");
            CHECK(error_of([&] { evaluate(actor, prototype, {.episodes = 9}); }) == "");
            CHECK(error_of([&] { evaluate(actor, prototype, {.episodes = 9, .greedy = false}); }) == "");
        });
    }
}

TEMPLATE_TEST_CASE("a head that is not finite is an error wherever a policy acts, masked or not", "", float, double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    for (const T wrong : {std::numeric_limits<T>::quiet_NaN(), infinity, -infinity}) {
        for_each_masked<T>([&](const char* name, const auto& prototype, const auto& distribution) {
            CAPTURE(name, wrong);
            Vectorized envs(prototype, {.count = 5, .seed = 1});
            const auto actor = constant_actor(envs, distribution, wrong);
            CHECK_THAT(error_of([&] { collect_some(envs, actor); }), ContainsText("collect: "));
            CHECK_THAT(error_of([&] { evaluate(actor, prototype, {.episodes = 9}); }),
                       ContainsText("evaluate: row ") && ContainsText("of the policy's head is"));
            CHECK_THAT(error_of([&] { evaluate(actor, prototype, {.episodes = 9, .greedy = false}); }),
                       ContainsText("evaluate: row "));
        });
    }
}

TEST_CASE("illegal actions of a user's distribution are an error before they are sent") {
    struct Outside : Categorical<float> {
        using Categorical<float>::Categorical;
        void mode(const Tape&, ActionView action) const { action.integers.setConstant(3); }
        void sample(const Tape&, std::span<Rng>, ActionView action) const { action.integers.setConstant(-1); }
    };
    const OneLegal<Discrete> prototype{{.n = 3}};
    Vectorized envs(prototype, {.count = 2});
    const auto actor = constant_actor(envs, Outside(3), 0.0F);
    const auto evaluated = [&](bool greedy) {
        return error_of([&] { evaluate(actor, prototype, {.episodes = 2, .greedy = greedy}); });
    };
    CHECK_THAT(evaluated(true), ContainsText("evaluate: ") && ContainsText("to get choice 3 "));
    CHECK_THAT(evaluated(false), ContainsText("evaluate: ") && ContainsText("to get choice -1 "));
}

TEST_CASE("a head that is not finite is named by its row and its environment") {
    float head[3 * 2] = {};
    const ConstMatrixMap<float> view(head, 3, 2);
    const ActionMask none(nullptr, 0, 2);
    CHECK_NOTHROW(check_head<float>("test", view, none, {5, 7}));
    head[5] = INFINITY;
    CHECK_THROWS_WITH(check_head<float>("test", view, none, {5, 7}),
                      ContainsText("test: row 2 of the policy's head is inf for environment 6;"));
}

TEST_CASE("an action value that is not finite is an error wherever it is acted on") {
    Vectorized envs(OneLegal<Discrete>{{.n = 3}}, {.count = 2});
    for (const float wrong : {NAN, INFINITY, -INFINITY}) {
        for (const std::size_t row : {0U, 1U, 2U}) {
            CAPTURE(wrong, row);
            auto actor = constant_actor(envs, EpsilonGreedy<float>(3, 1), 0.0F);
            actor.weights()[3 + row] = wrong;
            // Where the mask forbids that very choice, its value is not looked at.
            CHECK(error_of([&] { collect_some(envs, actor); }) != "");
            CHECK(error_of([&] { evaluate(actor, envs[0]); }) != "");
            if (std::isnan(wrong)) {
                const GreedyValue greedy(actor);
                GreedyValue<decltype(actor)>::Tape tape;
                CHECK(std::isnan(greedy.forward(Matrix<float>::Ones(1, 1), tape)[0]));
            }
        }
    }
}

TEST_CASE("an action value of minus infinity is an error and not a mask") {
    struct Unmasked {
        Box observation_space() const { return {.size = 1}; }
        Discrete action_space() const { return {.n = 3}; }
        void reset(Rng&, std::span<float> observation) { observation[0] = 1; }
        Outcome step(int, Rng&, std::span<float> observation) {
            return observation[0] = 1, Outcome{.terminated = true};
        }
    };
    Vectorized envs(Unmasked{}, {.count = 2});
    auto actor = constant_actor(envs, EpsilonGreedy<float>(3, 0.5), 0.0F);
    CHECK(error_of([&] { collect_some(envs, actor); }) == "");
    actor.weights()[4] = -INFINITY;
    const char* text = "row 1 of the policy's head is -inf for environment 0; its weights have diverged";
    CHECK_THAT(error_of([&] { collect_some(envs, actor); }), ContainsText(text));
    CHECK_THAT(error_of([&] { evaluate(actor, Unmasked{}); }), ContainsText(text));
}

TEST_CASE("EpsilonGreedy has NaN log-probs beside a value of NaN, and samples valid choices") {
    Matrix<float> q(3, 4);
    q.col(0) << NAN, 1, 2;
    q.col(1) << NAN, NAN, NAN;
    q.col(2) << -2e30F, -3e38F, -1e31F;
    q.col(3) << -INFINITY, -3e38F, -INFINITY;
    EpsilonGreedy<float> distribution(3, 1);
    EpsilonGreedy<float>::Tape tape;
    distribution.forward(q, {}, tape);
    std::vector<Rng> rng{Rng(1), Rng(2), Rng(3), Rng(4)};
    ActionBatch actions({1, 0}, 4);
    Vector<float> log_prob(4), entropy(4);
    for (int i = 0; i < 50; ++i) {
        distribution.sample(tape, rng, actions.all());
        const auto chosen = std::as_const(actions).all().integers;
        CHECK((chosen.minCoeff() >= 0 && chosen.maxCoeff() <= 2));
        CHECK(chosen(0, 3) == 1);
    }
    distribution.log_prob(tape, actions.all(), log_prob);
    distribution.entropy(tape, entropy);
    for (const Index j : {0, 1}) CHECK((std::isnan(log_prob[j]) && std::isnan(entropy[j])));
    CHECK(log_prob[2] == Approx(std::log(1.0 / 3)));
    CHECK(log_prob[3] == 0);
}

TEST_CASE("actions of a controller are checked, for every space") {
    const auto refused = [](const auto& prototype, const auto& choose, const char* text) {
        CAPTURE(text);
        Vectorized envs(prototype, {.count = 3, .seed = 4});
        const Controller controller(envs, choose);
        CHECK_THAT(error_of([&] { collect_some(envs, controller); }), ContainsText(text));
    };
    const auto integer = [](Index row, int value) {
        return [=](std::span<const float>, Rng&, ActionView& action) {
            for (Index i = 0; i < action.integers.rows(); ++i) action.integers(i, 0) = i == row ? value : 1;
            action.reals.setZero();
            return 0.0;
        };
    };
    const auto real = [](float value) {
        return [=](std::span<const float>, Rng&, ActionView& action) {
            action.integers.setConstant(2);
            action.reals.setZero();
            action.reals(1, 0) = value;
            return 0.0;
        };
    };
    const OneLegal<Discrete> three{{.n = 3}};
    refused(three, integer(0, 3), "collect: environment 0 was to get choice 3 where there are 0 to 2");
    refused(three, integer(0, -1), "was to get choice -1 where there are 0 to 2");
    refused(three, integer(0, 0), "was to get choice 0, which its mask says is not legal");
    refused(OneLegal<MultiDiscrete>{{.n = {2, 3}}}, integer(1, 3), "was to get choice 3 where there are 0 to 2");
    refused(OneLegal<MultiDiscrete>{{.n = {2, 3}}}, integer(1, 0), "was to get choice 0, which its mask says");
    const OneLegal<HybridSpace> hybrid{{.choice = {.n = 3}, .box = {.size = 2}}};
    refused(hybrid, integer(0, 5), "was to get choice 5");
    refused(hybrid, real(NAN), "was to get action[1] = nan");
    refused(hybrid, real(INFINITY), "was to get action[1] = inf");
}
