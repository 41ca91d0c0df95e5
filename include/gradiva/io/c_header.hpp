#pragma once

#include "gradiva/core/namespace.hpp"

#include <cstddef>
#include <span>
#include <string>

#include "gradiva/core/dtype.hpp"
#include "gradiva/env/vector_env.hpp"
#include "gradiva/io/describe_policy.hpp"
#include "gradiva/io/detail/c_header/functions.hpp"
#include "gradiva/io/detail/c_header/head.hpp"
#include "gradiva/io/detail/c_header/identifier.hpp"
#include "gradiva/io/detail/c_header/plan.hpp"
#include "gradiva/io/detail/c_header/preamble.hpp"
#include "gradiva/io/detail/c_header/text.hpp"
#include "gradiva/io/detail/check_numbers.hpp"
#include "gradiva/io/detail/described_policy.hpp"
#include "gradiva/io/detail/durable_file.hpp"
#include "gradiva/io/policy_description.hpp"
#include "gradiva/io/policy_examples.hpp"

namespace GRADIVA_NAMESPACE {

/// Options of `export_c`.
struct CHeaderOptions {
    /// All names of the header begin with it and an underscore, those of macros in capitals: an identifier of C of at
    /// most 40 characters, no keyword, with no underscore at either end and no two in a row.
    std::string name = "policy";
};

namespace detail {

template <class Scalar>
std::string c_header_of(const PolicyDescription& policy, const PolicyExamples& examples, const std::string& name) {
    CText head, body, test;
    add_sizes(body, policy);
    body.add("\n");
    add_constants_of_mode(body, policy);
    const CPlan plan(policy);
    if (is_mapped(policy.distribution) || activates_by_exp(plan)) body.add(c_exp);
    add_network<Scalar>(body, plan);
    add_mode(body, policy);
    add_act(body, policy);
    add_self_test<Scalar>(test, policy, examples);
    test.add("\n#endif\n");
    add_preamble(head, policy, body.bytes(), test.bytes());
    const std::string text = head.text() + body.text() + test.text();
    return substituted(substituted(text, "POLICY_", in_capitals(name) + "_"), "policy_", name + "_");
}

/// The text of the header.
template <class = void>  // compiled where it is called only
std::string c_header(const PolicyDescription& policy, const std::string& name) {
    check_c_name("export_c", name);
    check_numbers("export_c", policy);
    check_description("export_c", policy);
    const PolicyExamples examples = policy_examples(policy);
    return policy.scalar == Dtype::f64 ? c_header_of<double>(policy, examples, name)
                                       : c_header_of<float>(policy, examples, name);
}

}  // namespace detail

/// Writes a policy as one header of C99, which is C++ too, for a program without this library, such as that of a
/// microcontroller: weights as constants, functions that need no library and allocate nothing, and examples that prove
/// it there. With the name "walker" it has, all static inline,
///
///     int walker_act(const float* observation, const unsigned char* mask, float* state, walker_action* action);
///     void walker_reset(float* state);
///     int walker_self_test(void);
///
/// `walker_act` writes the greedy action, as `step` takes it: WALKER_ACTION_SIZE elements of walker_action, which is
/// int for Discrete, MultiDiscrete and MultiBinary, float for Box, and for HybridSpace one struct {int choice; float
/// values[]}. It returns 0; else, with the action as it was, 1 where the observation, of WALKER_OBSERVATION_SIZE
/// numbers, is not finite, 2 where the mask, of WALKER_MASK_SIZE elements, has no legal choice, and 3 where the head is
/// not finite. A null mask: all are legal. It takes a mask wherever the distribution has choices, also where the
/// environments have none; without choices the mask is not read, and WALKER_MASK_SIZE 0.
///
/// The state is an array of the caller's, of WALKER_STATE_SIZE elements, one for each episode under way: `walker_reset`
/// clears it where an episode begins, and `walker_act` advances it where it returns 0, else leaves it as it was. Its
/// elements are double in a policy with memory that computes in double. Without memory it has 0 elements and may be
/// null; with memory, `walker_act` returns 4 for null.
///
/// `walker_self_test` returns 0, or the number of the first of eight examples (`policy_examples`) that it does not
/// reproduce: heads within 1e-5 max(1, |head|), and the actions of the stored heads; with memory they are one sequence.
/// `walker_head(observation, head)`, with memory `walker_head(observation, state, next, head)`, and `walker_mode(head,
/// mask, action)` are the two halves of `walker_act`, for comparisons. Observations are normalised, and Beta and
/// squashing computed, in double, the network in the policy's scalar. Real numbers beyond float are the largest float.
/// Two policies of different names fit in one program, unless the names differ in capitals only. Not for -ffast-math,
/// which the header refuses.
///
/// Throws `Error` on a bad name, numbers that are not finite, and where the file cannot be written; what was there
/// before is then left alone.
template <class = void>  // compiled where it is called only
void export_c(const std::string& file, const PolicyDescription& policy, const CHeaderOptions& options = {}) {
    const std::string text = detail::c_header(policy, options.name);
    detail::DurableFile written("export_c", file);
    written.write(std::as_bytes(std::span(text)));
    written.commit();
}

/// The same of an actor that was built from environments.
template <class A>
void export_c(const std::string& file, const A& actor, const CHeaderOptions& options = {}) {
    export_c(file, describe_policy(actor), options);
}

/// The same of an actor that was built from a network and a distribution, for the spaces of `envs`.
template <class A, VectorEnv V>
void export_c(const std::string& file, const A& actor, const V& envs, const CHeaderOptions& options = {}) {
    export_c(file, describe_policy(actor, envs), options);
}

}  // namespace GRADIVA_NAMESPACE
