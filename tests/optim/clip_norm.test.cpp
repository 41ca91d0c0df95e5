#include "catch.hpp"

#include "gradiva/optim/clip_norm.hpp"

#include <cmath>

using namespace gradiva;
using Catch::Approx;

TEST_CASE("the factor brings a longer gradient to the norm, and leaves a shorter one") {
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

TEST_CASE("the squared norm is summed in double") {
    const std::vector<double> values = {3, -4};
    CHECK(squared_norm(std::span<const double>(values)) == 25);
    CHECK(squared_norm(std::span<const double>()) == 0);
    // In float the square would overflow, and small terms would be lost in a large sum.
    const std::vector<float> large = {1e30F};
    CHECK(squared_norm(std::span<const float>(large)) == Approx(1e60).epsilon(1e-6));
    std::vector<float> many(1001, 1e-3F);
    many[0] = 1e3F;
    CHECK(squared_norm(std::span<const float>(many)) == Approx(1e6 + 1e-3).epsilon(1e-12));
}

TEST_CASE("gradients of shards are added in order, cleared and measured") {
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
    const double squares = add_up(3, shard, std::span(total));
    CHECK(total == last);
    for (const std::vector<float>& cleared : shards) CHECK(cleared == std::vector<float>(size));
    CHECK(squares == squared_norm(std::span<const float>(last)));

    shards[0] = last;
    CHECK(add_up(1, shard, std::span(total)) == squares);
    CHECK(total == last);

    shards.assign(most_parts, last);
    CHECK(add_up(most_parts, shard, std::span(total)) == 256 * squares);
    for (std::size_t i = 0; i < size; ++i) CHECK(total[i] == 16 * last[i]);
}
