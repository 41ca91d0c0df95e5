#pragma once

#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/transpose.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/softmax/softmax_batch.hpp"

// Gradients of what is asked of categorical distributions by their logits, all in one pass. One sample per column.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

template <class Scalar>
struct Choices {
    typedef int Type __attribute__((vector_size(simd::lanes<Scalar> * sizeof(int))));
};

/// The choices of `count` columns, as numbers that can be compared with that of a row.
template <class Scalar>
simd::Lanes<Scalar> load_choices(const int* choice, Index stride, Index count) {
    if (stride == 1 && count == simd::lanes<Scalar>) {
        return __builtin_convertvector(simd::load_as<typename Choices<Scalar>::Type>(choice), simd::Lanes<Scalar>);
    }
    Scalar room[simd::lanes<Scalar>] = {};
    for (Index j = 0; j < count; ++j) room[j] = static_cast<Scalar>(choice[j * stride]);
    return simd::load(room);
}

/// The gradient by the logits of a block's columns is e (a + b d) - c e_q, plus the weight in the row that was chosen;
/// a column per lane.
template <class Scalar>
struct GradientTerms {
    simd::Lanes<Scalar> a, b, c, weight, chosen;
};

/// `rows` registers of each column, from d, e and e_q, which may be null.
template <class Scalar>
[[gnu::noinline]] void gradient_of_columns(const GradientTerms<Scalar>& terms, const Scalar* d, const Scalar* e,
                                           const Scalar* e_q, Index rows, Index count, Scalar* dz, Index stride) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    V numbers{};
    for (Index i = 0; i < width; ++i) numbers[i] = static_cast<Scalar>(i);
    for (Index j = 0; j < count; ++j) {
        const V a = simd::broadcast(terms.a[j]), b = simd::broadcast(terms.b[j]),
                weight = simd::broadcast(terms.weight[j]);
        V chosen = terms.chosen[j] - numbers;
        for (Index i = 0; i < rows; i += width) {
            const V by_p = simd::load(e + i) * (a + b * finite_exponent(simd::load(d + i)));
            simd::store(V(by_p + (chosen == V{} ? weight : V{})), dz + i);
            chosen -= Scalar(width);
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

/// The same for `rows` rows from the number `first` on, whose columns are side by side.
template <class Scalar>
void gradient_of_lanes(const GradientTerms<Scalar>& terms, const Scalar* d, const Scalar* e, const Scalar* e_q,
                       Index first, Index rows, Index count, Scalar* dz, Index stride) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    alignas(simd::vector_bytes) Scalar room[to_size(width * width)];
    for (Index i = 0; i < rows; ++i) {
        const V by_p = simd::load(e + i * width) * (terms.a + terms.b * finite_exponent(simd::load(d + i * width)));
        const V at_choice = terms.chosen == static_cast<Scalar>(first + i) ? terms.weight : V{};
        simd::store(V(by_p + at_choice), room + i * width);
    }
    if (e_q != nullptr) {
        for (Index i = 0; i < rows * width; i += width)
            simd::store(V(simd::load(room + i) - terms.c * simd::load(e_q + i)), room + i);
    }
    simd::lanes_to_columns(room, rows, count, dz, stride);
}

}  // namespace detail

/// dZ := w_j d log p(choice_j) / dZ + w_H dH / dZ + w_KL d KL(q || p) / dZ
///     = w_j (onehot(choice_j) - p) - w_H p (log p + H) + w_KL (p - q).
/// w_H and w_KL are the same for every sample; where q is null, the last term is left out.
template <class Scalar>
void categorical_gradient(const SoftmaxBatch<Scalar>& p, ConstRowRef<int> choice, ConstVectorRef<Scalar> w,
                          Scalar w_entropy, const SoftmaxBatch<Scalar>* q, Scalar w_kl, MatrixRef<Scalar> dz) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index upright = p.upright_rows(), rest = p.rows() - upright, stride = dz.outerStride();
    if (q == nullptr) w_kl = 0;
    for (Index block = 0; block < p.blocks(); ++block) {
        const Index first = block * width, count = p.count(block);
        const Scalar* const w_block = w.data() + first;
        const V inverse_sum = simd::load(p.inverse_sum(block));
        detail::GradientTerms<Scalar> terms;
        terms.weight = count == width ? simd::load(w_block) : simd::load_some(w_block, count);
        terms.chosen =
            detail::load_choices<Scalar>(choice.data() + first * choice.innerStride(), choice.innerStride(), count);
        terms.a = inverse_sum *
                  (w_kl - terms.weight - w_entropy * (simd::load(p.entropy(block)) - simd::load(p.log_sum(block))));
        terms.b = inverse_sum * -w_entropy;
        terms.c = q != nullptr ? V(simd::load(q->inverse_sum(block)) * w_kl) : V{};
        const Scalar *const d = p.shifted(block), *const e = p.exponential(block);
        const Scalar* const e_q = q != nullptr ? q->exponential(block) : nullptr;
        Scalar* const to = dz.data() + first * stride;
        if (upright > 0) detail::gradient_of_columns<Scalar>(terms, d, e, e_q, upright, count, to, stride);
        if (rest > 0) {
            const Index beside = upright * width;
            detail::gradient_of_lanes<Scalar>(terms, d + beside, e + beside, q != nullptr ? e_q + beside : nullptr,
                                              upright, rest, count, to + upright, stride);
        }
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
