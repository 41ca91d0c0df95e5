#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/derivative_error.hpp"
#include "gradiva/nn/detail/module_differences.hpp"
#include "gradiva/nn/detail/module_passes.hpp"
#include "gradiva/nn/module.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// Compares the derivatives of a module with difference quotients and with one another; see `check_module`.
template <Module M>
class DerivativeTrial {
public:
    using Scalar = typename M::Scalar;

    DerivativeTrial(M& module, Matrix<Scalar>& x, const Matrix<Scalar>& dy, double tolerance, Index parameters,
                    Rng& rng)
        : module_(module), x_(x), dy_(dy), tolerance_(tolerance), differences_(module, x, dy, parameters, rng) {
        outputs_of(module_, x_, tape_);
        gradient_ = gradient_of(module_, tape_, dy_);
    }

    /// Writes the largest relative errors; leaves those of passes that the module does not have.
    void run(double& of_gradient, double& of_input_gradient, double& of_jvp) {
        of_gradient = try_parameters();
        if constexpr (ModuleWithInputGradient<M>) of_input_gradient = try_inputs();
        if constexpr (ModuleWithJvp<M>) of_jvp = try_jvp();
    }

private:
    double try_parameters() {
        const auto worst = differences_.gradient(gradient_);
        require(worst.error <= tolerance_,
                "check_module: backward gives dL/dparameters[{}] = {}{}, and central differences give {}, a relative "
                "error of {}; correct the derivative in backward",
                worst.index, worst.derivative, in_brackets(worst.index), worst.quotient, worst.error);
        const auto along = differences_.along_directions(gradient_);
        require(along.error <= tolerance_,
                "check_module: along a random direction of all parameters backward gives a derivative of {}, and "
                "central differences give {}, a relative error of {}; correct the derivative in backward (a larger "
                "option parameters finds by which parameter)",
                along.derivative, along.quotient, along.error);
        return std::max(worst.error, along.error);
    }

    double try_inputs() requires ModuleWithInputGradient<M> {
        Matrix<Scalar> dx = Matrix<Scalar>::Constant(x_.rows(), x_.cols(), std::numeric_limits<Scalar>::quiet_NaN());
        MatrixRef<Scalar> view(dx);
        outputs_of(module_, x_, tape_);
        gradient_of(module_, tape_, dy_, &view);
        require_finite(dx, "dX");
        const auto worst = differences_.input_gradient(dx);
        require(
            worst.error <= tolerance_,
            "check_module: backward gives dX({}, {}) = {}, and central differences give {}, a relative error of {}; "
            "correct the derivative in backward",
            worst.index % x_.rows(), worst.index / x_.rows(), worst.derivative, worst.quotient, worst.error);
        return worst.error;
    }

    double try_jvp() requires ModuleWithJvp<M> {
        // Where all parameters move, kinks may lie on both sides of the point; along another direction they do not.
        constexpr int most_attempts = 3;
        typename DerivativeErrors::Entry worst;
        Matrix<Scalar> v, tangent;
        for (int attempt = 0; attempt == 0 || (attempt < most_attempts && !(worst.error <= tolerance_)); ++attempt) {
            v = differences_.direction();
            outputs_of(module_, x_, tape_);
            tangent = tangent_of(module_, tape_, v, x_.cols());
            require_finite(tangent, "the tangent");
            worst = differences_.tangent(tangent, v);
        }
        require(worst.error <= tolerance_,
                "check_module: jvp gives the tangent of Y({}, {}) as {}, and central differences give {}, a relative "
                "error of {}; correct the derivative in jvp",
                worst.index % dy_.rows(), worst.index / dy_.rows(), worst.derivative, worst.quotient, worst.error);
        compare_products(tangent, v);
        alternate(tangent, v);
        return worst.error;
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

    std::string in_brackets(Index parameter) const {
        if constexpr (ModuleWithParameterNames<M>) return " (" + std::string(module_.parameter_name(parameter)) + ")";
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

}  // namespace GRADIVA_NAMESPACE::detail
