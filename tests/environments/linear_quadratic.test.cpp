#include "gradiva/environments/linear_quadratic.hpp"

#include <limits>

#include "catch.hpp"
#include "gradiva/env/check_derivatives.hpp"
#include "gradiva/env/check_env.hpp"
#include "gradiva/env/time_limit.hpp"

using namespace gradiva;

namespace {

Matrix<double> matrix(Index rows, Index columns, const std::vector<double>& row_by_row) {
    Matrix<double> m(rows, columns);
    for (Index i = 0; i < rows; ++i) {
        for (Index j = 0; j < columns; ++j) m(i, j) = row_by_row[static_cast<std::size_t>(i * columns + j)];
    }
    return m;
}

/// Three states, two actions.
LinearQuadraticOptions three_by_two() {
    return {.a = matrix(3, 3, {0.9, 0.2, 0, -0.1, 0.8, 0.3, 0, 0.1, 0.7}),
            .b = matrix(3, 2, {1, 0, 0.5, -1, 0, 2}),
            .q = matrix(3, 3, {2, 0.5, 0, 0.5, 1, 0, 0, 0, 3}),
            .r = matrix(2, 2, {1, 0.2, 0.2, 0.5}),
            .start = 2};
}

}  // namespace

TEST_CASE("the linear quadratic regulator passes check_env and check_derivatives") {
    STATIC_REQUIRE(is_env<LinearQuadratic>);
    STATIC_REQUIRE(is_differentiable_env<LinearQuadratic>);
    const LinearQuadratic env(three_by_two());
    CHECK(env.observation_space().size == 3);
    CHECK(env.action_space().size == 2);
    CHECK(env.state_size() == 3);
    CHECK_NOTHROW(check_env(TimeLimit(env, 20)));
    CHECK_NOTHROW(check_derivatives(env));
}

TEST_CASE("transitions and rewards of the linear quadratic regulator follow from its matrices") {
    LinearQuadratic env({.a = matrix(2, 2, {1, 0.5, 0, 1}),
                         .b = matrix(2, 1, {0, 2}),
                         .q = matrix(2, 2, {1, 0.5, 0.5, 3}),
                         .r = matrix(1, 1, {0.25})});
    Rng rng(1);
    std::vector<float> observation(2);
    env.reset(rng, observation);
    std::vector<double> x(2);
    env.save(x);
    CHECK(observation[0] == static_cast<float>(x[0]));
    CHECK(observation[1] == static_cast<float>(x[1]));
    const std::vector<float> action = {1.5F};
    const Outcome outcome = env.step(action, rng, observation);
    std::vector<double> next(2);
    env.save(next);
    CHECK(next[0] == Catch::Approx(x[0] + 0.5 * x[1]));
    CHECK(next[1] == Catch::Approx(x[1] + 3));
    CHECK(observation[1] == static_cast<float>(next[1]));
    CHECK(outcome.reward == Catch::Approx(-(x[0] * x[0] + x[0] * x[1] + 3 * x[1] * x[1] + 0.25 * 2.25)));
    CHECK(!outcome.terminated);
    CHECK(!outcome.truncated);
}

TEST_CASE("initial states of the linear quadratic regulator fill their range") {
    LinearQuadratic env(three_by_two());
    Rng rng(2);
    std::vector<float> observation(3);
    std::vector<float> least(3), most(3);
    for (int i = 0; i < 1000; ++i) {
        env.reset(rng, observation);
        for (std::size_t k = 0; k < 3; ++k) {
            least[k] = std::min(least[k], observation[k]);
            most[k] = std::max(most[k], observation[k]);
        }
    }
    for (std::size_t k = 0; k < 3; ++k) {
        CHECK(least[k] >= -2);
        CHECK(least[k] < -1.9F);
        CHECK(most[k] <= 2);
        CHECK(most[k] > 1.9F);
    }
}

TEST_CASE("a linear quadratic regulator whose matrices do not fit is refused") {
    const auto refused = [](auto change) {
        LinearQuadraticOptions options = three_by_two();
        change(options);
        return LinearQuadratic(options);
    };
    const auto sized = [](Index states, Index actions) {
        return LinearQuadratic({.a = Matrix<double>::Zero(states, states),
                                .b = Matrix<double>::Zero(states, actions),
                                .q = Matrix<double>::Zero(states, states),
                                .r = Matrix<double>::Zero(actions, actions)});
    };
    CHECK_NOTHROW(sized(1, 1));
    CHECK_THROWS_WITH(sized(0, 1), ContainsText("A has 0 rows and B 1 columns; give at least 1 state and 1 action"));
    CHECK_THROWS_WITH(sized(1, 0), ContainsText("A has 1 rows and B 0 columns; give at least 1 state and 1 action"));
    CHECK_THROWS_WITH(LinearQuadratic({}),
                      "LinearQuadratic: A has 0 rows and B 0 columns; give at least 1 state and 1 action");
    CHECK_THROWS_WITH(refused([](auto& o) {
                          o.a = matrix(3, 2, {1, 2, 3, 4, 5, 6});
                      }),
                      "LinearQuadratic: A is 3 x 2; give 3 x 3");
    CHECK_THROWS_WITH(refused([](auto& o) {
                          o.b = matrix(2, 2, {1, 2, 3, 4});
                      }),
                      "LinearQuadratic: B is 2 x 2; give 3 x 2");
    CHECK_THROWS_WITH(refused([](auto& o) { o.r = matrix(1, 1, {1}); }), "LinearQuadratic: R is 1 x 1; give 2 x 2");
    CHECK_THROWS_WITH(refused([](auto& o) { o.q(0, 1) = 7; }),
                      "LinearQuadratic: Q is not symmetric; give (Q + Q^T) / 2");
    CHECK_THROWS_WITH(refused([](auto& o) { o.r(0, 1) = 7; }),
                      "LinearQuadratic: R is not symmetric; give (R + R^T) / 2");
    CHECK_THROWS_WITH(refused([](auto& o) { o.a(0, 0) = std::numeric_limits<double>::quiet_NaN(); }),
                      "LinearQuadratic: A holds a number that is not finite; give finite numbers");
    CHECK_THROWS_WITH(refused([](auto& o) { o.start = 0; }),
                      "LinearQuadratic: start is 0; give a finite number above 0");
    CHECK_THROWS_WITH(refused([](auto& o) { o.start = std::numeric_limits<double>::infinity(); }),
                      "LinearQuadratic: start is inf; give a finite number above 0");
}
