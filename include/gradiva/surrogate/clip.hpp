#pragma once

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/kernels/importance_ratio.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/surrogate/surrogate.hpp"

namespace GRADIVA_NAMESPACE {

/// L = -mean(min(rho A, clip(rho, 1 - eps, 1 + eps) A)), rho = exp(l - l_old).
/// Source: Schulman, Wolski, Dhariwal, Radford and Klimov, "Proximal Policy Optimization Algorithms", 2017, equation
/// (7). An advantage of 0 gives loss and derivative 0, whatever the ratio; NaN in a log-prob or an advantage is NaN in
/// both.
struct Clip {
    static constexpr bool clips = true;

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
        kernels::ratios<Scalar>(log_prob, old_log_prob, d_log_prob);
        Scalar* const ratios = d_log_prob.data();
        const Scalar* const advantages = advantage.data();
        SurrogateSum sum;
        for (Index i = 0; i < samples; ++i) sum.clipped += ratios[i] < low || ratios[i] > high ? 1 : 0;
        const auto gain = [=]<class V>(Index i) {
            const V rho = load_lanes<V>(ratios + i), a = load_lanes<V>(advantages + i);
            const V least = V{} + low, most = V{} + high;
            const V within = rho < low ? least : rho > high ? most : rho;
            const V free = kernels::weigh<V>(rho, a), held = within * a;
            store_lanes(held < free ? V{} : V(-free), ratios + i);
            return held < free ? held : free;
        };
        sum.loss = -kernels::detail::sum_in_double<Scalar>(samples, gain, [](const auto& x) { return x; });
        return sum;
    }
};

}  // namespace GRADIVA_NAMESPACE
