#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/rng.hpp"

// Statistics over runs of one experiment that differ in their seed. Source of interquartile means and their intervals:
// Agarwal et al., "Deep Reinforcement Learning at the Edge of the Statistical Precipice", 2021.

namespace GRADIVA_NAMESPACE {

/// The p-quantile, p from 0 to 1, of numbers in ascending order: linear between the two nearest to position (n - 1) p.
/// NaN of none. NumPy calls this method "linear".
inline double quantile(std::span<const double> ascending, double p) {
    require(p >= 0 && p <= 1, "quantile: p is {}; give a number from 0 to 1", p);
    if (ascending.empty()) return std::numeric_limits<double>::quiet_NaN();
    const double position = static_cast<double>(ascending.size() - 1) * p;
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, ascending.size() - 1);
    const double fraction = position - static_cast<double>(below);
    return ascending[below] + (ascending[above] - ascending[below]) * fraction;
}

/// The median of some numbers and the quartiles around it; NaN where `count` is 0.
struct Quartiles {
    double low = std::numeric_limits<double>::quiet_NaN();     ///< the first quartile
    double median = std::numeric_limits<double>::quiet_NaN();  ///< the second
    double high = std::numeric_limits<double>::quiet_NaN();    ///< the third
    Index count = 0;                                           ///< of the numbers
};

/// Of finite numbers in any order, which are sorted.
inline Quartiles quartiles(std::span<double> values) {
    std::sort(values.begin(), values.end());
    return {.low = quantile(values, 0.25),
            .median = quantile(values, 0.5),
            .high = quantile(values, 0.75),
            .count = static_cast<Index>(values.size())};
}

/// The mean of the middle half of finite numbers in any order, which are sorted: without the floor(n / 4) smallest and
/// as many of the largest. NaN of none. SciPy calls it `trim_mean(values, 0.25)`.
inline double interquartile_mean(std::span<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t left_out = values.size() / 4;
    double sum = 0;
    for (const double x : values.subspan(left_out, values.size() - 2 * left_out)) sum += x;
    return sum / static_cast<double>(values.size() - 2 * left_out);
}

/// From `low` to `high`.
struct Interval {
    double low = std::numeric_limits<double>::quiet_NaN();
    double high = std::numeric_limits<double>::quiet_NaN();
};

/// Options of `bootstrap_interval`.
struct BootstrapOptions {
    Index resamples = 2000;    ///< at least 1; more: less noise in the interval's ends
    double confidence = 0.95;  ///< of the interval, between 0 and 1; larger: wider
    std::uint64_t seed = 0;    ///< of the stream that the resamples are drawn from
};

/// The percentile bootstrap interval of the interquartile mean of finite numbers; NaN of none. Each resample draws as
/// many of the numbers, with replacement; equal numbers and options give the same interval.
inline Interval bootstrap_interval(std::span<const double> values, const BootstrapOptions& options = {}) {
    require(options.resamples >= 1, "bootstrap_interval: resamples is {}; give at least 1", options.resamples);
    require(options.confidence > 0 && options.confidence < 1,
            "bootstrap_interval: confidence is {}; give a number between 0 and 1", options.confidence);
    if (values.empty()) return {};
    Rng rng(options.seed, Purpose::bootstrap);
    std::vector<double> resample(values.size()), means;
    for (Index i = 0; i < options.resamples; ++i) {
        for (double& x : resample) {
            x = values[static_cast<std::size_t>(rng.below(static_cast<Index>(values.size())))];
        }
        means.push_back(interquartile_mean(resample));
    }
    std::sort(means.begin(), means.end());
    const double outside = (1 - options.confidence) / 2;
    return {.low = quantile(means, outside), .high = quantile(means, 1 - outside)};
}

/// A curve of a run: `y` at the places `x`, which ascend strictly. All are finite.
struct StepCurve {
    std::vector<double> x = {}, y = {};
};

/// Quartiles over several curves at the places `x`.
struct QuartileBand {
    std::vector<double> x = {};
    std::vector<Quartiles> y = {};
};

namespace detail {

/// Reads a curve at ascending places.
class CurveReader {
public:
    explicit CurveReader(const StepCurve& curve) : curve_(curve) {}

    /// Whether the curve reaches from before x to after it; there is no extrapolation.
    bool covers(double x) const { return !curve_.x.empty() && x >= curve_.x.front() && x <= curve_.x.back(); }

    /// The value at x, linear between the nearest two points; x is covered, and not less than in the last call.
    double at(double x) {
        while (curve_.x[next_] < x) ++next_;
        if (curve_.x[next_] == x) return curve_.y[next_];
        const double before = curve_.x[next_ - 1], step = curve_.y[next_] - curve_.y[next_ - 1];
        return curve_.y[next_ - 1] + step * ((x - before) / (curve_.x[next_] - before));
    }

private:
    const StepCurve& curve_;
    std::size_t next_ = 0;
};

}  // namespace detail

/// Quartiles over the curves at `places`, which ascend. Between its points a curve is linear; where it has not begun or
/// has ended it is left out.
inline QuartileBand quartile_band(std::span<const StepCurve> curves, std::span<const double> places) {
    QuartileBand band;
    band.x.assign(places.begin(), places.end());
    std::vector<detail::CurveReader> readers;
    for (const StepCurve& curve : curves) {
        require(curve.x.size() == curve.y.size(), "quartile_band: a curve has {} places and {} values", curve.x.size(),
                curve.y.size());
        readers.emplace_back(curve);
    }
    std::vector<double> values;
    for (const double x : places) {
        values.clear();
        for (detail::CurveReader& reader : readers) {
            if (reader.covers(x)) values.push_back(reader.at(x));
        }
        band.y.push_back(quartiles(values));
    }
    return band;
}

/// The same at the union of the curves' places.
inline QuartileBand quartile_band(std::span<const StepCurve> curves) {
    std::vector<double> places;
    for (const StepCurve& curve : curves) places.insert(places.end(), curve.x.begin(), curve.x.end());
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return quartile_band(curves, places);
}

}  // namespace GRADIVA_NAMESPACE
