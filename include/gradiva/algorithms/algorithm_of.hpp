#pragma once

#include <cstdint>
#include <utility>

#include "gradiva/core/threads.hpp"
#include "gradiva/learn/update_options.hpp"
#include "gradiva/learn/updater.hpp"

namespace GRADIVA_NAMESPACE {

/// The update of an algorithm, by the type of its options; specialised for those whose update is an `Updater`, such as
/// `PpoClipOptions`:
///
/// - `static constexpr std::string_view name`: of the algorithm;
/// - `using Surrogate`, and `static Surrogate surrogate(const Options&)`: its loss;
/// - `template <class Scalar> using Optimizer`: its default.
template <class Options>
struct AlgorithmOf;

/// Options of an algorithm whose update is an `Updater`.
template <class Options>
concept AlgorithmOptions = requires(const Options& options) {
    AlgorithmOf<Options>::surrogate(options);
};

/// The `Updater` of an algorithm. Borrows actor, critic and threads; minibatches are drawn from (seed,
/// Purpose::minibatch). Throws `Error` on options out of range.
template <AlgorithmOptions Options, class A, class C, class O>
Updater<A, C, typename AlgorithmOf<Options>::Surrogate, O> make_updater(const Options& options, A& actor, C& critic,
                                                                        O optimizer, Threads& threads,
                                                                        std::uint64_t seed) {
    return Updater<A, C, typename AlgorithmOf<Options>::Surrogate, O>(
        actor, critic, AlgorithmOf<Options>::surrogate(options), std::move(optimizer),
        update_options(AlgorithmOf<Options>::name, options), threads, seed);
}

}  // namespace GRADIVA_NAMESPACE
