#pragma once

#include <cmath>
#include <span>

#include "gradiva/core/buffer.hpp"

namespace gradiva {

/// The squared Euclidean norm, summed in double.
template <class Scalar>
double squared_norm(std::span<const Scalar> values) {
    return as_vector(values).template cast<double>().squaredNorm();
}

/// The factor that brings a gradient of this norm down to `max_norm`: min(1, max_norm / norm). 1 when `max_norm` is 0,
/// which means no clipping. Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural
/// networks", 2013, algorithm 1.
inline double clip_factor(double norm, double max_norm) {
    return max_norm > 0 && norm > max_norm ? max_norm / norm : 1.0;
}

}  // namespace gradiva
