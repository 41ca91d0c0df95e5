#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <string_view>
#include <variant>

#include <fmt/core.h>

#include "gradiva/core/dtype.hpp"
#include "gradiva/env/spaces.hpp"
#include "gradiva/io/detail/c_header/action.hpp"
#include "gradiva/io/detail/c_header/text.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"

namespace GRADIVA_NAMESPACE::detail {

inline constexpr std::string_view c_sizes = R"(
#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__) || defined(_M_FP_FAST)
#error "a policy of Gradiva tells numbers that are not finite from others: compile without -ffast-math"
#endif

#define POLICY_OBSERVATION_SIZE $observation
#define POLICY_MASK_SIZE $mask
#define POLICY_HEAD_SIZE $head
#define POLICY_ACTION_SIZE $action
#define POLICY_STATE_SIZE $numbers_of_state

/* What policy_act returns, beside 0. */
#define POLICY_OBSERVATION_NOT_FINITE 1
#define POLICY_NO_LEGAL_CHOICE 2
#define POLICY_HEAD_NOT_FINITE 3
$no_state
#if defined(__cplusplus) && (defined(__GNUC__) || defined(_MSC_VER))
#define POLICY_RESTRICT __restrict
#elif defined(__cplusplus)
#define POLICY_RESTRICT
#else
#define POLICY_RESTRICT restrict
#endif

typedef $real policy_real; /* in which the network computes */
typedef $type policy_action;
)";

inline constexpr std::string_view c_reset_nothing = R"(
/* Clears the state, before the first observation of an episode. This policy has none: state may be null. */
static inline void policy_reset(float* state)
{
    (void)state;
}
)";
inline constexpr std::string_view c_reset = R"(
/* Clears the state, POLICY_STATE_SIZE numbers, before the first observation of an episode. */
static inline void policy_reset(policy_real* state)
{
    int i;
    for (i = 0; i < POLICY_STATE_SIZE; ++i) state[i] = 0;
}
)";

inline constexpr std::string_view c_state_unused =
    R"(state is not used and may be null. Where the observation or the head is not finite, or no choice is legal, it returns
 * one of the numbers above and leaves the action as it is.)";
inline constexpr std::string_view c_state_used =
    R"(state has POLICY_STATE_SIZE elements and goes on by one step. Where it is null, the observation or the head is not
 * finite, or no choice is legal, it returns one of the numbers above and leaves action and state as they are.)";

inline constexpr std::string_view c_act = R"(
/* Writes the action of an observation, POLICY_OBSERVATION_SIZE numbers, and returns 0. $legal
 * $about_state */
static inline int policy_act(const float* observation, const unsigned char* mask, $real* state, policy_action* action)
{
    policy_real head[POLICY_HEAD_SIZE];
$begin_of_act    for (i = 0; i < POLICY_OBSERVATION_SIZE; ++i) {
        if (!(observation[i] - observation[i] >= 0)) return POLICY_OBSERVATION_NOT_FINITE;
    }
$check_mask    $call_of_head;
    for (i = 0; i < POLICY_HEAD_SIZE; ++i) {
        if (!(head[i] - head[i] >= 0)) return POLICY_HEAD_NOT_FINITE;
    }
    policy_mode(head, mask, action);
$advance    return 0;
}
)";

inline constexpr std::string_view c_self_test = R"(
/* Whether x is b, up to 1e-5 of the width, where this is finite, or else of b. */
static inline int policy_is_near(double x, double b, double width)
{
    const double size = b < 0 ? -b : b;
    const double scale = width < 3e38 ? width : size > 1 ? size : 1;
    return x - b <= 1e-5 * scale && b - x <= 1e-5 * scale;
}

/* Replays $count examples: the head of each observation within 1e-5 max(1, |head|), and the action of the stored head.
 * Returns 0, or the number of the first example, from 1, that fails.$of_sequence */
static inline int policy_self_test(void)
{
$arrays    int e, i;
    for (e = 0; e < $count; ++e) {
        const float* const observation = policy_example_observations + e * POLICY_OBSERVATION_SIZE;
        const policy_real* const stored = policy_example_heads + e * POLICY_HEAD_SIZE;
        const unsigned char* const mask = $mask;
        policy_real head[POLICY_HEAD_SIZE];
        policy_action action[POLICY_ACTION_SIZE];
$begin        $call_of_head;
        if (policy_act(observation, mask, $given, action) != 0) return e + 1;
        for (i = 0; i < POLICY_HEAD_SIZE; ++i) {
            if (!policy_is_near((double)head[i], (double)stored[i], 1e39)) return e + 1;
        }
        policy_mode(stored, mask, action);
$compare    }
    return 0;
}
)";

inline constexpr std::string_view c_compare_integers = R"(        for (i = 0; i < $n; ++i) {
            if ($integer != policy_example_integers[e * $n + i]) return e + 1;
        }
)";
inline constexpr std::string_view c_compare_reals = R"(        for (i = 0; i < $d; ++i) {
            const double b = (double)policy_example_reals[e * $d + i];
            if (!policy_is_near((double)$real, b, $width)) return e + 1;
        }
)";

/// The integers of an action.
inline Index integers_of(const DescribedDistribution& d) { return std::ssize(d.choices) + d.answers; }

/// The type of an element of what `policy_act` writes, and how many there are.
struct CAction {
    std::string type;
    Index size;

    explicit CAction(const PolicyDescription& policy) {
        const DescribedDistribution& d = policy.distribution;
        const bool real = std::holds_alternative<Box>(policy.spaces.action);
        type = d.hybrid ? fmt::format("struct {{\n    int choice;\n    float values[{}];\n}}", d.dimensions)
               : real   ? "float"
                        : "int";
        size = d.hybrid ? 1 : real ? d.dimensions : integers_of(d);
    }
};

inline void add_sizes(CText& code, const PolicyDescription& policy) {
    const CAction action(policy);
    code.add(c_sizes, {{"observation", std::to_string(policy.spaces.observation.size)},
                       {"mask", std::to_string(policy.distribution.mask_size())},
                       {"head", std::to_string(policy.network.outputs())},
                       {"numbers_of_state", std::to_string(policy.network.state_size())},
                       {"no_state", policy.network.memory ? "#define POLICY_NO_STATE 4\n" : ""},
                       {"action", std::to_string(action.size)},
                       {"real", policy.scalar == Dtype::f64 ? "double" : "float"},
                       {"type", action.type}});
}

inline std::string c_call_of_head(bool remembers) {
    return remembers ? "policy_head(observation, state, next, head)" : "policy_head(observation, head)";
}

inline void add_act(CText& code, const PolicyDescription& policy) {
    const bool chooses = !policy.distribution.choices.empty(), remembers = policy.network.memory.has_value();
    code.add(remembers ? c_reset : c_reset_nothing);
    code.add(c_act,
             {{"legal", chooses ? "mask has POLICY_MASK_SIZE elements, 0 for each choice that is not legal;\n"
                                  " * null: all are legal."
                                : "mask is not used and may be null."},
              {"about_state", std::string(remembers ? c_state_used : c_state_unused)},
              {"real", remembers ? "policy_real" : "float"},
              {"begin_of_act", remembers ? "    policy_real next[POLICY_STATE_SIZE];\n    int i;\n"
                                           "    if (!state) return POLICY_NO_STATE;\n"
                                         : "    int i;\n    (void)state;\n"},
              {"check_mask", chooses ? "    if (!policy_some_legal(mask)) return POLICY_NO_LEGAL_CHOICE;\n" : ""},
              {"call_of_head", c_call_of_head(remembers)},
              {"advance", remembers ? "    for (i = 0; i < POLICY_STATE_SIZE; ++i) state[i] = next[i];\n" : ""}});
}

/// The examples, and the function that replays them.
template <class Scalar>
void add_self_test(CText& code, const PolicyDescription& policy, const PolicyExamples& examples) {
    const DescribedDistribution& d = policy.distribution;
    const bool remembers = policy.network.memory.has_value();
    code.add("\n");
    code.array<float>("example_observations", examples.observation);
    if (remembers) code.array<unsigned char>("example_begins", examples.begins);
    if (!examples.mask.empty()) code.array<unsigned char>("example_masks", examples.mask);
    code.array<Scalar>("example_heads", examples.head);
    if (!examples.integers.empty()) code.array<int>("example_integers", examples.integers);
    if (!examples.reals.empty()) code.array<float>("example_reals", examples.reals);
    CText compare;
    if (!examples.integers.empty()) {
        compare.add(c_compare_integers,
                    {{"integer", d.hybrid ? "action->choice" : "action[i]"}, {"n", std::to_string(integers_of(d))}});
    }
    if (!examples.reals.empty()) {
        const bool bounded = CBounds(policy).bounded;
        compare.add(c_compare_reals, {{"real", d.hybrid ? "action->values[i]" : "action[i]"},
                                      {"d", std::to_string(d.dimensions)},
                                      {"width", bounded ? "(double)policy_high[i] - (double)policy_low[i]" : "1e39"}});
    }
    code.add(c_self_test,
             {{"count", std::to_string(PolicyExamples::count)},
              {"of_sequence", remembers ? " They are one sequence." : ""},
              {"arrays", remembers ? "    policy_real state[POLICY_STATE_SIZE], next[POLICY_STATE_SIZE];\n" : ""},
              {"begin", remembers ? "        if (policy_example_begins[e]) policy_reset(state);\n" : ""},
              {"call_of_head", c_call_of_head(remembers)},
              {"given", remembers ? "state" : "0"},
              {"mask", examples.mask.empty() ? "0" : "policy_example_masks + e * POLICY_MASK_SIZE"},
              {"compare", compare.text()}});
}

}  // namespace GRADIVA_NAMESPACE::detail
