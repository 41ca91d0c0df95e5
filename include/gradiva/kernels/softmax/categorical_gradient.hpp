#pragma once

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/softmax/softmax_batch.hpp"

// Gradients by the logits of log-probs, entropies and divergences of categorical distributions, in one pass.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// The choices of `count` columns as scalars, a lane per column; 0 in the other lanes.
template <class Scalar>
simd::Lanes<Scalar> load_choices(const int* choice, Index stride, Index count) {
    using Choices = simd::Lanes<int, simd::lanes<Scalar>>;
    if (stride == 1 && count == simd::lanes<Scalar>) {
        return __builtin_convertvector(simd::load_as<Choices>(choice), simd::Lanes<Scalar>);
    }
    Scalar converted[simd::lanes<Scalar>] = {};
    for (Index j = 0; j < count; ++j) converted[j] = static_cast<Scalar>(choice[j * stride]);
    return simd::load(converted);
}

/// A block's gradient by the logits is e (a + b d) - c e_q, plus the weight in the row that was chosen; a lane per
/// column.
template <class Scalar>
struct GradientTerms {
    simd::Lanes<Scalar> a, b, c, weight, chosen;
};

/// dZ of the columnar rows of a block, `rows` rows and `count` columns, which are `stride` apart in dZ. `e_q` may be
/// null.
template <class Scalar>
[[gnu::noinline]] void columnar_gradient(const GradientTerms<Scalar>& terms, const Scalar* d, const Scalar* e,
                                         const Scalar* e_q, Index rows, Index count, Scalar* dz, Index stride) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    V lane{};
    for (Index i = 0; i < width; ++i) lane[i] = static_cast<Scalar>(i);
    for (Index j = 0; j < count; ++j) {
        const V a = simd::broadcast(terms.a[j]), b = simd::broadcast(terms.b[j]),
                weight = simd::broadcast(terms.weight[j]);
        V below_chosen = terms.chosen[j] - lane;  // rows from each lane's row to the one that was chosen
        for (Index i = 0; i < rows; i += width) {
            const V by_p = simd::load(e + i) * (a + b * finite_exponent(simd::load(d + i)));
            simd::store(V(by_p + (below_chosen == V{} ? weight : V{})), dz + i);
            below_chosen -= Scalar(width);
        }
        if (e_q != nullptr) {
            const V c = simd::broadcast(terms.c[j]);
            for (Index i = 0; i < rows; i += width)
                simd::store(V(simd::load(dz + i) - c * simd::load(e_q + i)), dz + i);
            e_q += rows;
        }
        d += rows;
        e += rows;
        dz += stride;
    }
}

/// The same for the interleaved rows of a block, `rows` rows from row `first` on.
template <class Scalar>
void interleaved_gradient(const GradientTerms<Scalar>& terms, const Scalar* d, const Scalar* e, const Scalar* e_q,
                          Index first, Index rows, Index count, Scalar* dz, Index stride) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    alignas(simd::vector_bytes) Scalar interleaved_dz[to_size(width * width)];
    for (Index i = 0; i < rows; ++i) {
        const V by_p = simd::load(e + i * width) * (terms.a + terms.b * finite_exponent(simd::load(d + i * width)));
        const V at_choice = terms.chosen == static_cast<Scalar>(first + i) ? terms.weight : V{};
        simd::store(V(by_p + at_choice), interleaved_dz + i * width);
    }
    if (e_q != nullptr) {
        for (Index i = 0; i < rows * width; i += width)
            simd::store(V(simd::load(interleaved_dz + i) - terms.c * simd::load(e_q + i)), interleaved_dz + i);
    }
    simd::lanes_to_columns(interleaved_dz, rows, count, dz, stride);
}

}  // namespace detail

/// dZ := w_j d log p(choice_j) / dZ + w_H dH / dZ + w_KL d KL(q || p) / dZ
///     = w_j (onehot(choice_j) - p) - w_H p (log p + H) + w_KL (p - q),
/// choices x batch. w_H and w_KL are the same for every sample; where q is null, the last term is left out.
template <class Scalar>
void categorical_gradient(const SoftmaxBatch<Scalar>& p, ConstRowRef<int> choice, ConstVectorRef<Scalar> w,
                          Scalar w_entropy, const SoftmaxBatch<Scalar>* q, Scalar w_kl, MatrixRef<Scalar> dz) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index columnar = p.columnar_rows(), interleaved = p.rows() - columnar, stride = dz.outerStride();
    if (q == nullptr) w_kl = 0;
    for (Index block = 0; block < p.blocks(); ++block) {
        const Index first = block * width, count = p.count(block), choice_stride = choice.innerStride();
        const V inverse_sum = simd::load(p.inverse_sum(block));
        detail::GradientTerms<Scalar> terms;
        terms.weight = simd::load_some(w.data() + first, count);
        terms.chosen = detail::load_choices<Scalar>(choice.data() + first * choice_stride, choice_stride, count);
        terms.a = inverse_sum *
                  (w_kl - terms.weight - w_entropy * (simd::load(p.entropy(block)) - simd::load(p.log_sum(block))));
        terms.b = inverse_sum * -w_entropy;
        terms.c = q != nullptr ? V(simd::load(q->inverse_sum(block)) * w_kl) : V{};
        const Scalar *const d = p.shifted(block), *const e = p.exponential(block);
        const Scalar* const e_q = q != nullptr ? q->exponential(block) : nullptr;
        Scalar* const dz_block = dz.data() + first * stride;
        if (columnar > 0) detail::columnar_gradient<Scalar>(terms, d, e, e_q, columnar, count, dz_block, stride);
        if (interleaved > 0) {
            const Index start = columnar * width;
            detail::interleaved_gradient<Scalar>(terms, d + start, e + start, e_q != nullptr ? e_q + start : nullptr,
                                                 columnar, interleaved, count, dz_block + columnar, stride);
        }
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
