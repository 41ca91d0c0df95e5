#pragma once

#include <algorithm>
#include <limits>

#include "gradiva/core/action_batch.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/softmax/softmax_batch.hpp"

// From a batch of logits Z (choices x batch), one sample per column, to its categorical distributions:
//   log p_i = z_i - log sum_k exp z_k.
// A logit of `masked_logit`, minus infinity, is a choice that is not legal: its probability is exactly 0, and so are
// its shares of entropy, divergence and every gradient. One choice of each column at least is legal. NaN or plus
// infinity in a column, or nothing but minus infinity, is NaN in all that follows from it.

namespace GRADIVA_NAMESPACE::kernels {

/// The logit of a choice that is not legal: below that of every finite one, however small.
template <class Scalar>
inline constexpr Scalar masked_logit = -std::numeric_limits<Scalar>::infinity();

/// Z := masked_logit where `legal` is 0; the mask's rows are the first ones of Z. Not inlined: passes without a mask
/// would save the registers that it needs.
template <class Scalar>
[[gnu::noinline]] void mask_logits(ActionMask legal, MatrixRef<Scalar> z) {
    GRADIVA_ASSERT(legal.rows() <= z.rows() && legal.cols() == z.cols());
    for (Index j = 0; j < legal.cols(); ++j) {
        for (Index i = 0; i < legal.rows(); ++i) z(i, j) = legal(i, j) != 0 ? z(i, j) : masked_logit<Scalar>;
    }
}

namespace detail {

// Some blocks of a batch: their rows that stay columns, and their rows beside each other. The former by functions of
// their own, which are not inlined: what these hold in registers leaves none for the latter, all that few choices need.

/// max z of what stays columns, to the place of 1 / S. `z` are the logits of the first block.
template <class Scalar>
[[gnu::noinline]] void largest_of_columns(const Scalar* z, Index stride, Range blocks, SoftmaxBatch<Scalar>& out) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const V lowest = simd::broadcast(-std::numeric_limits<Scalar>::infinity());
    for (Index block = blocks.begin; block < blocks.end; ++block) {
        const auto largest = simd::fold_columns<simd::LargerAcross, Scalar>(
            out.upright_rows() / width, lowest, [=, last = out.count(block) - 1](V& so_far, Index j, Index i) {
                so_far = simd::larger(simd::load(z + std::min(j, last) * stride + i * width), so_far);
            });
        simd::store(largest, out.inverse_sum(block));
        z += width * stride;
    }
}

/// Their d and e^d.
template <class Scalar>
[[gnu::noinline]] void exponentiate_columns(const Scalar* z, Index stride, Range blocks, SoftmaxBatch<Scalar>& out) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index rows = out.upright_rows();
    for (Index block = blocks.begin; block < blocks.end; ++block) {
        Scalar *d = out.shifted(block), *e = out.exponential(block);
        const Scalar* const largest = out.inverse_sum(block);
        const Index count = out.count(block);
        for (Index j = 0; j < count; ++j) {
            const V largest_of_column = simd::broadcast(largest[j]);
            for (Index i = 0; i < rows; i += width) {
                const V shifted = simd::load(z + i) - largest_of_column;
                simd::store(shifted, d + i);
                simd::store(simd::exponential(shifted), e + i);
            }
            z += stride;
            d += rows;
            e += rows;
        }
    }
}

/// Shares of S and T.
template <class Scalar>
struct SoftmaxSums {
    simd::Lanes<Scalar> sum, weighted;

    void add(const simd::Lanes<Scalar>& d, const simd::Lanes<Scalar>& e) {
        sum += e;
        weighted += e * finite_exponent(d);
    }

    template <Index Distance>
    static SoftmaxSums join(const SoftmaxSums& a, const SoftmaxSums& b) {
        return {simd::AddAcross::join<Distance>(a.sum, b.sum), simd::AddAcross::join<Distance>(a.weighted, b.weighted)};
    }
};

/// Their shares of S to the place of log S, and of T to that of the entropy.
template <class Scalar>
[[gnu::noinline]] void add_columns(Range blocks, SoftmaxBatch<Scalar>& out) {
    using Sums = SoftmaxSums<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index rows = out.upright_rows();
    for (Index block = blocks.begin; block < blocks.end; ++block) {
        const Scalar *const d = out.shifted(block), *const e = out.exponential(block);
        const auto sums =
            simd::fold_columns<Sums, Scalar>(rows / width, Sums{}, [=](Sums& of_column, Index j, Index i) {
                const Index place = j * rows + i * width;
                of_column.add(simd::load(d + place), simd::load(e + place));
            });
        simd::store(sums.sum, out.log_sum(block));
        simd::store(sums.weighted, out.entropy(block));
    }
}

/// z of the rows beside each other to the place of d, and max z of all rows.
template <class Scalar>
void load_beside(const Scalar* z, Index stride, Index block, SoftmaxBatch<Scalar>& out) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index upright = out.upright_rows(), rest = out.rows() - upright;
    Scalar* const beside = out.shifted(block) + upright * width;
    simd::columns_to_lanes(z + upright, stride, rest, out.count(block), beside);
    V largest = simd::load(upright > 0 ? out.inverse_sum(block) : beside);
    for (Index i = 0; i < rest * width; i += width) largest = simd::larger(simd::load(beside + i), largest);
    simd::store(largest, out.inverse_sum(block));
}

/// d and e^d of the rows beside each other; S and T of all rows.
template <class Scalar>
void exponentiate_beside(Index block, SoftmaxBatch<Scalar>& out) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index upright = out.upright_rows();
    Scalar *const d = out.shifted(block), *const e = out.exponential(block);
    const V largest = simd::load(out.inverse_sum(block));
    SoftmaxSums<Scalar> sums{};
    if (upright > 0) sums = {simd::load(out.log_sum(block)), simd::load(out.entropy(block))};
    for (Index i = upright * width; i < out.rows() * width; i += width) {
        const V shifted = simd::load(d + i) - largest;
        const V power = simd::exponential(shifted);
        sums.add(shifted, power);
        simd::store(shifted, d + i);
        simd::store(power, e + i);
    }
    simd::store(sums.sum, out.log_sum(block));
    simd::store(sums.weighted, out.entropy(block));
}

/// log S, 1 / S and H.
template <class Scalar>
void finish_sums(Index block, SoftmaxBatch<Scalar>& out) {
    using V = simd::Lanes<Scalar>;
    const V sum = simd::load(out.log_sum(block)), weighted = simd::load(out.entropy(block));
    const V log_sum = simd::logarithm(sum), inverse_sum = 1 / sum;
    simd::store(log_sum, out.log_sum(block));
    simd::store(inverse_sum, out.inverse_sum(block));
    simd::store(V(log_sum - weighted * inverse_sum), out.entropy(block));
}

}  // namespace detail

/// out := the distributions softmax(Z), with their entropies
///   H = -sum_i p_i log p_i = log S - T / S,   S = sum_i e^d_i,   T = sum_i d_i e^d_i,
/// where d = z - max z, so that nothing overflows.
template <class Scalar>
void log_softmax(ConstMatrixRef<Scalar> z, SoftmaxBatch<Scalar>& out) {
    GRADIVA_ASSERT(z.rows() >= 1);
    out.resize(z.rows(), z.cols());
    const Index stride = z.outerStride(), blocks = out.blocks(), upright = out.upright_rows();
    // By stages, each for some blocks: the processor overlaps the blocks of a stage, and what they hold stays in cache.
    const Index at_once = 1 + 64 / z.rows();
    for (Index first = 0; first < blocks; first += at_once) {
        const Range range{first, std::min(first + at_once, blocks)};
        const auto logits = [&](Index block) { return z.data() + block * out.width * stride; };
        if (upright > 0) detail::largest_of_columns(logits(first), stride, range, out);
        for (Index b = first; b < range.end; ++b) detail::load_beside(logits(b), stride, b, out);
        if (upright > 0) {
            detail::exponentiate_columns(logits(first), stride, range, out);
            detail::add_columns(range, out);
        }
        for (Index b = first; b < range.end; ++b) detail::exponentiate_beside(b, out);
    }
    for (Index b = 0; b < blocks; ++b) detail::finish_sums(b, out);
}

}  // namespace GRADIVA_NAMESPACE::kernels
