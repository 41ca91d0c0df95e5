#include "catch.hpp"

#include "gradiva/core/rng.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <set>
#include <vector>

namespace {

using namespace gradiva;

using Block = std::array<std::uint32_t, 4>;

static_assert(std::uniform_random_bit_generator<Rng>);

Block next_block(Rng& rng) { return {rng(), rng(), rng(), rng()}; }

// How often each value of below(n), divided by `width`, came in `draws` draws.
std::vector<double> frequencies(Rng rng, Index n, int draws, const auto& cell, std::size_t cells) {
    std::vector<double> counts(cells);
    for (int i = 0; i < draws; ++i) {
        const Index x = rng.below(n);
        if (x < 0 || x >= n) return {};
        ++counts[static_cast<std::size_t>(cell(x))];
    }
    return counts;
}

// Far above what chance gives: the statistic's mean is its degrees of freedom d, its variance 2 d.
bool is_uniform(const std::vector<double>& counts) {
    if (counts.empty()) return false;
    double total = 0;
    for (const double count : counts) total += count;
    const double expected = total / static_cast<double>(counts.size());
    double chi_square = 0;
    for (const double count : counts) chi_square += (count - expected) * (count - expected) / expected;
    const double freedom = static_cast<double>(counts.size()) - 1;
    return chi_square < freedom + 5 * std::sqrt(2 * freedom);
}

}  // namespace

TEST_CASE("Philox gives the known answers of its authors") {
    // The vectors for philox4x32 with 10 rounds in kat_vectors of Random123.
    static_assert(philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    constexpr std::uint32_t ones = 0xffffffff;
    CHECK(philox4x32({ones, ones, ones, ones}, {ones, ones}) == Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is Philox on counted blocks") {
    Rng rng(0);
    CHECK(next_block(rng) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    for (std::uint32_t i = 1; i < 40; ++i) CHECK(next_block(rng) == philox4x32({i, 0, 0, 0}, {0, 0}));
}

TEST_CASE("block numbers of a stream carry into the second counter word, and the other words hold the name") {
    const std::uint64_t seed = 0x0123'4567'89AB'CDEF, first = 0xFFFF'FFFD;
    const std::array<std::uint32_t, 2> key{0x89AB'CDEF, 0x0123'4567}, stream{0x1234'5678, 0x9ABC'DEF0};
    detail::PhiloxWords words;
    detail::philox4x32(first, stream, key, words);
    for (std::size_t b = 0; b < detail::philox_blocks; ++b) {
        const auto low = static_cast<std::uint32_t>(first + b), high = static_cast<std::uint32_t>((first + b) >> 32);
        CHECK(Block{words[0][b], words[1][b], words[2][b], words[3][b]} ==
              philox4x32({low, high, stream[0], stream[1]}, key));
    }
    Rng rng(seed, Purpose::action, 0x12'3456'789A'BCDE);
    CHECK(next_block(rng) == philox4x32({0, 0, 0x789A'BCDE, 0x1234'5602}, key));
}

TEST_CASE("streams differ by seed, purpose and index, in all their bits") {
    std::set<Block> first_blocks;
    std::size_t names = 0;
    for (const std::uint64_t seed : {0ULL, 1ULL, 42ULL, 1ULL << 32, 1ULL << 63}) {
        for (const Purpose purpose :
             {Purpose::user, Purpose::environment, Purpose::action, Purpose::initialisation, Purpose::minibatch,
              Purpose::evaluation_environment, Purpose::evaluation_action}) {
            for (const std::uint64_t index : {0ULL, 1ULL, 2ULL, 6ULL, 1ULL << 8, 1ULL << 32, 1ULL << 55}) {
                Rng rng(seed, purpose, index);
                first_blocks.insert(next_block(rng));
                ++names;
            }
        }
    }
    CHECK(first_blocks.size() == names);
}

TEST_CASE("the same name gives the same numbers, and a copy continues with them") {
    Rng a(7, Purpose::action, 3);
    Rng b(7, Purpose::action, 3);
    for (int i = 0; i < 9; ++i) REQUIRE(a() == b());
    REQUIRE(a.normal() == b.normal());
    Rng copy = a;
    CHECK(copy.normal() == b.normal());
    CHECK(copy() == b());
}

TEST_CASE("a stream does not repeat itself") {
    Rng rng(1);
    std::set<Block> blocks;
    for (int i = 0; i < 10'000; ++i) blocks.insert(next_block(rng));
    CHECK(blocks.size() == 10'000);
}

TEST_CASE("uniform numbers lie in the unit interval and have its moments") {
    constexpr int n = 200'000;
    Rng rng(3);
    double smallest = 1;
    double largest = 0;
    double sum = 0;
    double squares = 0;
    double products = 0;
    double last = 0.5;
    for (int i = 0; i < n; ++i) {
        const double u = rng.uniform();
        smallest = std::min(smallest, u);
        largest = std::max(largest, u);
        sum += u;
        squares += (u - 0.5) * (u - 0.5);
        products += (u - 0.5) * (last - 0.5);
        last = u;
    }
    CHECK(smallest >= 0);
    CHECK(smallest < 1e-4);
    CHECK(largest < 1);
    CHECK(largest > 1 - 1e-4);
    CHECK(std::abs(sum / n - 0.5) < 4 * std::sqrt(1.0 / 12 / n));
    CHECK(std::abs(squares / n - 1.0 / 12) < 4 * std::sqrt((1.0 / 80 - 1.0 / 144) / n));
    CHECK(std::abs(products / n) < 4 * (1.0 / 12) / std::sqrt(n));
}

TEST_CASE("each of the 53 bits of a uniform number is set half the time") {
    constexpr int n = 20'000;
    Rng rng(4);
    std::array<int, 53> set{};
    for (int i = 0; i < n; ++i) {
        const auto bits = static_cast<std::uint64_t>(rng.uniform() * 0x1p53);
        for (std::size_t b = 0; b < set.size(); ++b) set[b] += static_cast<int>((bits >> b) & 1);
    }
    for (const int count : set) CHECK(std::abs(count - n / 2) < 4 * std::sqrt(n / 4.0));
}

TEST_CASE("uniform numbers between two bounds fill the interval") {
    Rng rng(5);
    double smallest = 9;
    double largest = -9;
    for (int i = 0; i < 10'000; ++i) {
        const double u = rng.uniform(-3, 5);
        smallest = std::min(smallest, u);
        largest = std::max(largest, u);
    }
    CHECK(smallest >= -3);
    CHECK(smallest < -2.98);
    CHECK(largest < 5);
    CHECK(largest > 4.98);
}

TEST_CASE("normal numbers are the Box-Muller transform of the words at the same positions") {
    for (const int before : {0, 1, 32, 33}) {
        Rng normals(9), uniforms(9);
        for (int i = 0; i < before; ++i) CHECK(normals() == uniforms());
        for (int block = 0; block < 20; ++block) {
            for (int pair = 0; pair < 8; ++pair) {
                const double radius = std::sqrt(-2 * std::log(1 - uniforms.uniform()));
                const double angle = 2 * std::numbers::pi * uniforms.uniform();
                CHECK(std::abs(normals.normal() - radius * std::cos(angle)) < 1e-7);
                CHECK(std::abs(normals.normal() - radius * std::sin(angle)) < 1e-7);
            }
            CHECK(normals() == uniforms());
        }
    }
}

TEST_CASE("normal numbers have the moments of the standard normal distribution") {
    constexpr int n = 400'000;
    Rng rng(6);
    double power[5] = {};
    for (int i = 0; i < n; ++i) {
        const double x = rng.normal();
        for (int k = 1; k <= 4; ++k) power[k] += std::pow(x, k) / n;
    }
    CHECK(std::abs(power[1]) < 4 * std::sqrt(1.0 / n));
    CHECK(std::abs(power[2] - 1) < 4 * std::sqrt(2.0 / n));
    CHECK(std::abs(power[3]) < 4 * std::sqrt(15.0 / n));
    CHECK(std::abs(power[4] - 3) < 4 * std::sqrt(96.0 / n));
}

TEST_CASE("the two normal numbers of a pair are uncorrelated, and so are their squares") {
    constexpr int pairs = 200'000;
    Rng rng(8);
    double product = 0;
    double of_squares = 0;
    for (int i = 0; i < pairs; ++i) {
        const double x = rng.normal();
        const double y = rng.normal();
        product += x * y / pairs;
        of_squares += (x * x - 1) * (y * y - 1) / pairs;
    }
    CHECK(std::abs(product) < 4 / std::sqrt(pairs));
    CHECK(std::abs(of_squares) < 4 * 2 / std::sqrt(pairs));
}

TEST_CASE("below gives every number with the same frequency") {
    const auto itself = [](Index x) { return x; };
    CHECK(is_uniform(frequencies(Rng(10), 3, 100'000, itself, 3)));
    CHECK(is_uniform(frequencies(Rng(11), 7, 100'000, itself, 7)));
    CHECK(is_uniform(frequencies(Rng(12), 1000, 400'000, itself, 1000)));
    CHECK(frequencies(Rng(13), 1, 100, itself, 1) == std::vector<double>{100});
}

TEST_CASE("below is unbiased near the largest bound") {
    // Without rejection, 2^32 values fall on 3 * 2^30: every third number, or the lowest third, would come twice.
    constexpr Index n = Index{3} << 30;
    CHECK(is_uniform(frequencies(
        Rng(14), n, 100'000, [](Index x) { return x < n / 2 ? 0 : 1; }, 2)));
    CHECK(is_uniform(frequencies(
        Rng(14), n, 100'000, [](Index x) { return x / (n / 3); }, 3)));
    CHECK(is_uniform(frequencies(
        Rng(14), n, 100'000, [](Index x) { return x % 3; }, 3)));
    CHECK(is_uniform(frequencies(
        Rng(15), Index{0xFFFFFFFF}, 100'000, [](Index x) { return x >> 28; }, 16)));
}
