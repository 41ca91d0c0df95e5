#pragma once

#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/column_by_column.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/visit_part.hpp"

namespace GRADIVA_NAMESPACE {

/// Whether a distribution can be saved: it has `visit_state`, or no members.
template <class D>
inline constexpr bool is_saved_distribution = std::is_empty_v<D> || MentionsVisitState<D> || SavedAsBytes<D>;

/// The error of a distribution that cannot be saved.
template <class D>
consteval bool explain_saved_distribution() {
    static_assert(is_saved_distribution<D>,
                  "gradiva: a training that is saved needs a distribution with void visit_state(gradiva::State&), or "
                  "without members");
    return explain_saved_part<D>();
}

/// Visits a distribution: by its `visit_state`. Throws `Error`, unless the visitor describes, where it cannot be saved
/// (`explain_saved_distribution` says so as a compile-time error).
template <class D>
void visit_distribution(State& state, std::string_view name, D& distribution) {
    if constexpr (!is_saved_distribution<D>) {
        require(state.describes(), "{} cannot be saved; give it void visit_state(gradiva::State&)", name);
    }
    visit_part(state, name, distribution);
}

namespace detail {

template <class D>
concept HasDistributionTape = requires {
    typename D::Scalar;
    typename D::Tape;
};

template <class D>
concept HasDistributionSizes = requires(const D& d) {
    { d.head_size() } -> std::convertible_to<Index>;
    { d.parameter_count() } -> std::convertible_to<Index>;
    { d.action_shape() } -> std::same_as<ActionShape>;
};

template <class D>
concept HasInitialise = HasDistributionTape<D> && requires(const D& d, std::span<typename D::Scalar> own) {
    d.initialise(own);
};

template <class D>
concept HasDistributionForward = HasDistributionTape<D> &&
    requires(const D& d, typename D::Tape& tape, ConstMatrixRef<typename D::Scalar> head,
             std::span<const typename D::Scalar> own) {
    d.forward(head, own, tape);
};

template <class D>
concept HasSampleAndMode = HasDistributionTape<D> &&
    requires(const D& d, const typename D::Tape& done, std::span<Rng> rng, ActionView out) {
    d.sample(done, rng, out);
    d.mode(done, out);
};

template <class D>
concept HasLogProb = HasDistributionTape<D> &&
    requires(const D& d, const typename D::Tape& done, ConstActionView actions, VectorRef<typename D::Scalar> values) {
    d.log_prob(done, actions, values);
};

template <class D>
concept HasEntropyAndKl = HasDistributionTape<D> &&
    requires(const D& d, const typename D::Tape& done, VectorRef<typename D::Scalar> values) {
    d.entropy(done, values);
    d.kl(done, done, values);
};

template <class D>
concept HasDistributionBackward = HasDistributionTape<D> &&
    requires(const D& d, const typename D::Tape& done, ConstActionView actions,
             ConstVectorRef<typename D::Scalar> weights, typename D::Scalar weight,
             MatrixRef<typename D::Scalar> d_head, std::span<typename D::Scalar> d_own) {
    d.backward(done, actions, weights, weight, &done, weight, d_head, d_own);
};

}  // namespace detail

/// A family of action distributions, on a batch. The output of an actor's network, the head (head_size x batch), and
/// the family's own parameters (`own`, for example log standard deviations) determine one distribution per column.
///
/// - `head_size()`, `parameter_count()` (size of `own`), `action_shape()`; `initialise(own)` writes initial values.
/// - `forward(head, own, tape)`: computes what the other members read from the tape.
/// - `sample(tape, rng, actions)`: draws the action of column j with `rng[j]`. `mode(tape, actions)`: the most probable
///   action.
/// - `log_prob(tape, actions, out)`, `entropy(tape, out)`, `kl(from, to, out)`: one value per column, in nats: the sum
///   over the elements of an action; kl is KL(from || to).
/// - `backward(tape, actions, d_log_prob, d_entropy, from, d_kl, d_head, d_own)`: the gradient of a loss L.
///   `d_log_prob` holds dL/dlog_prob of each column; `d_entropy` and `d_kl` are dL/dentropy and dL/dKL(from || this),
///   one value for all columns. `from` may be null; `d_kl` is not read then. Writes dL/dhead to `d_head` and adds the
///   gradient by the own parameters to `d_own`. A sample whose d_log_prob is 0 adds exactly 0 by it, also where its
///   log-prob is minus infinity.
///
/// Optional:
/// - `fisher(tape, head, own, out_head, out_own)`: the Fisher matrix of each column times a direction (head, own).
///   Writes the head's part and adds the part of the own parameters, summed over columns. For trust regions
///   (`DistributionWithFisher`).
/// - `forward_and_mode(head, own, tape, actions)`: see distributions/forward_and_mode.hpp.
/// - `draw_noise`, `reparameterise`, `reparameterised_backward`: see `Reparameterised`, for AnalyticPolicyGradient.
/// - `mask_size()`, where action masks are supported: the first `mask_size()` rows of the head are logits of choices;
///   that of a masked choice is `kernels::masked_logit`, minus infinity.
/// - `to_environment(stored, sent)` and `from_environment(sent, stored)`, where an action is stored in another form
///   than the one that environments take; integers stay choices of the space.
/// - `bool project_gradient(own, d_own)`, where own parameters have bounds: given the gradient of a whole loss by
///   them, sets to 0 the elements by which descent would move a parameter further beyond its bound, and returns
///   whether it set any (`std::span<const Scalar>`, `std::span<Scalar>`).
/// - `static constexpr bool column_by_column = true`, see `acts_column_by_column`.
///
/// All member functions are const.
template <class D>
concept Distribution = std::copyable<D> && detail::HasDistributionSizes<D> && detail::HasInitialise<D> &&
    detail::HasDistributionForward<D> && detail::HasSampleAndMode<D> && detail::HasLogProb<D> &&
    detail::HasEntropyAndKl<D> && detail::HasDistributionBackward<D>;

/// A `Distribution` with products by its Fisher matrix, as `TrustRegion` needs them.
template <class D>
concept DistributionWithFisher = Distribution<D> &&
    requires(const D& d, const typename D::Tape& done, ConstMatrixRef<typename D::Scalar> head,
             std::span<const typename D::Scalar> own, MatrixRef<typename D::Scalar> out_head,
             std::span<typename D::Scalar> out_own) {
    d.fisher(done, head, own, out_head, out_own);
};

namespace detail {

// For each optional member: `Mentions...`, a member of that name, and `Has...`, one with the right signature.

template <class D>
concept MentionsFisher = requires {
    &D::fisher;
}
|| requires(D& d, const typename D::Tape& done, ConstMatrixRef<typename D::Scalar> head,
            std::span<const typename D::Scalar> own, MatrixRef<typename D::Scalar> out_head,
            std::span<typename D::Scalar> out_own) {
    d.fisher(done, head, own, out_head, out_own);
};

template <class D>
concept MentionsMaskSize = requires {
    &D::mask_size;
}
|| requires(D& d) { d.mask_size(); };

}  // namespace detail

/// Whether a distribution takes action masks, of `mask_size()` choices.
template <class D>
concept HasMaskSize = requires(const D& d) {
    { d.mask_size() } -> std::convertible_to<Index>;
};

namespace detail {

template <class D>
concept MentionsToEnvironment = requires {
    &D::to_environment;
}
|| requires(D& d, ConstActionView stored, ActionView sent) { d.to_environment(stored, sent); };

}  // namespace detail

/// Whether a distribution stores actions in another form than environments take them: `to_environment` converts them.
template <class D>
concept HasToEnvironment = requires(const D& d, ConstActionView stored, ActionView sent) {
    { d.to_environment(stored, sent) } -> std::same_as<void>;
};

namespace detail {

template <class D>
concept MentionsFromEnvironment = requires {
    &D::from_environment;
}
|| requires(D& d, ConstActionView sent, ActionView stored) { d.from_environment(sent, stored); };

}  // namespace detail

/// Whether a distribution converts actions of environments into those that it stores, by `from_environment`.
template <class D>
concept HasFromEnvironment = requires(const D& d, ConstActionView sent, ActionView stored) {
    { d.from_environment(sent, stored) } -> std::same_as<void>;
};

namespace detail {

template <class D>
concept MentionsProjectGradient = requires {
    &D::project_gradient;
}
|| requires(D& d, std::span<const typename D::Scalar> own, std::span<typename D::Scalar> d_own) {
    d.project_gradient(own, d_own);
};

}  // namespace detail

/// Whether a distribution projects the gradient of its own parameters, such as at a bound of theirs.
template <class D>
concept HasProjectGradient = requires(const D& d, std::span<const typename D::Scalar> own,
                                      std::span<typename D::Scalar> d_own) {
    { d.project_gradient(own, d_own) } -> std::same_as<bool>;
};

namespace detail {

/// A compile-time error, one sentence, for each optional member of the right name and a wrong signature, which would
/// otherwise be ignored.
template <class D>
consteval void explain_optional_members_of_distribution() {
    static_assert(!MentionsFisher<D> || DistributionWithFisher<D>,
                  "gradiva: a Distribution's fisher is void fisher(const Tape&, ConstMatrixRef<Scalar> head, "
                  "std::span<const Scalar> own, MatrixRef<Scalar> out_head, std::span<Scalar> out_own) const");
    static_assert(!MentionsMaskSize<D> || HasMaskSize<D>,
                  "gradiva: a Distribution's mask_size is Index mask_size() const");
    static_assert(!MentionsToEnvironment<D> || HasToEnvironment<D>,
                  "gradiva: a Distribution's to_environment is void to_environment(ConstActionView stored, ActionView "
                  "sent) const");
    static_assert(!MentionsFromEnvironment<D> || HasFromEnvironment<D>,
                  "gradiva: a Distribution's from_environment is void from_environment(ConstActionView sent, "
                  "ActionView stored) const");
    static_assert(!MentionsProjectGradient<D> || HasProjectGradient<D>,
                  "gradiva: a Distribution's project_gradient is bool project_gradient(std::span<const Scalar> own, "
                  "std::span<Scalar> d_own) const");
    static_assert(!MentionsColumnByColumn<D> || SaysColumnByColumn<D>,
                  "gradiva: a Distribution's column_by_column is static constexpr bool column_by_column = true");
}

}  // namespace detail

/// One sentence for each rule of `Distribution` that the type breaks, as a compile-time error.
template <class D>
consteval bool explain_distribution() {
    if constexpr (!detail::HasDistributionTape<D>) {
        static_assert(detail::HasDistributionTape<D>, "gradiva: Distribution needs the types Scalar and Tape");
    } else {
        static_assert(std::copyable<D>, "gradiva: Distribution needs to be copyable");
        static_assert(detail::HasDistributionSizes<D>,
                      "gradiva: Distribution needs Index head_size() const, Index parameter_count() const and "
                      "ActionShape action_shape() const");
        static_assert(detail::HasInitialise<D>,
                      "gradiva: Distribution needs void initialise(std::span<Scalar> own) const");
        static_assert(detail::HasDistributionForward<D>,
                      "gradiva: Distribution needs void forward(ConstMatrixRef<Scalar> head, std::span<const Scalar> "
                      "own, Tape&) const");
        static_assert(detail::HasSampleAndMode<D>,
                      "gradiva: Distribution needs void sample(const Tape&, std::span<Rng>, ActionView) const and void "
                      "mode(const Tape&, ActionView) const");
        static_assert(detail::HasLogProb<D>,
                      "gradiva: Distribution needs void log_prob(const Tape&, ConstActionView, VectorRef<Scalar> out) "
                      "const");
        static_assert(detail::HasEntropyAndKl<D>,
                      "gradiva: Distribution needs void entropy(const Tape&, VectorRef<Scalar> out) const and void "
                      "kl(const Tape& from, const Tape& to, VectorRef<Scalar> out) const");
        static_assert(detail::HasDistributionBackward<D>,
                      "gradiva: Distribution needs void backward(const Tape&, ConstActionView, ConstVectorRef<Scalar> "
                      "d_log_prob, Scalar d_entropy, const Tape* from, Scalar d_kl, MatrixRef<Scalar> d_head, "
                      "std::span<Scalar> d_own) const");
        if constexpr (Distribution<D>) detail::explain_optional_members_of_distribution<D>();
    }
    return Distribution<D>;
}

/// `static_assert(gradiva::is_distribution<Mine>)` says which rule `Mine` breaks, if any.
template <class D>
inline constexpr bool is_distribution = explain_distribution<D>();

}  // namespace GRADIVA_NAMESPACE
