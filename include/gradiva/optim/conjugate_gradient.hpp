#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/optim/clip_norm.hpp"

namespace GRADIVA_NAMESPACE {

/// Stopping criteria of `ConjugateGradient`.
struct ConjugateGradientOptions {
    Index iterations = 15;     ///< at most
    double tolerance = 1e-10;  ///< stop when ||residual||^2 <= tolerance ||g||^2
};

/// The power of two that scales a vector of this norm to a norm in [1, 2), as far as Scalar can represent it; the
/// multiplication is exact. 1 for a norm that is 0 or not finite.
template <class Scalar>
Scalar scale_to_one(double norm) {
    constexpr int most = std::numeric_limits<Scalar>::max_exponent - 2;
    if (!(norm > 0) || !std::isfinite(norm)) return 1;
    return std::ldexp(Scalar(1), std::clamp(-std::ilogb(norm), -most, most));
}

/// Solves M x = g for a symmetric positive definite M given by its products M v, starting from x = 0:
///   alpha = r.r / p.Mp,  x += alpha p,  r' = r - alpha Mp,  p := r' + (r'.r' / r.r) p.
/// g is scaled to a norm in [1, 2) meanwhile, so that its magnitude changes neither digits nor the number of
/// iterations. Source: Hestenes and Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", 1952.
template <class Scalar>
class ConjugateGradient {
public:
    explicit ConjugateGradient(ConjugateGradientOptions options = {}) : options_(options) {}

    /// `multiply(v, out)` writes out := M v, spans of the size of g and x. Returns false, with x unspecified, when g or
    /// x is not finite, or when a curvature p.Mp is not positive and finite: M is then not positive definite. x is 0
    /// where g is 0.
    template <class Multiply>
    bool solve(const Multiply& multiply, std::span<const Scalar> g, std::span<Scalar> x) {
        const auto n = static_cast<Index>(g.size());
        residual_.resize(n);
        direction_.resize(n);
        product_.resize(n);
        as_vector(x).setZero();
        const double norm = norm_of(g);
        if (!std::isfinite(norm)) return false;
        const auto scale = scale_to_one<Scalar>(norm);
        residual_.vector() = scale * as_vector(g);
        direction_.vector() = residual_.vector();
        double square = dot(residual_, residual_);
        const double enough = options_.tolerance * square;
        for (Index i = 0; i < options_.iterations && square > enough; ++i) {
            multiply(std::as_const(direction_).span(), product_.span());
            const double curvature = dot(direction_, product_);
            if (!(curvature > 0) || !std::isfinite(curvature)) return false;
            const auto alpha = static_cast<Scalar>(square / curvature);
            as_vector(x) += alpha * direction_.vector();
            residual_.vector() -= alpha * product_.vector();
            const double next_square = dot(residual_, residual_);
            direction_.vector() = residual_.vector() + static_cast<Scalar>(next_square / square) * direction_.vector();
            square = next_square;
        }
        as_vector(x) *= 1 / scale;
        return std::isfinite(norm_of(std::span<const Scalar>(x)));
    }

private:
    static double dot(const Buffer<Scalar>& a, const Buffer<Scalar>& b) {
        return a.vector().template cast<double>().dot(b.vector().template cast<double>());
    }

    ConjugateGradientOptions options_;
    Buffer<Scalar> residual_;
    Buffer<Scalar> direction_;
    Buffer<Scalar> product_;
};

}  // namespace GRADIVA_NAMESPACE
