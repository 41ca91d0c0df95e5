#pragma once

#include <algorithm>
#include <cmath>

#include "gradiva/core/sum_in_lanes.hpp"
#include "gradiva/surrogate/surrogate.hpp"

namespace gradiva {

/// L = -mean(min(rho A, clip(rho, 1 - eps, 1 + eps) A)), rho = exp(l - l_old).
/// Source: Schulman, Wolski, Dhariwal, Radford and Klimov, "Proximal Policy Optimization Algorithms", 2017, equation
/// (7).
struct Clip {
    Schedule clip = 0.2;   ///< eps: how far the ratio may go from 1; at least 0
    double now = clip(0);  ///< eps of the present update

    void check() const {
        require(clip.is_finite() && clip.smallest() >= 0, "{}: clip is {}; give a number of at least 0", "Clip",
                clip.smallest());
    }

    void set_progress(double progress) { now = clip(progress); }

    template <class Scalar>
    SurrogateSum evaluate(ConstVectorRef<Scalar> log_prob, ConstVectorRef<Scalar> old_log_prob,
                          ConstVectorRef<Scalar> advantage, VectorRef<Scalar> d_log_prob) const {
        const auto low = static_cast<Scalar>(1 - now);
        const auto high = static_cast<Scalar>(1 + now);
        const Index samples = log_prob.size();
        d_log_prob = (log_prob - old_log_prob).array().exp();
        Scalar* const rho = d_log_prob.data();
        const Scalar* const a = advantage.data();
        const auto clipped_gain = [&](Index i) { return std::clamp(rho[i], low, high) * a[i]; };
        SurrogateSum sum;
        sum.loss = -sum_in_lanes<double>(
            samples, [&](Index i) { return static_cast<double>(std::min(rho[i] * a[i], clipped_gain(i))); });
        for (Index i = 0; i < samples; ++i) sum.clipped += rho[i] < low || rho[i] > high ? 1 : 0;
        for (Index i = 0; i < samples; ++i) {
            const Scalar free = rho[i] * a[i];
            rho[i] = clipped_gain(i) < free ? Scalar(0) : -free;
        }
        return sum;
    }
};

}  // namespace gradiva
