#pragma once

#include <cmath>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"

namespace gradiva {

struct ConjugateGradientOptions {
    Index iterations = 15;     ///< at most
    double tolerance = 1e-10;  ///< stop when the squared norm of the residual is below
};

/// Solves M x = g for a symmetric positive definite M that is known by its products only, from x = 0:
///   alpha = r.r / p.Mp,  x += alpha p,  r -= alpha Mp,  p = r + (r'.r' / r.r) p.
/// Source: Hestenes and Stiefel, "Methods of Conjugate Gradients for Solving Linear Systems", 1952.
template <class Scalar>
class ConjugateGradient {
public:
    explicit ConjugateGradient(ConjugateGradientOptions options = {}) : options_(options) {}

    /// `multiply(v, out)` writes out := M v. Returns false, and leaves x unfinished, when a curvature p.Mp is not
    /// positive or not finite: M is then not what it should be.
    template <class Multiply>
    bool solve(const Multiply& multiply, std::span<const Scalar> g, std::span<Scalar> x) {
        const auto n = static_cast<Index>(g.size());
        residual_.resize(n);
        direction_.resize(n);
        product_.resize(n);
        as_vector(x).setZero();
        residual_.vector() = as_vector(g);
        direction_.vector() = as_vector(g);
        double square = dot(residual_, residual_);
        for (Index i = 0; i < options_.iterations && square >= options_.tolerance; ++i) {
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
        return true;
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

}  // namespace gradiva
