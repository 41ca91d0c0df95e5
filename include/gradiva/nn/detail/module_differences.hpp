#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/derivative_error.hpp"
#include "gradiva/nn/detail/module_passes.hpp"
#include "gradiva/nn/module.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The derivatives of a module at a batch, against difference quotients. L below is the sum of dY * Y, whose gradient
/// backward gives for dY.
template <Module M>
class ModuleDifferences {
public:
    using Scalar = typename M::Scalar;
    using Entry = DerivativeErrors::Entry;

    /// Parameters of `module` and elements of `x` are changed one at a time and put back. At most `most` of either are,
    /// drawn by `rng` where there are more.
    ModuleDifferences(M& module, Matrix<Scalar>& x, const Matrix<Scalar>& dy, Index most, Rng& rng)
        : module_(module), x_(x), dy_(dy), most_(most), rng_(rng) {
        at_ = forward();
    }

    /// Of dL/dparameters; `index` is the parameter's.
    Entry gradient(const Matrix<Scalar>& gradient) { return one_by_one(module_.parameters(), gradient); }

    /// Of dL/dX; `index` is that of the element of X, column by column.
    Entry input_gradient(const Matrix<Scalar>& dx) {
        return one_by_one(std::span<Scalar>(x_.data(), to_size(x_.size())), dx);
    }

    /// Of the derivatives of L along random directions of the parameters, which all have a part in; `index` counts the
    /// directions.
    Entry along_directions(const Matrix<Scalar>& gradient) {
        DerivativeErrors errors(share_of_mean);
        for (Index i = 0; i < directions; ++i) {
            const Matrix<Scalar> v = direction();
            double derivative = 0;
            for (Index k = 0; k < v.size(); ++k) derivative += double(gradient(k)) * double(v(k));
            errors.add(i, derivative, [&](int step) { return slopes_along(v, step, dy_); });
        }
        return errors.largest();
    }

    /// Of a tangent of Y along `v`; `index` is that of the element of Y, column by column.
    Entry tangent(const Matrix<Scalar>& tangent, const Matrix<Scalar>& v) {
        DerivativeErrors errors(share_of_mean);
        Matrix<Scalar> one = Matrix<Scalar>::Zero(at_.rows(), at_.cols());
        std::vector<Sides> sides;
        for (int step = 0; step < difference_step_count; ++step) sides.push_back(sides_along(v, step));
        for (Index k = 0; k < at_.size(); ++k) {
            one.data()[k] = 1;
            errors.add(k, double(tangent.data()[k]), [&](int step) { return slopes_of(sides[to_size(step)], one); });
            one.data()[k] = 0;
        }
        return errors.largest();
    }

    /// A random direction in the space of the parameters.
    Matrix<Scalar> direction() {
        const auto n = static_cast<Index>(module_.parameters().size());
        Matrix<Scalar> v = normal_matrix<Scalar>(n, 1, rng_);
        v *= static_cast<Scalar>(std::pow(static_cast<double>(std::max<Index>(n, 1)), -0.25));
        return v;
    }

private:
    static constexpr Index directions = 8;
    static constexpr double share_of_mean = sizeof(Scalar) == sizeof(double) ? 1e-3 : 0.1;

    /// Y at both sides of the point, and how far away.
    struct Sides {
        Matrix<Scalar> below, above;
        double h_below = 0, h_above = 0;
    };

    Matrix<Scalar> forward() { return outputs_of(module_, x_, tape_); }

    Entry one_by_one(std::span<Scalar> variables, const Matrix<Scalar>& derivative) {
        DerivativeErrors errors(share_of_mean);
        const auto n = static_cast<Index>(variables.size());
        for (Index i = 0; i < std::min(n, most_); ++i) {
            const Index k = n <= most_ ? i : rng_.below(n);
            errors.add(k, double(derivative.data()[k]),
                       [&](int step) { return slopes_of(sides_of(variables[to_size(k)], step), dy_); });
        }
        return errors.largest();
    }

    Sides sides_of(Scalar& variable, int step) {
        const Scalar before = variable, h = static_cast<Scalar>(difference_steps<Scalar>[step]);
        Sides sides;
        variable = before + h;
        sides.h_above = double(variable) - double(before);
        sides.above = forward();
        variable = before - h;
        sides.h_below = double(before) - double(variable);
        sides.below = forward();
        variable = before;
        return sides;
    }

    Sides sides_along(const Matrix<Scalar>& v, int step) {
        const std::span<Scalar> parameters = module_.parameters();
        const std::vector<Scalar> before(parameters.begin(), parameters.end());
        const double h = difference_steps<Scalar>[step];
        const auto at = [&](double distance) {
            for (std::size_t k = 0; k < before.size(); ++k) {
                parameters[k] = static_cast<Scalar>(double(before[k]) + distance * double(v.data()[k]));
            }
            return forward();
        };
        Sides sides{at(-h), at(h), h, h};
        std::copy(before.begin(), before.end(), parameters.begin());
        return sides;
    }

    Slopes slopes_along(const Matrix<Scalar>& v, int step, const Matrix<Scalar>& weights) {
        return slopes_of(sides_along(v, step), weights);
    }

    /// Of the sum of weights * Y.
    Slopes slopes_of(const Sides& sides, const Matrix<Scalar>& weights) const {
        double left = 0, right = 0, size = 0;
        for (Index k = 0; k < at_.size(); ++k) {
            const double w = weights.data()[k], y = at_.data()[k];
            left += w * (y - double(sides.below.data()[k]));
            right += w * (double(sides.above.data()[k]) - y);
            size += std::abs(w) * std::max(1.0, std::abs(y));
        }
        const double error = 4 * double(std::numeric_limits<Scalar>::epsilon()) * size;
        return {left / sides.h_below, right / sides.h_above, error / std::min(sides.h_below, sides.h_above)};
    }

    M& module_;
    Matrix<Scalar>& x_;
    const Matrix<Scalar>& dy_;
    Index most_;
    Rng& rng_;
    typename M::Tape tape_;
    Matrix<Scalar> at_;
};

}  // namespace GRADIVA_NAMESPACE::detail
