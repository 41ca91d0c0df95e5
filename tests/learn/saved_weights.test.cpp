#include "gradiva/learn/saved_weights.hpp"

#include <limits>
#include <stdexcept>
#include <vector>

#include "catch.hpp"

using namespace gradiva;

TEST_CASE("weights are restored when the body throws, and only then") {
    SavedWeights<double> saved;
    std::vector<double> weights = {1, 2, 3};
    CHECK(saved.restore_on_failure(weights, [&] { return weights[1] = 7; }) == 7);
    CHECK(weights == std::vector<double>{1, 7, 3});
    CHECK_THROWS_WITH(saved.restore_on_failure(weights,
                                               [&] {
                                                   weights = {4, 5, 6};
                                                   return throw std::runtime_error("no"), 0;
                                               }),
                      "no");
    CHECK(weights == std::vector<double>{1, 7, 3});
}

TEMPLATE_TEST_CASE("require_finite_weights accepts all finite weights and refuses others", "", float, double) {
    using T = TestType;
    constexpr T most = std::numeric_limits<T>::max(), infinity = std::numeric_limits<T>::infinity();
    const auto check = [](std::vector<T> weights) { require_finite_weights<T>(weights, "critic"); };
    CHECK_NOTHROW(check({}));
    CHECK_NOTHROW(check({0, std::numeric_limits<T>::denorm_min()}));
    CHECK_NOTHROW(check({most, -most, most, most, 1}));
    CHECK_NOTHROW(check(std::vector<T>(100, sizeof(T) == 4 ? T(1e30) : T(1e160))));
    for (const T bad : {infinity, -infinity, std::numeric_limits<T>::quiet_NaN()}) {
        CHECK_THROWS_WITH(check({1, bad, most}),
                          "update: the critic's weights are not finite; lower the learning rate");
        CHECK_THROWS_AS(check({most, most, bad}), Error);
    }
}
