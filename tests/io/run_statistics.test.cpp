#include "gradiva/io/run_statistics.hpp"

#include "catch.hpp"

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "reference/read_blocks.hpp"

using Catch::Approx;

namespace {

const reference::Blocks& blocks() {
    static const reference::Blocks all =
        reference::read_blocks(GRADIVA_SOURCE_DIR "/tests/reference/run_statistics_scipy.txt");
    return all;
}

std::vector<double> block(const std::string& name) { return reference::at(blocks(), name).values; }

constexpr int sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 20, 30};

}  // namespace

TEST_CASE("quartiles are those of numpy") {
    for (const int n : sizes) {
        std::vector<double> sample = block("sample_" + std::to_string(n));
        const std::vector<double> expected = block("quartiles_" + std::to_string(n));
        const gradiva::Quartiles q = gradiva::quartiles(sample);
        CHECK(q.low == Approx(expected[0]).epsilon(1e-12));
        CHECK(q.median == Approx(expected[1]).epsilon(1e-12));
        CHECK(q.high == Approx(expected[2]).epsilon(1e-12));
        CHECK(q.count == n);
    }
}

TEST_CASE("the interquartile mean is scipy's trim_mean, also where n is not divisible by four") {
    for (const int n : sizes) {
        std::vector<double> sample = block("sample_" + std::to_string(n));
        CHECK(gradiva::interquartile_mean(sample) ==
              Approx(block("trimmed_" + std::to_string(n))[0]).margin(1e-6).epsilon(0));
    }
}

TEST_CASE("a bootstrap interval is numpy's percentiles of the same resamples") {
    for (const int n : sizes) {
        const gradiva::Interval interval = gradiva::bootstrap_interval(block("sample_" + std::to_string(n)));
        const std::vector<double> expected = block("same_indices_" + std::to_string(n));
        CAPTURE(n);
        CHECK(interval.low == Approx(expected[0]).margin(1e-6).epsilon(0));
        CHECK(interval.high == Approx(expected[1]).margin(1e-6).epsilon(0));
    }
}

TEST_CASE("a bootstrap interval is within six per cent of its width of scipy's with many more resamples") {
    for (const int n : sizes) {
        if (n == 1) continue;  // without a width
        const gradiva::Interval interval = gradiva::bootstrap_interval(block("sample_" + std::to_string(n)));
        const std::vector<double> expected = block("bootstrap_" + std::to_string(n));
        const double margin = 0.06 * (expected[1] - expected[0]);
        CAPTURE(n);
        CHECK(std::abs(interval.low - expected[0]) <= margin);
        CHECK(std::abs(interval.high - expected[1]) <= margin);
    }
}

TEST_CASE("a wider confidence gives a wider bootstrap interval, another seed another one") {
    const std::vector<double> sample = block("sample_20");
    const gradiva::Interval wide = gradiva::bootstrap_interval(sample, {.confidence = 0.99});
    const gradiva::Interval narrow = gradiva::bootstrap_interval(sample, {.confidence = 0.5});
    CHECK(wide.low < narrow.low);
    CHECK(wide.high > narrow.high);
    CHECK(gradiva::bootstrap_interval(sample, {.seed = 1}).low != gradiva::bootstrap_interval(sample).low);
    const gradiva::Interval once = gradiva::bootstrap_interval(sample, {.resamples = 1});
    CHECK(once.low == once.high);
}

TEST_CASE("statistics of no numbers are no numbers, and options out of range are refused") {
    CHECK(std::isnan(gradiva::quantile({}, 0.5)));
    CHECK(std::isnan(gradiva::quartiles({}).median));
    CHECK(std::isnan(gradiva::interquartile_mean({})));
    CHECK(std::isnan(gradiva::bootstrap_interval({}).low));
    const std::vector<double> one = {1};
    CHECK_THROWS_AS(gradiva::quantile(one, 1.01), gradiva::Error);
    CHECK_THROWS_AS(gradiva::quantile(one, std::nan("")), gradiva::Error);
    CHECK_THROWS_AS(gradiva::bootstrap_interval(one, {.resamples = 0}), gradiva::Error);
    CHECK_THROWS_AS(gradiva::bootstrap_interval(one, {.confidence = 1}), gradiva::Error);
}

TEST_CASE("curves of other places are interpolated at the union of these, and not extrapolated") {
    std::vector<gradiva::StepCurve> curves;
    for (int k = 0; k < 4; ++k) {
        const std::string name = "curve_" + std::to_string(k);
        curves.push_back({block(name + "_x"), block(name + "_y")});
    }
    curves.push_back({});  // of a run without a number
    const gradiva::QuartileBand band = gradiva::quartile_band(curves);
    CHECK(band.x == block("band_x"));
    const reference::Block& expected = reference::at(blocks(), "band_y");
    REQUIRE(band.y.size() == expected.cols);
    for (std::size_t i = 0; i < expected.cols; ++i) {
        CHECK(band.y[i].low == Approx(expected(0, i)).margin(1e-6));
        CHECK(band.y[i].median == Approx(expected(1, i)).margin(1e-6));
        CHECK(band.y[i].high == Approx(expected(2, i)).margin(1e-6));
        CHECK(static_cast<double>(band.y[i].count) == expected(3, i));
    }
}

TEST_CASE("a curve has as many values as places") {
    const std::vector<gradiva::StepCurve> curves = {{{1, 2}, {1}}};
    CHECK_THROWS_AS(gradiva::quartile_band(curves), gradiva::Error);
}
