#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace GRADIVA_NAMESPACE::detail {

/// A series of numbers of any length, kept as up to 128 means of neighbours, and drawn with a block for each column.
class Sparkline {
public:
    void clear() {
        means_.clear();
        per_mean_ = 1;
        sum_ = 0;
        count_ = 0;
    }

    /// A number that is not finite is left out.
    void add(double x) {
        if (!std::isfinite(x)) return;
        sum_ += x;
        if (++count_ < per_mean_) return;
        means_.push_back(sum_ / static_cast<double>(count_));
        sum_ = 0;
        count_ = 0;
        if (means_.size() < most) return;
        for (std::size_t i = 0; i < most / 2; ++i) means_[i] = 0.5 * means_[2 * i] + 0.5 * means_[2 * i + 1];
        means_.resize(most / 2);
        per_mean_ *= 2;
    }

    /// At most `columns` blocks in UTF-8, from the lowest for the least of their means to the highest for the largest;
    /// nothing before there are two.
    std::string text(std::size_t columns) const {
        static constexpr std::array<std::string_view, 8> blocks{"\u2581", "\u2582", "\u2583", "\u2584",
                                                                "\u2585", "\u2586", "\u2587", "\u2588"};
        columns = std::min(columns, means_.size());
        if (columns < 2) return {};
        std::vector<double> heights(columns);
        for (std::size_t i = 0; i < columns; ++i)
            heights[i] = mean(i * means_.size() / columns, (i + 1) * means_.size() / columns);
        const auto [low, high] = std::minmax_element(heights.begin(), heights.end());
        const double least = *low, range = *high - least;
        std::string line;
        for (const double height : heights) {
            const double share = range > 0 ? (height - least) / range : 0;  // of a range that overflows, NaN or 0
            line += blocks[share > 0 ? std::min<std::size_t>(7, static_cast<std::size_t>(8 * share)) : 0];
        }
        return line;
    }

private:
    static constexpr std::size_t most = 128;

    double mean(std::size_t begin, std::size_t end) const {
        double sum = 0;
        for (std::size_t i = begin; i < end; ++i) sum += means_[i] / static_cast<double>(end - begin);
        return sum;
    }

    std::vector<double> means_;
    std::size_t per_mean_ = 1, count_ = 0;
    double sum_ = 0;
};

}  // namespace GRADIVA_NAMESPACE::detail
