#pragma once

#include "gradiva/core/namespace.hpp"
#include "gradiva/core/visit_part.hpp"

#include <concepts>
#include <span>

namespace GRADIVA_NAMESPACE {

/// A gradient descent rule: `step(weights, gradient, learning_rate)` changes `weights` to lower the loss of which
/// `gradient`, a span of the same size, is the gradient. Its state, such as moments, is allocated in the first step and
/// belongs to these weights; later steps do not allocate. A copy has its own state, which continues that of the
/// original: for other weights, copy an optimiser that has not stepped yet. Copies may step in different threads.
template <class O, class Scalar>
concept Optimizer = std::copyable<O> &&
    requires(O optimizer, std::span<Scalar> weights, std::span<const Scalar> gradient, double learning_rate) {
    optimizer.step(weights, gradient, learning_rate);
};

namespace detail {

/// One sentence for each rule of `Optimizer` that the type breaks, as a compile-time error.
template <class O, class Scalar>
consteval bool explain_optimizer() {
    static_assert(std::copyable<O>, "gradiva: Optimizer needs to be copyable: actor and critic get one each");
    static_assert(Optimizer<O, Scalar> || !std::copyable<O>,
                  "gradiva: Optimizer needs void step(std::span<Scalar> weights, std::span<const Scalar> gradient, "
                  "double learning_rate), with the actor's Scalar, as Adam<double>() for an actor in double");
    return Optimizer<O, Scalar>;
}

}  // namespace detail

/// An `Optimizer`; for other types a compile-time error says which rule they break.
template <class O, class Scalar>
concept ExplainedOptimizer = (detail::explain_optimizer<O, Scalar>());

/// `static_assert(gradiva::is_optimizer<Mine, float>)` says which rule `Mine` breaks, if any.
template <class O, class Scalar>
inline constexpr bool is_optimizer = detail::explain_optimizer<O, Scalar>();

/// Whether the state of an optimiser can be saved: it has `visit_state`, or its `step` is const.
template <class O, class Scalar>
concept HasSavedStateOfOptimizer = MentionsVisitState<O> ||
    requires(const O& optimizer, std::span<Scalar> weights, std::span<const Scalar> gradient) {
    optimizer.step(weights, gradient, 0.0);
};

/// The error of an optimiser whose state cannot be saved.
template <class O, class Scalar>
consteval bool explain_saved_optimizer() {
    static_assert(HasSavedStateOfOptimizer<O, Scalar>,
                  "gradiva: a training that is saved needs an optimiser with void visit_state(gradiva::State&), or "
                  "whose step is const, as it has no state");
    return true;
}

}  // namespace GRADIVA_NAMESPACE
