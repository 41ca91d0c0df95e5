#pragma once

#include "gradiva/core/namespace.hpp"

#include <concepts>
#include <utility>

#include "gradiva/core/check.hpp"
#include "gradiva/core/failure.hpp"
#include "gradiva/core/type_name.hpp"
#include "gradiva/core/visit_part.hpp"
#include "gradiva/optim/optimizer.hpp"

namespace GRADIVA_NAMESPACE {

/// A value with a copy of its last committed state, such as an optimiser: an update that fails, at a point that may
/// depend on the number of threads, is reverted. Weights have `SavedWeights` for this.
template <std::copyable T>
class Revertible {
public:
    explicit Revertible(T value) : now_(std::move(value)), before_(now_) {}

    T& operator*() { return now_; }
    T* operator->() { return &now_; }

    /// Makes the present value the committed one.
    void commit() { before_ = now_; }
    /// Restores the committed value.
    void revert() { now_ = before_; }

    /// Visits the present value, where it has a `visit_state`. What is restored is the committed value too.
    void visit_state(State& state) {
        static_assert(explain_visit_state<T>());
        if constexpr (HasVisitState<T>) now_.visit_state(state);
        if (state.restores()) commit();
    }

private:
    T now_, before_;
};

/// Visits an optimiser of weights in `Scalar`. Throws `Error`, unless the visitor describes, where its state cannot be
/// saved (`explain_saved_optimizer` says so as a compile-time error).
template <class Scalar, class O>
void visit_optimizer(State& state, Revertible<O>& optimizer) {
    if constexpr (!HasSavedStateOfOptimizer<O, Scalar>) {
        require(state.describes(), "this optimiser cannot be saved; give it void visit_state(gradiva::State&)");
    }
    state.described("optimizer/type", type_name<O>());
    state("optimizer", optimizer);
}

/// Returns `body()` and commits the parts; when it throws, reverts them.
template <class Body, class... T>
auto commit_or_revert(const Body& body, Revertible<T>&... parts) {
    return undo_unless_done(
        [&] {
            auto result = body();
            (parts.commit(), ...);
            return result;
        },
        [&] { (parts.revert(), ...); });
}

}  // namespace GRADIVA_NAMESPACE
