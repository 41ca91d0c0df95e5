// Learning curves of a row as an SVG: the median over seeds, and a band from the worst seed to the best.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "report.hpp"

namespace learning_table {

/// 1, 2 or 5 times a power of ten: the step between some `count` ticks over `range`.
inline double tick_step(double range, int count) {
    const double power = std::pow(10.0, std::floor(std::log10(range / count)));
    const double rest = range / count / power;
    return power * (rest > 5 ? 10 : rest > 2 ? 5 : rest > 1 ? 2 : 1);
}

/// 0, 250, 100k, 2.5M.
inline std::string tick_label(double x) {
    if (std::abs(x) >= 1e6) return fmt::format("{:g}M", x / 1e6);
    if (std::abs(x) >= 1e4) return fmt::format("{:g}k", x / 1e3);
    return fmt::format("{:g}", x);
}

/// A linear axis: numbers to pixels, with ticks at round numbers.
struct Axis {
    double low = 0, high = 1;  // numbers
    double low_pixel = 0, high_pixel = 1;

    double operator()(double x) const { return low_pixel + (x - low) / (high - low) * (high_pixel - low_pixel); }

    std::vector<double> ticks(int count) const {
        const double step = tick_step(high - low, count);
        std::vector<double> all;
        for (double i = std::ceil(low / step); i * step <= high + 1e-9 * step; ++i) all.push_back(i * step + 0.0);
        return all;
    }

    /// The smallest axis between round numbers that shows [low, high].
    static Axis around(double low, double high, double low_pixel, double high_pixel) {
        if (!(high > low)) high = low + 1;
        const double step = tick_step(high - low, 6);
        return {std::floor(low / step) * step, std::ceil(high / step) * step, low_pixel, high_pixel};
    }
};

/// The seeds' returns at one number of steps.
struct BandPoint {
    double steps, low, middle, high;
};

/// Where every seed has ended an episode.
inline std::vector<BandPoint> band_of(const std::vector<Result>& results) {
    std::vector<BandPoint> band;
    std::size_t points = results.front().curve.size();
    for (const Result& result : results) points = std::min(points, result.curve.size());
    for (std::size_t i = 0; i < points; ++i) {
        std::vector<double> values;
        for (const Result& result : results) values.push_back(result.curve[i].mean_return);
        if (std::any_of(values.begin(), values.end(), [](double x) { return !std::isfinite(x); })) continue;
        const auto [low, high] = std::minmax_element(values.begin(), values.end());
        band.push_back({static_cast<double>(results.front().curve[i].steps), *low, median(values), *high});
    }
    return band;
}

inline std::string learning_curves_svg(const Measured& m) {
    constexpr double width = 760, height = 440, left = 78, right = 24, top = 52, bottom = 62;
    constexpr auto colour = "#1f6fb4", grey = "#5a5f66", goal_colour = "#b4451f";
    const std::vector<BandPoint> band = band_of(m.results);

    double lowest = m.row.goal, highest = m.row.goal;
    for (const BandPoint& p : band) {
        lowest = std::min(lowest, p.low);
        highest = std::max(highest, p.high);
    }
    if (lowest > 0 && lowest < highest / 2) lowest = 0;
    const Axis x{0, static_cast<double>(summarise(m).steps), left, width - right};
    const Axis y = Axis::around(lowest, highest, height - bottom, top);

    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"13\">\n"
        "<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
        width, height);
    const auto text = [&](double at_x, double at_y, const std::string& words, const std::string& more = "") {
        svg += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"#222\" {}>{}</text>\n", at_x, at_y, more, words);
    };
    const auto line = [&](double x1, double y1, double x2, double y2, const std::string& stroke) {
        svg +=
            fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2, y2, stroke);
    };

    text(left, 28, fmt::format("{}: {}", m.row.environment, m.row.algorithm), "font-size=\"17\" font-weight=\"bold\"");
    for (const double tick : y.ticks(6)) {
        line(left, y(tick), width - right, y(tick), "stroke=\"#e3e5e8\"");
        text(left - 9, y(tick) + 4.5, tick_label(tick), "text-anchor=\"end\"");
    }
    for (const double tick : x.ticks(8)) {
        line(x(tick), height - bottom, x(tick), height - bottom + 5, fmt::format("stroke=\"{}\"", grey));
        text(x(tick), height - bottom + 20, tick_label(tick), "text-anchor=\"middle\"");
    }
    text((left + width - right) / 2, height - 16, "environment steps", "text-anchor=\"middle\" font-size=\"14\"");
    const double middle = (top + height - bottom) / 2;
    text(22, middle, "mean return of the last 100 training episodes",
         fmt::format("text-anchor=\"middle\" font-size=\"14\" transform=\"rotate(-90 22 {:.1f})\"", middle));

    std::string outline, curve;
    for (const BandPoint& p : band) {
        outline += fmt::format("{:.1f},{:.1f} ", x(p.steps), y(p.high));
        curve += fmt::format("{:.1f},{:.1f} ", x(p.steps), y(p.middle));
    }
    for (auto p = band.rbegin(); p != band.rend(); ++p) {
        outline += fmt::format("{:.1f},{:.1f} ", x(p->steps), y(p->low));
    }
    svg += fmt::format("<polygon points=\"{}\" fill=\"{}\" fill-opacity=\"0.2\"/>\n", outline, colour);
    line(left, y(m.row.goal), width - right, y(m.row.goal),
         fmt::format("stroke=\"{}\" stroke-width=\"1.3\" stroke-dasharray=\"6 4\"", goal_colour));
    svg += fmt::format("<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>\n", curve, colour);
    line(left, height - bottom, width - right, height - bottom, fmt::format("stroke=\"{}\"", grey));
    line(left, top, left, height - bottom, fmt::format("stroke=\"{}\"", grey));

    // The legend, where learning curves leave room.
    const double legend_x = width - right - 206, legend_y = height - bottom - 72;
    svg += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"198\" height=\"64\" fill=\"white\" fill-opacity=\"0.85\"/>\n",
        legend_x, legend_y);
    line(legend_x + 8, legend_y + 14, legend_x + 34, legend_y + 14,
         fmt::format("stroke=\"{}\" stroke-width=\"2\"", colour));
    text(legend_x + 42, legend_y + 18.5, fmt::format("median of {} seeds", m.results.size()));
    svg +=
        fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"26\" height=\"11\" fill=\"{}\" fill-opacity=\"0.2\"/>\n",
                    legend_x + 8, legend_y + 27, colour);
    text(legend_x + 42, legend_y + 37, "worst to best seed");
    line(legend_x + 8, legend_y + 51, legend_x + 34, legend_y + 51,
         fmt::format("stroke=\"{}\" stroke-width=\"1.3\" stroke-dasharray=\"6 4\"", goal_colour));
    text(legend_x + 42, legend_y + 55.5,
         fmt::format("goal {}{}", short_number(m.row.goal), m.row.score == Score::greedy ? ", greedy policy" : ""));
    return svg + "</svg>\n";
}

}  // namespace learning_table
