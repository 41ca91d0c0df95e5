#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "gradiva/core/check.hpp"
#include "gradiva/core/index.hpp"
#include "gradiva/core/state.hpp"
#include "gradiva/env/metrics.hpp"

namespace GRADIVA_NAMESPACE {

/// Means of an environment's metrics over some episodes, by name; see `Env`. NaN without an episode.
class MetricMeans {
public:
    /// Of no metrics.
    MetricMeans() = default;
    /// All NaN. Borrows the names, which `metric_names_of` gives. Throws `Error` on more than `most_metrics`, and on
    /// names of more than `longest_metric_name` characters.
    explicit MetricMeans(std::span<const std::string_view> names) : names_(names) {
        for (const std::string_view name : names) {
            require(name.size() <= longest_metric_name, "MetricMeans: {} has {} characters; give names of at most {}",
                    name, name.size(), longest_metric_name);
        }
        require(names.size() <= most_metrics, "MetricMeans: there are {} names; give at most {}", names.size(),
                most_metrics);
        std::fill_n(values_.begin(), names.size(), std::numeric_limits<double>::quiet_NaN());
    }

    Index size() const { return static_cast<Index>(names_.size()); }
    bool empty() const { return names_.empty(); }
    std::span<const std::string_view> names() const { return names_; }
    /// One for each name.
    std::span<const double> values() const { return std::span(values_).first(names_.size()); }
    std::span<double> values() { return std::span(values_).first(names_.size()); }

    bool contains(std::string_view name) const { return place_of(name) < names_.size(); }
    /// The mean of the metric of this name. Throws `Error` where there is none.
    double operator[](std::string_view name) const {
        const std::size_t place = place_of(name);
        if (place == names_.size()) fail("metrics: none is called {}; the environment has {}", name, list_of_names());
        return values_[place];
    }

    void visit_state(State& state) { state("values", values()); }

private:
    std::size_t place_of(std::string_view name) const {
        return static_cast<std::size_t>(std::find(names_.begin(), names_.end(), name) - names_.begin());
    }

    std::string list_of_names() const {
        std::string list;
        for (const std::string_view name : names_) list.append(list.empty() ? "" : ", ").append(name);
        return list.empty() ? "none" : list;
    }

    std::span<const std::string_view> names_;
    std::array<double, most_metrics> values_{};
};

/// Calls `use(name, mean)` for each metric, with the name that it has in logs, `metric/NAME`, as a `std::string_view`
/// that is valid during the call.
template <class Use>
void for_each_metric(const MetricMeans& means, const Use& use) {
    constexpr std::string_view prefix = "metric/";
    std::array<char, prefix.size() + longest_metric_name> text;
    std::copy(prefix.begin(), prefix.end(), text.begin());
    for (std::size_t k = 0; k < means.names().size(); ++k) {
        const std::string_view name = means.names()[k];
        std::copy(name.begin(), name.end(), text.begin() + prefix.size());
        use(std::string_view(text.data(), prefix.size() + name.size()), means.values()[k]);
    }
}

}  // namespace GRADIVA_NAMESPACE
