#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "gradiva/core/index.hpp"

// The optional members of `Env` and `VectorEnv` by which an environment measures its episodes.

namespace GRADIVA_NAMESPACE {

/// The largest number of metrics of an environment.
inline constexpr std::size_t most_metrics = 64;
/// The largest number of characters of a metric's name.
inline constexpr std::size_t longest_metric_name = 64;

namespace detail {

// Members of these names, whatever their form.
template <class T>
concept MentionsMetricNames = requires {
    &T::metric_names;
}
|| requires { T::metric_names; };
template <class T>
concept MentionsMetrics = requires {
    &T::metrics;
}
|| requires(T& env, std::span<double> out) { env.metrics(out); };

template <class T>
inline constexpr bool is_array_of_names = false;
template <std::size_t count>
inline constexpr bool is_array_of_names<const std::array<std::string_view, count>> = true;

/// Whether names are all different, neither empty nor too long, and without characters that end a name in a log or in a
/// line of text.
template <std::size_t count>
constexpr bool are_metric_names(const std::array<std::string_view, count>& names) {
    for (std::size_t i = 0; i < count; ++i) {
        if (names[i].empty() || names[i].size() > longest_metric_name) return false;
        for (const char c : names[i]) {
            if ((c >= 0 && c <= ' ') || c == 127 || c == ',' || c == '"' || c == '=') return false;
        }
        for (std::size_t k = 0; k < i; ++k) {
            if (names[i] == names[k]) return false;
        }
    }
    return true;
}

/// `metric_names` of the right type, which a compiler can read.
template <class T>
concept SaysMetricNames = requires {
    requires is_array_of_names<decltype(T::metric_names)>;
    typename std::bool_constant<are_metric_names(T::metric_names)>;
};

template <class E>
concept WritesMetrics = requires(const E& fixed, std::span<double> out) {
    { fixed.metrics(out) } -> std::same_as<void>;
};

}  // namespace detail

/// Whether a type has valid `metric_names`; a `VectorEnv` needs no more to have metrics.
template <class T>
concept HasMetricNames = detail::SaysMetricNames<T> &&
                         T::metric_names.size() <= most_metrics&& detail::are_metric_names(T::metric_names);

namespace detail {

/// Whether both have the same `metric_names`, or one of them has none.
template <class T, class Other>
consteval bool agree_on_metric_names() {
    if constexpr (!HasMetricNames<T> || !HasMetricNames<Other>) {
        return true;
    } else {
        return std::equal(T::metric_names.begin(), T::metric_names.end(), Other::metric_names.begin(),
                          Other::metric_names.end());
    }
}

template <class Member>
struct ClassOfMember;
template <class Member, class Class>
struct ClassOfMember<Member Class::*> {
    using Type = Class;
};

/// `metrics` is that of a base class with other names, such as of a `Wrapper`, and does not know what T adds.
template <class T>
concept InheritsOtherMetrics = requires {
    typename ClassOfMember<decltype(&T::metrics)>::Type;
    requires !agree_on_metric_names<T, typename ClassOfMember<decltype(&T::metrics)>::Type>();
};

template <class E>
concept HasNoWrongMetrics = (!MentionsMetricNames<E> && !MentionsMetrics<E>) ||
                            (HasMetricNames<E> && WritesMetrics<E> && !InheritsOtherMetrics<E>);

/// One sentence for each rule of names that the type breaks, as a compile-time error.
template <class T>
consteval bool explain_metric_names() {
    static_assert(!MentionsMetricNames<T> || SaysMetricNames<T>,
                  "gradiva: an environment's metric_names needs the form static constexpr std::array<std::string_view, "
                  "K> metric_names");
    if constexpr (SaysMetricNames<T>) {
        static_assert(T::metric_names.size() <= most_metrics, "gradiva: an environment has at most 64 metrics");
        static_assert(are_metric_names(T::metric_names),
                      "gradiva: an environment's metric_names are all different, not empty, and without spaces, "
                      "commas, quotes and equals signs, and have at most 64 characters");
    }
    return !MentionsMetricNames<T> || HasMetricNames<T>;
}

/// The same of an `Env`, and of its `metrics`.
template <class E>
consteval bool explain_metrics() {
    explain_metric_names<E>();
    static_assert(!MentionsMetrics<E> || WritesMetrics<E>,
                  "gradiva: Env's metrics needs the form void metrics(std::span<double> out) const");
    static_assert(!MentionsMetrics<E> || MentionsMetricNames<E>,
                  "gradiva: Env has metrics without names; give it static constexpr std::array<std::string_view, K> "
                  "metric_names");
    static_assert(!MentionsMetricNames<E> || MentionsMetrics<E>,
                  "gradiva: Env has metric_names without numbers; give it void metrics(std::span<double> out) const");
    static_assert(!InheritsOtherMetrics<E>,
                  "gradiva: this class has metric_names of its own and inherits metrics of other names; give it void "
                  "metrics(std::span<double> out) const that calls write_metrics and writes its own behind");
    return HasNoWrongMetrics<E>;
}

}  // namespace detail

/// Whether an `Env` measures its episodes, by `metric_names` and `metrics(std::span<double>) const`.
template <class E>
concept HasMetrics = HasMetricNames<E> && detail::WritesMetrics<E>;

/// The names of the metrics of an `Env` or a `VectorEnv`, which live as long as the program; none where it has none.
template <class T>
constexpr std::span<const std::string_view> metric_names_of() {
    if constexpr (HasMetricNames<T>) return T::metric_names;
    return {};
}

/// The number of these metrics.
template <class T>
inline constexpr Index metric_count = static_cast<Index>(metric_names_of<T>().size());

/// A base class that has the `metric_names` of E, where E has metrics.
template <class E>
struct MetricNamesFrom {};
template <HasMetrics E>
struct MetricNamesFrom<E> {
    static constexpr auto metric_names = E::metric_names;
};

/// The names of the metrics of E, if it has any, and others behind them: the `metric_names` of a wrapper that adds
/// metrics.
template <class E, std::convertible_to<std::string_view>... Name>
consteval auto metric_names_and(const Name&... others) {
    std::array<std::string_view, metric_names_of<E>().size() + sizeof...(Name)> names{};
    const std::array<std::string_view, sizeof...(Name)> last{others...};
    std::copy(metric_names_of<E>().begin(), metric_names_of<E>().end(), names.begin());
    std::copy(last.begin(), last.end(), names.end() - last.size());
    return names;
}

/// Writes the metrics of an environment, if it has any, to the first elements of `out`; returns those behind them.
template <class E>
std::span<double> write_metrics(const E& env, std::span<double> out) {
    constexpr auto count = static_cast<std::size_t>(metric_count<E>);
    if constexpr (count > 0) env.metrics(out.first(count));
    return out.subspan(count);
}

}  // namespace GRADIVA_NAMESPACE
