#include "catch.hpp"

#include "gradiva/core/rng.hpp"
#include "gradiva/optim/clip_norm.hpp"

#include <cmath>
#include <limits>
#include <vector>

using namespace gradiva;
using Catch::Approx;

TEST_CASE("clip_factor scales a longer gradient to the norm and leaves a shorter one") {
    CHECK(clip_factor(2, 0.5) == 0.25);
    CHECK(clip_factor(2, 0.5) * 2 == 0.5);
    CHECK(clip_factor(0.5, 0.5) == 1);
    CHECK(clip_factor(0.1, 0.5) == 1);
    CHECK(clip_factor(0, 0.5) == 1);
}

TEST_CASE("a largest norm of 0 clips nothing") {
    CHECK(clip_factor(1e9, 0) == 1);
    CHECK(clip_factor(0, 0) == 1);
}

TEST_CASE("the norm is summed in double") {
    const std::vector<double> values = {3, -4};
    CHECK(norm_of(std::span<const double>(values)) == 5);
    CHECK(norm_of(std::span<const double>()) == 0);
    // In float the square would overflow, and small terms would be lost in a large sum.
    const std::vector<float> large = {1e30F};
    CHECK(norm_of(std::span<const float>(large)) == Approx(1e30).epsilon(1e-6));
    std::vector<float> many(1001, 1e-3F);
    many[0] = 1e3F;
    CHECK(norm_of(std::span<const float>(many)) == Approx(std::sqrt(1e6 + 1e-3)).epsilon(1e-12));
}

TEMPLATE_TEST_CASE("the norm of any finite numbers neither overflows nor underflows", "", float, double) {
    using T = TestType;
    Rng rng(1);
    const int most = std::numeric_limits<T>::max_exponent, least = std::numeric_limits<T>::min_exponent;
    for (const std::size_t size : {1U, 3U, 32U, 33U, 500U}) {
        std::vector<double> x(size);
        for (double& value : x) value = static_cast<double>(static_cast<float>(rng.normal()));
        double squares = 0;
        for (const double value : x) squares += value * value;
        for (int power = least + 30; power < most - 10; power += 7) {
            std::vector<T> scaled(size), other(size), total(size);
            for (std::size_t i = 0; i < size; ++i) scaled[i] = static_cast<T>(std::ldexp(x[i], power));
            CAPTURE(size, power);
            const double expected = std::ldexp(std::sqrt(squares), power);
            REQUIRE(norm_of(std::span<const T>(scaled)) == Approx(expected).epsilon(1e-6));
            const auto part = [&](Index s) { return std::span(s == 0 ? scaled : other); };
            REQUIRE(add_up(2, part, std::span(total)) == Approx(expected).epsilon(1e-6));
            // A gradient of this norm is brought to another, and keeps its direction.
            for (const double max_norm : {0.5, expected / 3, std::ldexp(1.0, least + 10)}) {
                if (max_norm >= expected) continue;
                std::vector<T> clipped = total;
                clip(std::span(clipped), expected, max_norm);
                REQUIRE(norm_of(std::span<const T>(clipped)) == Approx(max_norm).epsilon(1e-4));
                REQUIRE(static_cast<double>(clipped[0]) / max_norm ==
                        Approx(x[0] / std::sqrt(squares)).epsilon(1e-3).margin(1e-3));
            }
        }
    }
    const T most_number = std::numeric_limits<T>::max(), infinity = std::numeric_limits<T>::infinity();
    const auto norm = [](std::vector<T> values) { return norm_of(std::span<const T>(values)); };
    CHECK(norm({0, 0, 0}) == 0);
    CHECK(norm({std::numeric_limits<T>::denorm_min()}) > 0);
    CHECK(norm({most_number}) == static_cast<double>(most_number));
    CHECK_FALSE(std::isfinite(norm({1, infinity, 1})));
    CHECK_FALSE(std::isfinite(norm({most_number, std::numeric_limits<T>::quiet_NaN()})));
    CHECK_FALSE(std::isfinite(norm({std::numeric_limits<T>::quiet_NaN(), 1})));
    CHECK(joint_norm(norm({3}), norm({4})) == 5);
}

TEST_CASE("a gradient of 1e160 in double is clipped and not lost") {
    std::vector<double> gradient = {3e160, -4e160};
    const double norm = norm_of(std::span<const double>(gradient));
    CHECK(norm == Approx(5e160));
    CHECK(clip_factor(norm, 0.5) == Approx(1e-161));
    clip(std::span(gradient), norm, 0.5);
    CHECK(gradient[0] == Approx(0.3));
    CHECK(gradient[1] == Approx(-0.4));
    CHECK(joint_norm(3e160, 4e160) == Approx(5e160));
    CHECK(joint_norm(3e-200, 4e-200) == Approx(5e-200));
}

TEST_CASE("a gradient within the largest norm keeps its bits") {
    const std::vector<double> before = {0.3, -0.4};
    for (const double max_norm : {0.5, 7.0, 0.0}) {
        std::vector<double> gradient = before;
        clip(std::span(gradient), 0.5, max_norm);
        CHECK(gradient == before);
    }
}

TEST_CASE("add_up sums gradients of shards in order, resets them and returns the norm") {
    constexpr std::size_t size = 2500;  // no multiple of the 32 numbers that are added at a time
    std::vector<std::vector<float>> shards(3, std::vector<float>(size));
    for (std::size_t i = 0; i < size; ++i) {
        shards[0][i] = 1e8F;
        shards[1][i] = -1e8F;  // in another order the number of the third would be lost
        shards[2][i] = static_cast<float>(i) / 16;
    }
    const std::vector<float> last = shards[2];
    std::vector<float> total(size, 7.0F);
    const auto shard = [&](Index s) { return std::span(shards[static_cast<std::size_t>(s)]); };
    const double norm = add_up(3, shard, std::span(total));
    CHECK(total == last);
    for (const std::vector<float>& cleared : shards) CHECK(cleared == std::vector<float>(size));
    CHECK(norm == norm_of(std::span<const float>(last)));

    shards[0] = last;
    CHECK(add_up(1, shard, std::span(total)) == norm);
    CHECK(total == last);

    shards.assign(most_shards, last);
    CHECK(add_up(most_shards, shard, std::span(total)) == 16 * norm);
    for (std::size_t i = 0; i < size; ++i) CHECK(total[i] == 16 * last[i]);
}
