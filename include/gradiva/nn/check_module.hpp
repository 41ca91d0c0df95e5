#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>

#include <fmt/core.h>

#include "gradiva/core/check.hpp"
#include "gradiva/core/positional.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/derivative_error.hpp"
#include "gradiva/nn/detail/module_cost.hpp"
#include "gradiva/nn/detail/module_differences.hpp"
#include "gradiva/nn/detail/module_passes.hpp"
#include "gradiva/nn/detail/module_rules.hpp"
#include "gradiva/nn/module.hpp"

namespace GRADIVA_NAMESPACE {

/// How `check_module` tries a module.
struct CheckModuleOptions {
    Index columns = 8;       ///< of the batch, at least 1
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

/// An optional member of a module: `std::string parameter_name(Index i) const` says what parameter i belongs to, such
/// as "W_2(3, 0)", in errors of `check_module`.
template <class M>
concept HasParameterName = requires(const M& module) {
    { module.parameter_name(Index{}) } -> std::convertible_to<std::string>;
};

namespace detail {

/// Compares the derivatives of a module with difference quotients and with one another; see `check_module`.
template <Module M>
class DerivativeTrial {
public:
    using Scalar = typename M::Scalar;

    DerivativeTrial(M& module, Matrix<Scalar>& x, const Matrix<Scalar>& dy, const CheckModuleOptions& options, Rng& rng)
        : module_(module), x_(x), dy_(dy), tolerance_(tolerance_of(options)),
          differences_(module, x, dy, options.parameters, rng) {
        outputs_of(module_, x_, tape_);
        gradient_ = gradient_of(module_, tape_, dy_);
    }

    void run(ModuleCheck& check) {
        try_parameters(check);
        if constexpr (ModuleWithInputGradient<M>) try_inputs(check);
        if constexpr (ModuleWithJvp<M>) try_jvp(check);
    }

private:
    static double tolerance_of(const CheckModuleOptions& options) {
        return options.tolerance > 0 ? options.tolerance : default_tolerance<Scalar>;
    }

    void try_parameters(ModuleCheck& check) {
        const auto worst = differences_.gradient(gradient_);
        check.gradient_error = worst.error;
        require(worst.error <= tolerance_,
                "check_module: backward gives dL/dparameters[{}] = {}{}, and central differences give {}, a relative "
                "error of {}; correct the derivative in backward",
                worst.index, worst.derivative, name_of(worst.index), worst.quotient, worst.error);
        const auto along = differences_.along_directions(gradient_);
        check.gradient_error = std::max(check.gradient_error, along.error);
        require(along.error <= tolerance_,
                "check_module: along a random direction of all parameters backward gives a derivative of {}, and "
                "central differences give {}, a relative error of {}; correct the derivative in backward (a larger "
                "option parameters finds by which parameter)",
                along.derivative, along.quotient, along.error);
    }

    void try_inputs(ModuleCheck& check) requires ModuleWithInputGradient<M> {
        Matrix<Scalar> dx = Matrix<Scalar>::Constant(x_.rows(), x_.cols(), std::numeric_limits<Scalar>::quiet_NaN());
        MatrixRef<Scalar> view(dx);
        outputs_of(module_, x_, tape_);
        gradient_of(module_, tape_, dy_, &view);
        require_finite(dx, "dX");
        const auto worst = differences_.input_gradient(dx);
        check.input_gradient_error = worst.error;
        require(
            worst.error <= tolerance_,
            "check_module: backward gives dX({}, {}) = {}, and central differences give {}, a relative error of {}; "
            "correct the derivative in backward",
            worst.index % x_.rows(), worst.index / x_.rows(), worst.derivative, worst.quotient, worst.error);
    }

    void try_jvp(ModuleCheck& check) requires ModuleWithJvp<M> {
        // Where all parameters move, kinks may lie on both sides of the point; along another direction they do not.
        constexpr int most_attempts = 3;
        typename detail::DerivativeErrors::Entry worst;
        Matrix<Scalar> v, tangent;
        for (int attempt = 0; attempt == 0 || (attempt < most_attempts && !(worst.error <= tolerance_)); ++attempt) {
            v = differences_.direction();
            outputs_of(module_, x_, tape_);
            tangent = tangent_of(module_, tape_, v, x_.cols());
            require_finite(tangent, "the tangent");
            worst = differences_.tangent(tangent, v);
        }
        check.jvp_error = worst.error;
        require(worst.error <= tolerance_,
                "check_module: jvp gives the tangent of Y({}, {}) as {}, and central differences give {}, a relative "
                "error of {}; correct the derivative in jvp",
                worst.index % dy_.rows(), worst.index / dy_.rows(), worst.derivative, worst.quotient, worst.error);
        compare_products(tangent, v);
        alternate(tangent, v);
    }

    /// Neither jvp nor backward changes what forward stored.
    void alternate(const Matrix<Scalar>& tangent, const Matrix<Scalar>& v) requires ModuleWithJvp<M> {
        outputs_of(module_, x_, tape_);
        const auto jvp_is_same = [&] {
            return nearly_equal(tangent_of(module_, tape_, v, x_.cols()), tangent, rounding<Scalar>);
        };
        const char* const advice =
            "a trust region calls both in turn, many times after one forward pass: let neither change what it stored";
        require(jvp_is_same() && jvp_is_same(), "check_module: jvp gives another tangent when it is called again; {}",
                advice);
        require(nearly_equal(gradient_of(module_, tape_, dy_), gradient_, rounding<Scalar>),
                "check_module: backward gives another gradient after jvp than before; {}", advice);
        require(jvp_is_same(), "check_module: jvp gives another tangent after backward than before; {}", advice);
    }

    /// <dY, J v> = <J^T dY, v>.
    void compare_products(const Matrix<Scalar>& tangent, const Matrix<Scalar>& v) const {
        double forward = 0, backward = 0, size = 0;
        for (Index k = 0; k < tangent.size(); ++k) {
            forward += double(dy_.data()[k]) * double(tangent.data()[k]);
            size += std::abs(double(dy_.data()[k]) * double(tangent.data()[k]));
        }
        for (Index k = 0; k < v.size(); ++k) {
            backward += double(gradient_.data()[k]) * double(v.data()[k]);
            size += std::abs(double(gradient_.data()[k]) * double(v.data()[k]));
        }
        require(std::abs(forward - backward) <= rounding<Scalar> * size,
                "check_module: for J the Jacobian of Y by the parameters, <dY, J v> by jvp is {} and <J^T dY, v> by "
                "backward {}; correct the one that is wrong",
                forward, backward);
    }

    std::string name_of(Index parameter) const {
        if constexpr (HasParameterName<M>) return " (" + std::string(module_.parameter_name(parameter)) + ")";
        return "";
    }

    M& module_;
    Matrix<Scalar>& x_;
    const Matrix<Scalar>& dy_;
    double tolerance_;
    ModuleDifferences<M> differences_;
    typename M::Tape tape_;
    Matrix<Scalar> gradient_;
};

}  // namespace detail

/// Tries a copy of a module with standard normal inputs and throws `Error` on the first rule of `Module` that it
/// breaks, saying where; returns what it measured.
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
template <Module M>
ModuleCheck check_module(const M& module, const CheckModuleOptions& options = {}) {
    using Scalar = typename M::Scalar;
    static_assert(explain_module<M>());
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
    Matrix<Scalar> x = detail::normal_matrix<Scalar>(module.inputs(), options.columns, rng);
    const Matrix<Scalar> dy = detail::normal_matrix<Scalar>(module.outputs(), options.columns, rng);
    ModuleCheck check;
    detail::ModuleRules<M> rules(tried, x, dy, rng);
    rules.run();
    detail::DerivativeTrial<M>(tried, x, dy, options, rng).run(check);
    check.same_bits_in_all_widths = rules.same_bits_in_all_widths();
    check.cost = detail::relative_cost(tried, rng);
    return check;
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
