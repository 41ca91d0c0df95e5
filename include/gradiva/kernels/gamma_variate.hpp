#pragma once

#include <cmath>
#include <limits>

#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// A draw from the gamma distribution with this shape, at least 1, and scale 1; NaN for a shape that is NaN. By
/// rejection sampling: how many numbers it takes from the stream varies. Source: Marsaglia and Tsang, "A Simple Method
/// for Generating Gamma Variables", 2000.
inline double gamma_variate(double shape, Rng& rng) {
    GRADIVA_ASSERT(!(shape < 1));
    if (std::isnan(shape)) return std::numeric_limits<double>::quiet_NaN();  // the loop would not end
    const double d = shape - 1.0 / 3;
    const double c = 1 / std::sqrt(9 * d);
    while (true) {
        const double z = rng.normal();
        const double root = 1 + c * z;
        if (root <= 0) continue;
        const double v = root * root * root;
        if (std::log(1 - rng.uniform()) < z * z / 2 + d * (1 - v + std::log(v))) return d * v;
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
