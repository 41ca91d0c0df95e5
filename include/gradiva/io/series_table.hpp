#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/state.hpp"

namespace GRADIVA_NAMESPACE {

/// A column of a `SeriesTable`: in each bucket of rows the last number, the least and the greatest one, all NaN where
/// the bucket has none.
struct SeriesColumn {
    std::string name;
    std::vector<double> last = {};
    std::vector<float> least = {}, greatest = {};  ///< empty while a bucket is one row

    /// The least number of bucket i.
    double low(std::size_t i) const { return least.empty() ? last[i] : static_cast<double>(least[i]); }
    double high(std::size_t i) const { return greatest.empty() ? last[i] : static_cast<double>(greatest[i]); }
};

/// Named columns of numbers in memory that does not grow beyond `most` buckets a column, whatever the number of rows.
/// Up to `most` rows each is a bucket of its own, and all numbers are held exactly; whenever there are more, two
/// neighbouring buckets become one. The extremes of a bucket are then rounded to float.
class SeriesTable {
public:
    /// Exact up to this number of rows. A column takes 8 bytes a row up to it, and beyond it at most 16 bytes times
    /// 32,768: 12.6 MB in 24 columns.
    static constexpr Index most_by_default = 32'768;

    /// Throws `Error` unless `most` is an even number of at least 2.
    explicit SeriesTable(Index most = most_by_default) : most_(most) {
        require(most >= 2 && most % 2 == 0, "SeriesTable: most is {}; give an even number of at least 2", most);
    }

    Index rows() const { return rows_; }                             ///< that were added
    Index rows_per_bucket() const { return width_; }                 ///< a power of two; the last bucket may have fewer
    Index buckets() const { return (rows_ + width_ - 1) / width_; }  ///< at most `most`
    std::span<const SeriesColumn> columns() const { return columns_; }

    /// The column of this name; null without one.
    const SeriesColumn* find(std::string_view name) const {
        const auto found =
            std::find_if(columns_.begin(), columns_.end(), [&](const SeriesColumn& c) { return c.name == name; });
        return found == columns_.end() ? nullptr : &*found;
    }

    /// The position of the column of this name, which is added, without numbers, where there is none.
    std::size_t column(std::string_view name) {
        if (const SeriesColumn* found = find(name)) return static_cast<std::size_t>(found - columns_.data());
        SeriesColumn& added = columns_.emplace_back();
        added.name = name;
        resize(added);
        return columns_.size() - 1;
    }

    /// Begins a row without numbers.
    void add_row() {
        if (rows_ == most_ * width_) halve();
        ++rows_;
        if (rows_ % width_ == 1 || width_ == 1) {
            for (SeriesColumn& c : columns_) resize(c);
        }
    }

    /// Sets a number of the row that was added last; one that is not finite is ignored.
    void set(std::size_t column, double number) {
        if (!std::isfinite(number)) return;
        SeriesColumn& c = columns_[column];
        c.last.back() = number;
        if (width_ == 1) return;
        c.least.back() = std::fmin(c.least.back(), rounded(number));
        c.greatest.back() = std::fmax(c.greatest.back(), rounded(number));
    }

    /// The same rows in at most so many buckets.
    SeriesTable thinned(Index most) const {
        SeriesTable result(*this);
        while (result.buckets() > most) result.halve();
        return result;
    }

    void visit_state(State& state) {
        state("rows", rows_);
        state("rows_per_bucket", width_);
        std::string names;
        for (const SeriesColumn& c : columns_) names += c.name + '\n';
        state("columns", names);
        require(rows_ >= 0 && width_ >= 1 && (width_ & (width_ - 1)) == 0 && (rows_ - 1) / width_ < most_ &&
                    width_ <= std::max<Index>(1, rows_),
                "SeriesTable: {} rows, {} in each bucket, are not what was saved", rows_, width_);
        if (state.restores()) columns_.clear();
        for (std::size_t begin = 0; begin < names.size(); begin = names.find('\n', begin) + 1) {
            column(std::string_view(names).substr(begin, names.find('\n', begin) - begin));
        }
        for (SeriesColumn& c : columns_) {
            state.within(c.name, [&] {
                state("last", c.last);
                state("least", c.least);
                state("greatest", c.greatest);
            });
        }
        if (state.restores()) check_restored();
    }

private:
    static constexpr float none = std::numeric_limits<float>::quiet_NaN();

    /// Within the range of float: a report that shows infinity for 1e300 would show nothing else.
    static float rounded(double number) {
        constexpr double greatest = std::numeric_limits<float>::max();
        return static_cast<float>(std::clamp(number, -greatest, greatest));
    }

    void resize(SeriesColumn& c) {
        const auto count = static_cast<std::size_t>(buckets());
        c.last.resize(count, std::numeric_limits<double>::quiet_NaN());
        if (width_ > 1) c.least.resize(count, none);
        if (width_ > 1) c.greatest.resize(count, none);
    }

    void halve() {
        for (SeriesColumn& c : columns_) {
            const std::size_t count = c.last.size(), half = (count + 1) / 2;
            SeriesColumn joined{c.name, std::vector<double>(half), std::vector<float>(half), std::vector<float>(half)};
            for (std::size_t i = 0; i < half; ++i) {
                const std::size_t a = 2 * i, b = std::min(a + 1, count - 1);
                joined.last[i] = std::isnan(c.last[b]) ? c.last[a] : c.last[b];
                joined.least[i] = std::fmin(rounded(c.low(a)), rounded(c.low(b)));
                joined.greatest[i] = std::fmax(rounded(c.high(a)), rounded(c.high(b)));
            }
            c = std::move(joined);
        }
        width_ *= 2;
    }

    void check_restored() const {
        bool fits = true;
        const auto count = static_cast<std::size_t>(buckets()), extremes = width_ > 1 ? count : 0;
        for (const SeriesColumn& c : columns_) {
            fits = fits && c.last.size() == count && c.least.size() == extremes && c.greatest.size() == extremes;
        }
        require(fits, "SeriesTable: what was saved is no table of {} rows, {} in each bucket", rows_, width_);
    }

    Index most_;
    Index rows_ = 0;
    Index width_ = 1;
    std::vector<SeriesColumn> columns_;
};

}  // namespace GRADIVA_NAMESPACE
