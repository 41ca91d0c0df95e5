#pragma once

#include "gradiva/core/namespace.hpp"

#include <string>
#include <string_view>

#include <fmt/core.h>

#include "gradiva/core/index.hpp"
#include "gradiva/io/detail/c_header/text.hpp"
#include "gradiva/io/policy_description.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// y := 1 / (1 + exp(-y)), by the tanh that layers have.
inline constexpr std::string_view c_sigmoid = R"(
/* y := 1 / (1 + exp(-y)) = (1 + tanh(y / 2)) / 2 */
static inline void policy_sigmoid(policy_real* y, int units)
{
    int i;
    for (i = 0; i < units; ++i) y[i] *= (policy_real)0.5;
    policy_tanh(y, units);
    for (i = 0; i < units; ++i) y[i] = (policy_real)0.5 + (policy_real)0.5 * y[i];
}
)";

inline constexpr std::string_view c_memory = R"(
/* $comment */
static inline void policy_memory(policy_real* p, const policy_real* q, const policy_real* state,
                                 policy_real* POLICY_RESTRICT next)
{
    int i;
$body}
)";

inline constexpr std::string_view c_gru_comment =
    "next := h' = (1 - z) n + z h of a GRU, with its sums p = W x + b and q = U h + c in the order r z n; p is "
    "changed.";
inline constexpr std::string_view c_lstm_comment =
    "next := h' = o tanh(s') and s' = f s + i g of an LSTM, with its sums p = W x + b and q = U h + c in the order\n"
    " * i f g o; p is changed.";

/// The sums become gates, where they lie.
inline std::string c_gru(Index units) {
    const Index n = 2 * units;
    return CText::loop(n, "p[i] += q[i];") + fmt::format("    policy_sigmoid(p, {});\n", n) +
           CText::loop(units, fmt::format("next[i] = p[{0} + i] + p[i] * q[{0} + i];", n)) +
           fmt::format("    policy_tanh(next, {});\n", units) +
           CText::loop(units, fmt::format("next[i] += p[{} + i] * (state[i] - next[i]);", units));
}

inline std::string c_lstm(Index units) {
    const Index g = 2 * units, o = 3 * units;
    return CText::loop(4 * units, "p[i] += q[i];") +
           fmt::format("    policy_sigmoid(p, {});\n    policy_tanh(p + {}, {});\n    policy_sigmoid(p + {}, {});\n", g,
                       g, units, o, units) +
           CText::loop(units,
                       fmt::format("next[{0} + i] = p[{0} + i] * state[{0} + i] + p[i] * p[{1} + i];", units, g)) +
           CText::loop(units, fmt::format("next[i] = next[{} + i];", units)) +
           fmt::format("    policy_tanh(next, {});\n", units) +
           CText::loop(units, fmt::format("next[i] *= p[{} + i];", o));
}

/// The function of a memory.
inline void add_memory(CText& code, const DescribedMemory& memory) {
    const bool gru = memory.cell == DescribedMemory::Cell::gru;
    code.add(c_sigmoid);
    code.add(c_memory, {{"comment", std::string(gru ? c_gru_comment : c_lstm_comment)},
                        {"body", gru ? c_gru(memory.units()) : c_lstm(memory.units())}});
}

}  // namespace GRADIVA_NAMESPACE::detail
