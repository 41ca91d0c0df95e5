#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "gradiva/io/recorded_run.hpp"
#include "gradiva/io/run_statistics.hpp"
#include "gradiva/io/series_table.hpp"

// Numbers of a report as JSON: at most 400 of a series, as base64 of little-endian numbers.

namespace GRADIVA_NAMESPACE::detail {

inline constexpr Index most_drawn = 400;

/// RFC 4648, with padding.
inline std::string base64(std::span<const std::uint8_t> bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t word = 0;
        for (std::size_t k = 0; k < 3; ++k) word = word << 8 | (k < count ? bytes[i + k] : 0U);
        for (std::size_t k = 0; k < 4; ++k) text += k <= count ? digits[word >> (18 - 6 * k) & 63U] : '=';
    }
    return text;
}

/// Numbers as `Number`s, least significant byte first.
template <class Number, class Word>
std::string base64_of(std::span<const double> numbers) {
    constexpr double greatest = std::numeric_limits<Number>::max();
    std::vector<std::uint8_t> bytes;
    for (const double x : numbers) {
        const auto word =
            std::bit_cast<Word>(static_cast<Number>(std::isnan(x) ? x : std::clamp(x, -greatest, greatest)));
        for (std::size_t k = 0; k < sizeof(Word); ++k) bytes.push_back(static_cast<std::uint8_t>(word >> (8 * k)));
    }
    return base64(bytes);
}

inline nlohmann::ordered_json drawn_json(std::span<const double> numbers) {
    return base64_of<float, std::uint32_t>(numbers);
}

/// Places on an axis, exactly: counts exceed the digits of float. {"range": [first, step, count]} where they are
/// evenly spaced, else {"f64": base64}.
inline nlohmann::ordered_json places_json(std::span<const double> x) {
    const double step = x.size() > 1 ? x[1] - x[0] : 0;
    bool even = !x.empty() && std::isfinite(x[0]);
    for (std::size_t i = 0; i < x.size() && even; ++i) even = x[i] == x[0] + static_cast<double>(i) * step;
    if (even) return {{"range", {x[0], step, x.size()}}};
    return {{"f64", base64_of<double, std::uint64_t>(x)}};
}

inline bool has_numbers(const SeriesColumn& column) {
    return std::any_of(column.last.begin(), column.last.end(), [](double x) { return !std::isnan(x); });
}

/// The extremes of each bucket.
inline std::vector<double> lows(const SeriesColumn& column) {
    std::vector<double> all;
    for (std::size_t i = 0; i < column.last.size(); ++i) all.push_back(column.low(i));
    return all;
}
inline std::vector<double> highs(const SeriesColumn& column) {
    std::vector<double> all;
    for (std::size_t i = 0; i < column.last.size(); ++i) all.push_back(column.high(i));
    return all;
}

/// A column of one run: each number, or the last one and the extremes of each bucket.
inline nlohmann::ordered_json column_json(const SeriesColumn& column) {
    nlohmann::ordered_json json = {{"last", drawn_json(column.last)}};
    if (column.least.empty()) return json;
    json["least"] = drawn_json(lows(column));
    json["greatest"] = drawn_json(highs(column));
    return json;
}

/// The axes on which a run's numbers can be drawn.
inline nlohmann::ordered_json axes_json(const SeriesTable& table) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const std::string_view name : RunSeries::axes) {
        const SeriesColumn& column = *table.find(name);
        if (has_numbers(column)) json[std::string(name)] = places_json(column.last);
    }
    return json;
}

/// A column of a run against its steps.
inline StepCurve curve_of(const RecordedRun& run, std::string_view name) {
    StepCurve curve;
    const SeriesTable& table = run.series.table();
    const SeriesColumn* const column = table.find(name);
    if (column == nullptr) return curve;
    const SeriesColumn& steps = *table.find("steps");
    for (std::size_t i = 0; i < column->last.size(); ++i) {
        if (std::isnan(column->last[i])) continue;
        curve.x.push_back(steps.last[i]);
        curve.y.push_back(column->last[i]);
    }
    return curve;
}

/// A band as a table of at most `most_drawn` buckets, with columns low, median, high and count.
inline SeriesTable table_of(const QuartileBand& band) {
    SeriesTable table(most_drawn);
    const std::array<std::size_t, 4> columns = {table.column("low"), table.column("median"), table.column("high"),
                                                table.column("count")};
    for (const Quartiles& q : band.y) {
        table.add_row();
        table.set(columns[0], q.low);
        table.set(columns[1], q.median);
        table.set(columns[2], q.high);
        if (q.count > 0) table.set(columns[3], static_cast<double>(q.count));
    }
    return table;
}

/// The median of a group, as a column of one run, and its band, whose edges are the extremes of the quartiles in each
/// bucket.
inline nlohmann::ordered_json band_json(const SeriesTable& table) {
    nlohmann::ordered_json json = column_json(*table.find("median"));
    json["low"] = drawn_json(lows(*table.find("low")));
    json["high"] = drawn_json(highs(*table.find("high")));
    json["count"] = places_json(table.find("count")->last);
    return json;
}

}  // namespace GRADIVA_NAMESPACE::detail
