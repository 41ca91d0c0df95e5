// All fields of the reports by name. A field that is added, or taken out, does not compile here before it has its row.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "gradiva/train/progress.hpp"

// clang-format off
#define GRADIVA_FIELDS_OF_UPDATE_REPORT \
    surrogate_loss, value_loss, entropy, approximate_kl, mean_kl, kl_coefficient, clip_fraction, gradient_norm, \
    step_fraction, rejected_steps, learning_rate
#define GRADIVA_FIELDS_OF_PROGRESS \
    algorithm, iteration, steps, total_steps, schedule_progress, seconds, steps_per_second, episodes, \
    lifetime_episodes, mean_return, mean_length, surrogate_loss, value_loss, explained_variance, entropy, \
    approximate_kl, mean_kl, kl_coefficient, clip_fraction, gradient_norm, learning_rate, step_fraction, \
    rejected_steps, effective_sample_size, behaviour_kl, left_out
// clang-format on
#define GRADIVA_TEXT_OF(...) #__VA_ARGS__
#define GRADIVA_NAMES(...) GRADIVA_TEXT_OF(__VA_ARGS__)

namespace gradiva_test {

/// The names of a list "a, b, c".
inline std::vector<std::string> names_in(std::string_view list) {
    std::vector<std::string> names(1);
    for (const char c : list) {
        if (c == ',') {
            names.emplace_back();
        } else if (c != ' ') {
            names.back() += c;
        }
    }
    return names;
}

namespace detail {

template <class Visit, class... Field>
void visit_by_name(std::string_view list, const Visit& visit, Field&... field) {
    const std::vector<std::string> names = names_in(list);
    auto name = names.begin();
    (visit(*name++, field), ...);
}

}  // namespace detail

/// Calls `visit(name, field)` for every field, in the order of the struct.
template <class Visit>
void for_each_field_of(gradiva::UpdateReport& report, const Visit& visit) {
    auto& [GRADIVA_FIELDS_OF_UPDATE_REPORT] = report;
    detail::visit_by_name(GRADIVA_NAMES(GRADIVA_FIELDS_OF_UPDATE_REPORT), visit, GRADIVA_FIELDS_OF_UPDATE_REPORT);
}
template <class Visit>
void for_each_field_of(gradiva::Progress& progress, const Visit& visit) {
    auto& [GRADIVA_FIELDS_OF_PROGRESS] = progress;
    detail::visit_by_name(GRADIVA_NAMES(GRADIVA_FIELDS_OF_PROGRESS), visit, GRADIVA_FIELDS_OF_PROGRESS);
}

/// Fields of numbers by name, as doubles.
using Numbers = std::map<std::string, double>;

template <class Report>
Numbers numbers_of(Report report) {
    Numbers numbers;
    for_each_field_of(report, [&](const std::string& name, const auto& field) {
        if constexpr (requires { static_cast<double>(field); }) numbers[name] = static_cast<double>(field);
    });
    return numbers;
}

/// A report of which every number is another one, from `first` on, by steps of 1: none of them is one that a field has
/// by default.
template <class Report>
Report distinct(double first) {
    Report report;
    for_each_field_of(report, [&](const std::string&, auto& field) {
        if constexpr (requires { static_cast<double>(field); }) {
            field = static_cast<std::remove_reference_t<decltype(field)>>(first++);
        } else {
            field = "Distinct";
        }
    });
    return report;
}

}  // namespace gradiva_test
