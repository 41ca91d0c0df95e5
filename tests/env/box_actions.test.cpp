// Actions of a Box on their way to the environments.
#include <limits>

#include "catch.hpp"
#include "gradiva/env/vectorized.hpp"

using namespace gradiva;

namespace {

/// Shows the action that it was given.
struct Mirror {
    std::vector<float> low = {}, high = {};
    Box observation_space() const { return {.size = 2}; }
    Box action_space() const { return {.size = 2, .low = low, .high = high}; }
    void reset(Rng&, std::span<float> observation) { observation[0] = observation[1] = 0; }
    Outcome step(std::span<const float> action, Rng&, std::span<float> observation) {
        std::copy(action.begin(), action.end(), observation.begin());
        return {};
    }
};

/// What two environments are given of two actions, of which only the columns from `first` on are sent.
Matrix<float> sent(const Mirror& mirror, const Matrix<float>& sampled, Index first = 0) {
    Vectorized envs(mirror, {.count = 2});
    ActionBatch actions({.reals = 2}, 2);
    actions.all().reals = sampled;
    Matrix<float> observation(2, 2), final_observation(2, 2);
    std::vector<double> reward(2);
    std::vector<std::uint8_t> terminated(2), truncated(2);
    envs.reset({0, 2}, observation);
    StepView out{observation.rightCols(2 - first), final_observation, reward, terminated, truncated};
    envs.step({first, 2}, std::as_const(actions).columns({first, 2}), out);
    CHECK((actions.all().reals - sampled).isZero(0));  // what was sampled is kept
    return observation;
}

Matrix<float> matrix(float a, float b, float c, float d) { return (Matrix<float>(2, 2) << a, b, c, d).finished(); }

}  // namespace

TEST_CASE("An action of a Box is sent clipped to the bounds and stays as it was sampled") {
    CHECK(sent({.low = {-1}, .high = {1}}, matrix(-3, 0.5F, 2, -0.25F)) == matrix(-1, 0.5F, 1, -0.25F));
    CHECK(sent({.low = {-1, 0}, .high = {1, 5}}, matrix(-3, 3, -3, 9)) == matrix(-1, 1, 0, 5));
    CHECK(sent({.low = {}, .high = {1}}, matrix(-300, 3, 2, -4)) == matrix(-300, 1, 1, -4));
    CHECK(sent({}, matrix(-300, 3, 2, 1e30F)) == matrix(-300, 3, 2, 1e30F));
}

TEST_CASE("An environment in the middle of a range gets its own column, clipped") {
    CHECK(sent({.low = {-1}, .high = {1}}, matrix(9, -9, 9, 0.5F), 1) == matrix(0, -1, 0, 0.5F));
}

TEST_CASE("An action that is not finite is reported, whether the Box is bounded or not") {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    CHECK_THROWS_WITH(sent({.low = {-1}, .high = {1}}, matrix(0, 0, 0, nan)),
                      "Vectorized: environment 1 was to get action[1] = nan; lower the learning rate, or check the "
                      "policy's weights");
    CHECK_THROWS_AS(sent({.low = {-1}, .high = {1}}, matrix(0, infinity, 0, 0)), Error);
    CHECK_THROWS_AS(sent({}, matrix(0, 0, -infinity, 0)), Error);
}
