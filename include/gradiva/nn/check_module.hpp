#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/positional.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/derivative_error.hpp"
#include "gradiva/nn/detail/derivative_trial.hpp"
#include "gradiva/nn/detail/module_cost.hpp"
#include "gradiva/nn/detail/module_passes.hpp"
#include "gradiva/nn/detail/module_rules.hpp"
#include "gradiva/nn/detail/sequence_rules.hpp"
#include "gradiva/nn/detail/unrolled_module.hpp"
#include "gradiva/nn/explain_module.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/recurrent_module.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

/// How `check_module` tries a module.
struct CheckModuleOptions {
    Index columns = 8;  ///< of the batch, at least 1
    /// Steps of the sequences that a `RecurrentModule` is tried with, at least 1, of which `columns` run at once;
    /// others ignore it.
    Index sequence = 5;
    Index parameters = 300;  ///< that are tried one by one, at least 1; where there are more, they are drawn
    /// Largest relative error of a derivative, above 0; 0: 1e-5 in double and 1e-2 in float, whose rounding is that
    /// much coarser.
    double tolerance = 0;
    /// Deviation of the normal numbers added to the parameters of the copy that is tried, so that nothing is hidden
    /// by weights that are 0 at first; 0 leaves them, for a module that not every number may be a parameter of.
    double perturbation = 0.1;
    std::uint64_t seed = 0;  ///< of inputs, derivatives, directions and perturbation

    /// Throws `Error` on a value out of range.
    void check() const {
        require(columns >= 1, "check_module: columns is {}; give at least 1", columns);
        require(sequence >= 1, "check_module: sequence is {}; give at least 1 step", sequence);
        require(parameters >= 1, "check_module: parameters is {}; give at least 1", parameters);
        require(tolerance >= 0 && tolerance < 1, "check_module: tolerance is {}; give a number in (0, 1), or 0",
                tolerance);
        require(perturbation >= 0 && std::isfinite(perturbation),
                "check_module: perturbation is {}; give a finite number, at least 0", perturbation);
    }
};

/// What `check_module` measured of a module that keeps all rules. `fmt` prints it.
struct ModuleCheck {
    double gradient_error = 0;  ///< largest relative error of a derivative by a parameter
    double input_gradient_error = std::numeric_limits<double>::quiet_NaN();  ///< by an input; NaN: the module has none
    double jvp_error = std::numeric_limits<double>::quiet_NaN();             ///< of a tangent; NaN: it has no jvp
    /// Time of a forward and a backward pass of 128 columns relative to that of an `Mlp` with two hidden layers of tanh
    /// and about as many parameters. A few milliseconds are measured: other programs disturb it, and without
    /// optimisation by the compiler it means nothing. A module that uses a parameter many times for each column, as a
    /// convolution does, has a larger number.
    double cost = 0;
    /// Whether a column had the same bits in batches of all widths that were tried. A module of which that holds for
    /// any width may say so by `column_by_column`, which lets any part of the environments act as one batch.
    bool same_bits_in_all_widths = false;
};

namespace detail {

template <Module M>
ModuleCheck check_sound_module(const M& module, const CheckModuleOptions& options) {
    using Scalar = typename M::Scalar;
    options.check();
    require(module.inputs() >= 1 && module.outputs() >= 1,
            "check_module: the module has {} inputs and {} outputs; give at least 1 of each", module.inputs(),
            module.outputs());
    Rng rng(options.seed);
    M tried(module);
    for (const Scalar& w : module.parameters()) {
        require(std::isfinite(w), "check_module: parameter {} is {}; initialise all parameters to finite numbers",
                &w - module.parameters().data(), w);
    }
    for (Scalar& w : tried.parameters()) w += static_cast<Scalar>(options.perturbation * rng.normal());
    detail::give_observations(tried, 0.5);
    Matrix<Scalar> x = detail::normal_matrix<Scalar>(module.inputs(), options.columns, rng);
    const Matrix<Scalar> dy = detail::normal_matrix<Scalar>(module.outputs(), options.columns, rng);
    ModuleCheck check;
    detail::ModuleRules<M> rules(tried, x, dy, rng);
    rules.run();
    const double tolerance = options.tolerance > 0 ? options.tolerance : detail::default_tolerance<Scalar>;
    detail::DerivativeTrial<M>(tried, x, dy, tolerance, options.parameters, rng)
        .run(check.gradient_error, check.input_gradient_error, check.jvp_error);
    check.same_bits_in_all_widths = rules.same_bits_in_all_widths();
    check.cost = detail::relative_cost(tried, rng);
    return check;
}

/// A recurrent module as one whose columns are whole sequences, and what differs where sequences do.
template <RecurrentModule M>
ModuleCheck check_sound_recurrent_module(const M& module, const CheckModuleOptions& options) {
    using Scalar = typename M::Scalar;
    options.check();
    require(module.state_size() >= 1, "check_module: the module has a state_size of {}; give at least 1, or none",
            module.state_size());
    Rng rng(options.seed + 1);
    const UnrolledModule<M> unrolled(module, options.sequence, normal_matrix<Scalar>(module.state_size(), 1, rng));
    ModuleCheck check = check_sound_module(unrolled, options);
    check.cost /= static_cast<double>(options.sequence);
    M tried(module);
    for (Scalar& w : tried.parameters()) w += static_cast<Scalar>(options.perturbation * rng.normal());
    SequenceRules<M>(tried, options.columns, options.sequence, rng).run();
    return check;
}

}  // namespace detail

/// Tries a copy of a module with standard normal inputs, once it has observed some if it normalises them, and throws
/// `Error` on the first rule of `Module` that it breaks, saying where; returns what it measured.
///
/// Derivatives are compared with central differences, whose sums are in double: by each parameter, by each input where
/// there is a `backward` with dX, along random directions of all parameters, and of jvp where there is one, which is
/// compared with backward, too. In float the module's own rounding is what limits them: try a module in double where it
/// is a template of its Scalar, which finds errors a thousand times as small. At a kink, such as that of ReLU, each
/// derivative from the one to the other side is accepted.
///
/// Besides: numbers that are not finite; shapes; a gradient that is overwritten in place of added to, or written
/// outside of; a pass that depends on what its tape held before, or on a pass with the same tape in between; copies
/// that share parameters; appended parameters that are read; X, dY or dX with gaps between columns; tapes with
/// `use_once` or `use_packed` that give other numbers; a column that depends on other columns, on the width of the
/// batch (by its bits, where the module says `column_by_column`), or on a NaN in another column; a NaN that is lost.
///
/// A `RecurrentModule` is tried with sequences of `options.sequence` steps, in each of which an episode begins: above,
/// a column is a whole sequence then, and element i of step t is row t inputs() + i of X, and of Y likewise. Besides: a
/// pass that does not go on from `state_after` of another, a beginning of an episode that leaves something of the
/// state, lets a gradient pass, or changes another sequence, and sequences of unequal lengths.
template <class M>
ModuleCheck check_module(const M& module, const CheckModuleOptions& options = {}) {
    if constexpr (HasMemory<M>) {
        if constexpr (explain_recurrent_module<M>()) return detail::check_sound_recurrent_module(module, options);
    } else if constexpr (explain_module<M>()) {
        return detail::check_sound_module(module, options);
    }
    return {};
}

/// Only says that the columns have a name.
template <class M, Positional Columns>
void check_module(const M&, Columns) {
    static_assert(!Positional<Columns>,
                  "gradiva: check_module takes its options by name: check_module(module, {.columns = 8})");
}

}  // namespace GRADIVA_NAMESPACE

/// Prints `gradient_error=2.1e-08 input_gradient_error=1.3e-08 jvp_error=nan cost=1.2 same_bits_in_all_widths=true`.
template <>
struct fmt::formatter<gradiva::ModuleCheck> {
    constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }

    template <class Context>
    auto format(const gradiva::ModuleCheck& check, Context& context) const {
        const std::string text = fmt::format(
            "gradient_error={:.2g} input_gradient_error={:.2g} jvp_error={:.2g} cost={:.2g} "
            "same_bits_in_all_widths={}",
            check.gradient_error, check.input_gradient_error, check.jvp_error, check.cost,
            check.same_bits_in_all_widths);
        return std::copy(text.begin(), text.end(), context.out());
    }
};
