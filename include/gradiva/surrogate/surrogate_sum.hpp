#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/importance_ratio.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/surrogate/surrogate.hpp"

namespace GRADIVA_NAMESPACE {

/// Sums of a surrogate over a batch of samples.
struct SurrogateSum {
    double loss = 0;    ///< sum of the samples' losses
    Index clipped = 0;  ///< number of samples that were clipped
};

namespace detail {

/// The loss of a sample given rho, where the surrogate is a function of rho, else given the log-prob. The derivative is
/// by the log-prob in both cases: d rho / d log_prob = rho.
template <class V, class S>
auto loss_by_log_prob(const S& surrogate, const V& rho_or_log_prob, const V& advantage) {
    if constexpr (TakesRatio<S, V>) {
        auto sample = surrogate.ratio_loss(rho_or_log_prob, advantage);
        sample.derivative = product(rho_or_log_prob, sample.derivative);
        return sample;
    } else {
        return surrogate.log_prob_loss(rho_or_log_prob, advantage);
    }
}

template <class S>
using SampleLossOf = decltype(loss_by_log_prob(std::declval<const S&>(), 0.0, 0.0));

}  // namespace detail

/// Whether a surrogate returns which samples were clipped.
template <class S>
inline constexpr bool clips = !std::is_same_v<decltype(detail::SampleLossOf<S>::clipped), NeverClipped>;

/// Sums a surrogate over samples, in double, and writes d_log_prob := the derivative of each sample's loss by its
/// log-prob. All vectors have one element per sample; `d_log_prob` must not overlap the others. The bits of a sample's
/// derivative do not depend on its position.
template <class Scalar, Surrogate S>
SurrogateSum surrogate_sum(const S& surrogate, ConstVectorRef<Scalar> log_prob, ConstVectorRef<Scalar> old_log_prob,
                           ConstVectorRef<Scalar> advantage, VectorRef<Scalar> d_log_prob) {
    GRADIVA_ASSERT(log_prob.size() == old_log_prob.size() && log_prob.size() == advantage.size() &&
                   log_prob.size() == d_log_prob.size() &&
                   (d_log_prob.data() != advantage.data() || log_prob.size() == 0));
    using V = Simd<Scalar>;
    const Scalar* argument = log_prob.data();
    if constexpr (detail::TakesRatio<S, V>) {
        kernels::ratios<Scalar>(log_prob, old_log_prob, d_log_prob);
        argument = d_log_prob.data();
    }
    constexpr Index at_once = 256;
    SurrogateSum sum;
    Scalar loss[at_once];
    for (Index begin = 0; begin < log_prob.size(); begin += at_once) {
        const Index size = std::min(at_once, log_prob.size() - begin);
        auto clipped = constant<V>(0);
        simd::for_each_register<Scalar>(size, [&](Index i, auto count) {
            const V x = simd::load_some(argument + begin + i, count);
            const V a = simd::load_some(advantage.data() + begin + i, count);
            const auto sample = detail::loss_by_log_prob<V>(surrogate, x, a);
            simd::store_some(sample.derivative.lanes(), d_log_prob.data() + begin + i, count);
            simd::store_some(sample.loss.lanes(), loss + i, count);
            if constexpr (clips<S>) {
                const V one = select(sample.clipped, constant<V>(1), constant<V>(0));
                clipped += V(simd::first_of(one.lanes(), count));
            }
        });
        sum.loss += simd::sum_in_double(loss, size, [](const auto& x) { return x; });
        sum.clipped += static_cast<Index>(simd::sum_of<Scalar>(clipped.lanes()));
    }
    return sum;
}

}  // namespace GRADIVA_NAMESPACE
