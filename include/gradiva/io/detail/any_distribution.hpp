#pragma once

#include "gradiva/core/namespace.hpp"

#include <span>
#include <type_traits>
#include <utility>
#include <variant>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/distributions/bernoulli.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/distribution.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/forward_and_mode.hpp"
#include "gradiva/distributions/hybrid.hpp"
#include "gradiva/distributions/multi_categorical.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// One of the library's distributions, chosen when the program runs. Models `Distribution`; every member is that of the
/// chosen one.
template <class ScalarT>
class AnyDistribution {
    template <class D>
    struct TapeOf {
        typename D::Tape tape;
    };
    template <template <class...> class Map, class... D>
    struct Kinds {
        using Variant = std::variant<D...>;
        using Tapes = std::variant<Map<D>...>;
    };
    using Gaussian = DiagonalGaussian<ScalarT>;
    using StateDependent = StateDependentGaussian<ScalarT>;
    using All =
        Kinds<TapeOf, Categorical<ScalarT>, EpsilonGreedy<ScalarT>, MultiCategorical<ScalarT>, Bernoulli<ScalarT>,
              Gaussian, StateDependent, Beta<ScalarT>, SquashedGaussian<ScalarT, Gaussian>,
              SquashedGaussian<ScalarT, StateDependent>, Hybrid<ScalarT, Gaussian>, Hybrid<ScalarT, StateDependent>,
              Hybrid<ScalarT, Beta<ScalarT>>, Hybrid<ScalarT, SquashedGaussian<ScalarT, Gaussian>>,
              Hybrid<ScalarT, SquashedGaussian<ScalarT, StateDependent>>>;

public:
    using Scalar = ScalarT;
    using Chosen = typename All::Variant;

    struct Tape {
        typename All::Tapes chosen;
    };

    explicit AnyDistribution(Chosen chosen) : chosen_(std::move(chosen)) {}

    Index head_size() const {
        return with([](const auto& d) { return d.head_size(); });
    }
    Index parameter_count() const {
        return with([](const auto& d) { return d.parameter_count(); });
    }
    ActionShape action_shape() const {
        return with([](const auto& d) { return d.action_shape(); });
    }
    /// 0 where the chosen one takes no masks.
    Index mask_size() const {
        return with([](const auto& d) -> Index {
            if constexpr (HasMaskSize<std::remove_cvref_t<decltype(d)>>) return d.mask_size();
            return 0;
        });
    }
    void initialise(std::span<Scalar> own) const {
        with([&](const auto& d) { d.initialise(own); });
    }

    void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar> own, Tape& tape) const {
        with([&](const auto& d) { d.forward(head, own, own_tape(d, tape)); });
    }
    void sample(const Tape& tape, std::span<Rng> rng, ActionView actions) const {
        with(tape, [&](const auto& d, const auto& own) { d.sample(own, rng, actions); });
    }
    void mode(const Tape& tape, ActionView actions) const {
        with(tape, [&](const auto& d, const auto& own) { d.mode(own, actions); });
    }
    void forward_and_mode(const ConstMatrixRef<Scalar>& head, std::span<const Scalar> own, Tape& tape,
                          const ActionView& actions) const {
        with([&](const auto& d) { gradiva::forward_and_mode(d, head, own, own_tape(d, tape), actions); });
    }
    void log_prob(const Tape& tape, ConstActionView actions, VectorRef<Scalar> out) const {
        with(tape, [&](const auto& d, const auto& own) { d.log_prob(own, actions, out); });
    }
    void entropy(const Tape& tape, VectorRef<Scalar> out) const {
        with(tape, [&](const auto& d, const auto& own) { d.entropy(own, out); });
    }
    void kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const {
        with(to, [&](const auto& d, const auto& own) { d.kl(tape_of(d, from), own, out); });
    }
    void backward(const Tape& tape, ConstActionView actions, ConstVectorRef<Scalar> d_log_prob, Scalar d_entropy,
                  const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, std::span<Scalar> d_own) const {
        with(tape, [&](const auto& d, const auto& own) {
            const auto* const old = from != nullptr ? &tape_of(d, *from) : nullptr;
            d.backward(own, actions, d_log_prob, d_entropy, old, d_kl, d_head, d_own);
        });
    }
    bool project_gradient(std::span<const Scalar> own, std::span<Scalar> d_own) const {
        return with([&](const auto& d) {
            if constexpr (HasProjectGradient<std::remove_cvref_t<decltype(d)>>) return d.project_gradient(own, d_own);
            return false;
        });
    }

    /// A copy where the chosen one stores actions as environments take them.
    void to_environment(ConstActionView stored, ActionView sent) const {
        with([&](const auto& d) {
            if constexpr (HasToEnvironment<std::remove_cvref_t<decltype(d)>>) {
                d.to_environment(stored, sent);
            } else {
                sent.integers = stored.integers;
                sent.reals = stored.reals;
            }
        });
    }
    bool converts_actions() const {
        return with([](const auto& d) { return HasToEnvironment<std::remove_cvref_t<decltype(d)>>; });
    }
    void from_environment(ConstActionView sent, ActionView stored) const {
        with([&](const auto& d) {
            if constexpr (HasFromEnvironment<std::remove_cvref_t<decltype(d)>>) {
                d.from_environment(sent, stored);
            } else {
                stored.integers = sent.integers;
                stored.reals = sent.reals;
            }
        });
    }

    void visit_state(State& state) {
        std::visit([&](auto& d) { d.visit_state(state); }, chosen_);
    }

private:
    template <class Use>
    decltype(auto) with(const Use& use) const {
        return std::visit(use, chosen_);
    }
    template <class Use>
    void with(const Tape& tape, const Use& use) const {
        std::visit([&](const auto& d) { use(d, tape_of(d, tape)); }, chosen_);
    }
    /// The tape of the chosen one, which replaces another's.
    template <class D>
    static typename D::Tape& own_tape(const D&, Tape& tape) {
        auto* const old = std::get_if<TapeOf<D>>(&tape.chosen);
        return (old != nullptr ? *old : tape.chosen.template emplace<TapeOf<D>>()).tape;
    }
    template <class D>
    static const typename D::Tape& tape_of(const D&, const Tape& tape) {
        return std::get<TapeOf<D>>(tape.chosen).tape;
    }

    Chosen chosen_;
};

}  // namespace GRADIVA_NAMESPACE::detail
