#pragma once

#include "gradiva/core/namespace.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "gradiva/distributions/action_bounds.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/io/detail/c_header/mathematics.hpp"
#include "gradiva/io/detail/c_header/text.hpp"
#include "gradiva/io/detail/real_bounds.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The legal choice of the largest row; the mask is null where all are legal.
inline constexpr std::string_view c_best = R"(
static inline int policy_best(const policy_real* head, const unsigned char* mask, int choices)
{
    int i, best = -1;
    for (i = 0; i < choices; ++i) {
        if ((!mask || mask[i]) && (best < 0 || head[i] > head[best])) best = i;
    }
    return best;
}
)";

inline constexpr std::string_view c_some_legal = R"(
static inline int policy_some_legal(const unsigned char* mask)
{
    int k, i;
    for (k = 0; mask && k < $count; ++k) {
        int legal = 0;
        for (i = 0; i < policy_choices[k]; ++i) legal |= mask[i];
        if (!legal) return 0;
        mask += policy_choices[k];
    }
    return 1;
}
)";

/// One choice by its name in an action.
inline constexpr std::string_view c_choice = R"(    $choice = policy_best(head, mask, $count);
)";
inline constexpr std::string_view c_choices = R"(    for (i = 0; i < POLICY_ACTION_SIZE; ++i) {
        action[i] = policy_best(head, mask, policy_choices[i]);
        head += policy_choices[i];
        if (mask) mask += policy_choices[i];
    }
)";
inline constexpr std::string_view c_answers =
    R"(    for (i = 0; i < POLICY_ACTION_SIZE; ++i) action[i] = head[i] > 0 ? 1 : 0;
)";

/// The action of the head h of real number i.
inline constexpr std::string_view c_gaussian = R"(    for (i = 0; i < $d; ++i) {
        $real = policy_clamp((double)head[$first + i], $low, $high);
    }
)";
inline constexpr std::string_view c_squashed = R"(    for (i = 0; i < $d; ++i) {
        const double u = (double)policy_clamp((double)head[$first + i], -POLICY_LARGEST, POLICY_LARGEST);
        const double x = policy_lowest[i] + (policy_highest[i] - policy_lowest[i]) * policy_squash(u);
        $real = policy_clamp(x, $low, $high);
    }
)";
inline constexpr std::string_view c_beta = R"(    for (i = 0; i < $d; ++i) {
        const double a = policy_softplus((double)head[$first + i]);
        const double b = policy_softplus((double)head[$second + i]);
        const double mode = a + b > 0 ? a / (a + b) : 0.5;
        const double x = (double)policy_clamp(mode, (double)$lowest_inside, (double)$highest_inside);
        $real = policy_clamp(policy_lowest[i] + (policy_highest[i] - policy_lowest[i]) * x, $low, $high);
    }
)";

/// The bounds to which the header clamps real numbers: infinite ones are the largest float, the type's own limit.
struct CBounds {
    std::vector<float> low, high;
    bool bounded = false;

    explicit CBounds(const PolicyDescription& policy) {
        const Box* const box = box_in(policy.spaces.action);
        if (box == nullptr) return;
        const RealBounds bounds(policy.distribution, *box);
        bounded = bounds.any_low() || bounds.any_high();
        constexpr float largest = std::numeric_limits<float>::max();
        for (const float x : bounds.low) low.push_back(std::max(x, -largest));
        for (const float x : bounds.high) high.push_back(std::min(x, largest));
    }
};

inline bool is_mapped(const DescribedDistribution& d) {
    return d.squashed || d.reals == DescribedDistribution::Reals::beta;
}

/// The part of an action that is real numbers.
inline void add_reals(CText& code, const PolicyDescription& policy) {
    const DescribedDistribution& d = policy.distribution;
    const bool bounded = CBounds(policy).bounded;
    const std::string_view text = d.reals == DescribedDistribution::Reals::beta ? c_beta
                                  : d.squashed                                  ? c_squashed
                                                                                : c_gaussian;
    code.add(text, {{"d", std::to_string(d.dimensions)},
                    {"first", std::to_string(d.first_real_row())},
                    {"second", std::to_string(d.first_real_row() + d.dimensions)},
                    {"real", d.hybrid ? "action->values[i]" : "action[i]"},
                    {"lowest_inside", c_constant(ActionBounds::lowest_inside)},
                    {"highest_inside", c_constant(ActionBounds::highest_inside)},
                    {"low", bounded ? "(double)policy_low[i]" : "-POLICY_LARGEST"},
                    {"high", bounded ? "(double)policy_high[i]" : "POLICY_LARGEST"}});
}

/// The constants of `policy_mode`.
inline void add_constants_of_mode(CText& code, const PolicyDescription& policy) {
    const DescribedDistribution& d = policy.distribution;
    if (!d.choices.empty()) code.array<int>("choices", d.choices);
    if (const CBounds bounds(policy); bounds.bounded) {
        code.array<float>("low", bounds.low);
        code.array<float>("high", bounds.high);
    }
    if (is_mapped(d)) {
        code.array<double>("lowest", d.low);
        code.array<double>("highest", d.high);
    }
}

/// The functions of `policy_mode`.
inline void add_parts_of_mode(CText& code, const PolicyDescription& policy) {
    const DescribedDistribution& d = policy.distribution;
    if (!d.choices.empty()) {
        code.add(c_best);
        code.add(c_some_legal, {{"count", std::to_string(d.choices.size())}});
    }
    if (d.reals != DescribedDistribution::Reals::none) code.add(c_clamp);
    if (d.squashed) code.add(c_squash);
    if (d.reals == DescribedDistribution::Reals::beta)
        code.add(c_softplus, {{"highest", c_constant(Beta<double>::highest_excess)}});
}

/// `policy_mode`: the greedy action.
inline void add_mode(CText& code, const PolicyDescription& policy) {
    using Integers = DescribedDistribution::Integers;
    const DescribedDistribution& d = policy.distribution;
    const bool only_choice = !d.hybrid && d.choices.size() == 1;
    add_parts_of_mode(code, policy);
    code.add(
        "\n/* action := the most probable action of a head, the mean or the mode of real numbers. */\n"
        "static inline void policy_mode(const policy_real* head, const unsigned char* mask, policy_action* "
        "action)\n{\n");
    if (!only_choice) code.add("    int i;\n");
    if (d.choices.empty()) code.add("    (void)mask;\n");
    if (only_choice || d.hybrid) {
        code.add(c_choice,
                 {{"choice", d.hybrid ? "action->choice" : "*action"}, {"count", std::to_string(d.choices[0])}});
    } else if (!d.choices.empty()) {
        code.add(c_choices);
    } else if (d.integers == Integers::answers) {
        code.add(c_answers);
    }
    if (d.reals != DescribedDistribution::Reals::none) add_reals(code, policy);
    code.add("}\n");
}

}  // namespace GRADIVA_NAMESPACE::detail
