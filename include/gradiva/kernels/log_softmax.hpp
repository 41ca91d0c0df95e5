#pragma once

#include <algorithm>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/exp_log.hpp"
#include "gradiva/kernels/lane_transpose.hpp"
#include "gradiva/kernels/softmax_batch.hpp"

// From a batch of logits Z (choices x batch), one sample per column, to its categorical distributions:
//   log p_i = z_i - log sum_k exp z_k.
// A logit of `masked_logit` or below is a choice that is not legal: its probability is exactly 0, and so are its shares
// of entropy, divergence and every gradient. One choice of each column at least is legal. NaN in a column is NaN in all
// that follows from it.

namespace gradiva::kernels {

/// Finite, so that no 0 times infinity makes a NaN.
template <class Scalar>
inline constexpr Scalar masked_logit = Scalar(-1e30);

/// Z := masked_logit where `legal` is 0; the mask's rows are the first ones of Z.
template <class Scalar>
void mask_logits(ActionMask legal, MatrixRef<Scalar> z) {
    GRADIVA_ASSERT(legal.rows() <= z.rows() && legal.cols() == z.cols());
    for (Index j = 0; j < legal.cols(); ++j) {
        for (Index i = 0; i < legal.rows(); ++i) z(i, j) = legal(i, j) != 0 ? z(i, j) : masked_logit<Scalar>;
    }
}

namespace detail {

/// z to the place of d, and max z to that of 1 / S.
template <class Scalar>
void load_logits(const Scalar* z, Index stride, Index block, SoftmaxBatch<Scalar>& out) {
    using V = RegisterOf<Scalar>;
    constexpr Index width = lanes<Scalar>;
    Scalar* const to = out.shifted(block);
    columns_to_lanes(z, stride, out.rows(), out.count(block), to);
    V largest = load(to);
    for (Index i = width; i < out.rows() * width; i += width) {
        const V row = load(to + i);
        largest = row > largest ? row : largest;
    }
    store(largest, out.inverse_sum(block));
}

/// d and e^d; S to the place of log S, and T to that of the entropy.
template <class Scalar>
void exponentiate_logits(Index block, SoftmaxBatch<Scalar>& out) {
    using V = RegisterOf<Scalar>;
    constexpr Index width = lanes<Scalar>;
    Scalar *const d = out.shifted(block), *const e = out.exponential(block);
    const V largest = load(out.inverse_sum(block));
    V sum{}, weighted{};
    for (Index i = 0; i < out.rows() * width; i += width) {
        const V shifted = load(d + i) - largest;
        const V power = exponential<Scalar>(shifted);
        sum += power;
        weighted += power * shifted;
        store(shifted, d + i);
        store(power, e + i);
    }
    store(sum, out.log_sum(block));
    store(weighted, out.entropy(block));
}

/// log S, 1 / S and H.
template <class Scalar>
void finish_sums(Index block, SoftmaxBatch<Scalar>& out) {
    using V = RegisterOf<Scalar>;
    const V sum = load(out.log_sum(block)), weighted = load(out.entropy(block));
    const V log_sum = logarithm<Scalar>(sum), inverse_sum = 1 / sum;
    store(log_sum, out.log_sum(block));
    store(inverse_sum, out.inverse_sum(block));
    store(V(log_sum - weighted * inverse_sum), out.entropy(block));
}

}  // namespace detail

/// out := the distributions softmax(Z), with their entropies
///   H = -sum_i p_i log p_i = log S - T / S,   S = sum_i e^d_i,   T = sum_i d_i e^d_i,
/// where d = z - max z, so that nothing overflows.
template <class Scalar>
void log_softmax(ConstMatrixRef<Scalar> z, SoftmaxBatch<Scalar>& out) {
    GRADIVA_ASSERT(z.rows() >= 1);
    out.resize(z.rows(), z.cols());
    const Index stride = z.outerStride(), blocks = out.blocks();
    // By stages, each for some blocks: the processor overlaps the blocks of a stage, and what they hold stays in cache.
    const Index at_once = 1 + 64 / z.rows();
    for (Index first = 0; first < blocks; first += at_once) {
        const Index end = std::min(first + at_once, blocks);
        for (Index b = first; b < end; ++b) detail::load_logits(z.data() + b * out.width * stride, stride, b, out);
        for (Index b = first; b < end; ++b) detail::exponentiate_logits(b, out);
    }
    for (Index b = 0; b < blocks; ++b) detail::finish_sums(b, out);
}

}  // namespace gradiva::kernels
