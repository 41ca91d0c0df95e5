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
// its terms of entropy, divergence and every gradient. At least one choice of each column is legal. A column with NaN
// or plus infinity, or with nothing but minus infinity, gives NaN in all that is computed from it, and in nothing else.

namespace GRADIVA_NAMESPACE::kernels {

/// The logit of a choice that is not legal: minus infinity, below every finite one.
template <class Scalar>
inline constexpr Scalar masked_logit = -std::numeric_limits<Scalar>::infinity();

/// Z := masked_logit where `legal` is 0; the mask's rows are the first ones of Z. Not inlined: in passes without a mask
/// its registers would be saved for nothing.
template <class Scalar>
[[gnu::noinline]] void mask_logits(ActionMask legal, MatrixRef<Scalar> z) {
    GRADIVA_ASSERT(legal.rows() <= z.rows() && legal.cols() == z.cols());
    for (Index j = 0; j < legal.cols(); ++j) {
        for (Index i = 0; i < legal.rows(); ++i) z(i, j) = legal(i, j) != 0 ? z(i, j) : masked_logit<Scalar>;
    }
}

namespace detail {

/// Partial sums of S = sum_i e^d_i and T = sum_i d_i e^d_i, a lane per column.
template <class Scalar>
struct SoftmaxSums {
    simd::Lanes<Scalar> s, t;

    void add(const simd::Lanes<Scalar>& d, const simd::Lanes<Scalar>& e) {
        s += e;
        t += e * finite_exponent(d);
    }

    template <Index Distance>
    static SoftmaxSums join(const SoftmaxSums& a, const SoftmaxSums& b) {
        return {simd::AddAcross::join<Distance>(a.s, b.s), simd::AddAcross::join<Distance>(a.t, b.t)};
    }
};

/// Computes `log_softmax` for some blocks at a time, in stages that each go over all of them: so the processor overlaps
/// the blocks of a stage, and what stages hand on stays in cache. Holds the scratch buffers for that.
///
/// The stages for columnar rows are functions that are not inlined: what they hold in registers leaves none for the
/// interleaved rows, all that few choices have.
template <class Scalar>
class SoftmaxStages {
    using V = simd::Lanes<Scalar>;
    static constexpr Index width = simd::lanes<Scalar>;
    static constexpr Index logits_at_once = 64;  // of each lane, besides those of one block

public:
    SoftmaxStages(const ConstMatrixRef<Scalar>& z, SoftmaxBatch<Scalar>& out)
        : z_(z.data()), stride_(z.outerStride()), columnar_(out.columnar_rows()), rest_(out.rows() - columnar_),
          out_(out) {}

    /// The most blocks at a time.
    Index most_blocks() const { return 1 + logits_at_once / out_.rows(); }

    void run(Range blocks) {
        first_ = blocks.begin;
        const Index count = blocks.size();
        if (columnar_ > 0) find_largest_of_columnar(count);
        for (Index b = 0; b < count; ++b) load_interleaved(b);
        if (columnar_ > 0) {
            exponentiate_columnar(count);
            add_columnar(count);
        }
        for (Index b = 0; b < count; ++b) exponentiate_interleaved(b);
        for (Index b = 0; b < count; ++b) finish(b);
    }

private:
    const Scalar* logits(Index b) const { return z_ + (first_ + b) * width * stride_; }

    /// largest := max z of the columnar rows.
    [[gnu::noinline]] void find_largest_of_columnar(Index count) {
        const V lowest = simd::broadcast(-std::numeric_limits<Scalar>::infinity());
        for (Index b = 0; b < count; ++b) {
            const Scalar* const z = logits(b);
            largest_[b] = simd::fold_columns<simd::LargerAcross, Scalar>(
                columnar_ / width, lowest,
                [z, stride = stride_, last = out_.count(first_ + b) - 1](V& largest, Index j, Index i) {
                    largest = simd::larger(simd::load(z + std::min(j, last) * stride + i * width), largest);
                });
        }
    }

    /// interleaved := z of the interleaved rows; largest := max z of all rows.
    void load_interleaved(Index b) {
        Scalar* const z = interleaved_ + b * rest_ * width;
        simd::columns_to_lanes(logits(b) + columnar_, stride_, rest_, out_.count(first_ + b), z);
        V largest = columnar_ > 0 ? largest_[b] : simd::load(z);
        for (Index i = 0; i < rest_ * width; i += width) largest = simd::larger(simd::load(z + i), largest);
        largest_[b] = largest;
    }

    /// d and e^d of the columnar rows.
    [[gnu::noinline]] void exponentiate_columnar(Index count) {
        const Index rows = columnar_, stride = stride_;
        for (Index b = 0; b < count; ++b) {
            const Scalar* z = logits(b);
            Scalar *d = out_.shifted(first_ + b), *e = out_.exponential(first_ + b);
            const Index columns = out_.count(first_ + b);
            for (Index j = 0; j < columns; ++j, z += stride, d += rows, e += rows) {
                const V largest = simd::broadcast(largest_[b][j]);
                for (Index i = 0; i < rows; i += width) {
                    const V shifted = simd::load(z + i) - largest;
                    simd::store(shifted, d + i);
                    simd::store(simd::exponential(shifted), e + i);
                }
            }
        }
    }

    /// sums := S and T of the columnar rows.
    [[gnu::noinline]] void add_columnar(Index count) {
        using Sums = SoftmaxSums<Scalar>;
        for (Index b = 0; b < count; ++b) {
            const Scalar *const d = out_.shifted(first_ + b), *const e = out_.exponential(first_ + b);
            sums_[b] = simd::fold_columns<Sums, Scalar>(columnar_ / width, Sums{},
                                                        [d, e, rows = columnar_](Sums& sums, Index j, Index i) {
                                                            const Index at = j * rows + i * width;
                                                            sums.add(simd::load(d + at), simd::load(e + at));
                                                        });
        }
    }

    /// d and e^d of the interleaved rows; sums := S and T of all rows.
    void exponentiate_interleaved(Index b) {
        const Scalar* const z = interleaved_ + b * rest_ * width;
        Scalar* const d = out_.shifted(first_ + b) + columnar_ * width;
        Scalar* const e = out_.exponential(first_ + b) + columnar_ * width;
        const V largest = largest_[b];
        SoftmaxSums<Scalar> sums{};
        if (columnar_ > 0) sums = sums_[b];
        for (Index i = 0; i < rest_ * width; i += width) {
            const V shifted = simd::load(z + i) - largest, exponential = simd::exponential(shifted);
            sums.add(shifted, exponential);
            simd::store(shifted, d + i);
            simd::store(exponential, e + i);
        }
        sums_[b] = sums;
    }

    /// log S, 1 / S and H.
    void finish(Index b) {
        const auto [s, t] = sums_[b];
        const V log_sum = simd::logarithm(s), inverse_sum = 1 / s;
        simd::store(log_sum, out_.log_sum(first_ + b));
        simd::store(inverse_sum, out_.inverse_sum(first_ + b));
        simd::store(V(log_sum - t * inverse_sum), out_.entropy(first_ + b));
    }

    const Scalar* const z_;
    const Index stride_, columnar_, rest_;
    SoftmaxBatch<Scalar>& out_;
    Index first_ = 0;
    V largest_[to_size(1 + logits_at_once)];
    SoftmaxSums<Scalar> sums_[to_size(1 + logits_at_once)];
    alignas(simd::vector_bytes) Scalar interleaved_[to_size((width + logits_at_once) * width)];
};

}  // namespace detail

/// out := the distributions softmax(Z), with their entropies
///   H = -sum_i p_i log p_i = log S - T / S,   S = sum_i e^d_i,   T = sum_i d_i e^d_i,
/// where d = z - max z, so that nothing overflows. Z: choices x batch, at least one choice.
template <class Scalar>
void log_softmax(ConstMatrixRef<Scalar> z, SoftmaxBatch<Scalar>& out) {
    GRADIVA_ASSERT(z.rows() >= 1);
    out.resize(z.rows(), z.cols());
    detail::SoftmaxStages<Scalar> stages(z, out);
    const Index most = stages.most_blocks();
    for (Index first = 0; first < out.blocks(); first += most) {
        stages.run({first, std::min(first + most, out.blocks())});
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
