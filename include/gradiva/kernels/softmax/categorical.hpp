#pragma once

#include <cstddef>
#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/softmax/softmax_batch.hpp"

// Samples, modes, log-probs, entropies, divergences and Fisher products of a batch of categorical distributions, one
// per column. `softmax`, p and q are choices x batch; per-sample arrays have one element per column. Choices count from
// 0.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// Calls `use(offset)` with a function like `SoftmaxBatch::offset`, without its comparison where no row is columnar, as
/// with few choices.
template <class Scalar, class Use>
void with_offset(const SoftmaxBatch<Scalar>& softmax, const Use& use) {
    if (softmax.columnar_rows() == 0) {
        use([](Index i, Index j) { return i * simd::lanes<Scalar> + j; });
    } else {
        use([&softmax](Index i, Index j) { return softmax.offset(i, j); });
    }
}

/// Draws i with probability e_of(i) / sum_k e_of(k), by inverting the distribution function.
template <class EOf>
int invert(Index choices, const EOf& e_of, Rng& rng) {
    double total = 0;
    for (Index i = 0; i < choices; ++i) total += e_of(i);
    const double u = total * rng.uniform();
    Index drawn = 0;
    double sum = e_of(0);
    while (u >= sum && drawn + 1 < choices) sum += e_of(++drawn);
    return static_cast<int>(drawn);
}

}  // namespace detail

/// choice_j := a draw from distribution j by `rng[j]`, which gives one uniform number: the first choice at which the
/// running sum of e^d exceeds that share of the whole sum. In double, and both sums are added up in the same order, so
/// that rounding never falls through to the last choice; one of probability 0 is never drawn.
template <class Scalar>
void draw_choice(const SoftmaxBatch<Scalar>& softmax, std::span<Rng> rng, RowRef<int> choice) {
    detail::with_offset(softmax, [&](const auto& offset) {
        for (Index j = 0; j < softmax.cols(); ++j) {
            const Scalar* const e = softmax.exponential(j / softmax.width);
            const Index lane = j % softmax.width;
            const auto e_of = [=](Index i) { return static_cast<double>(e[offset(i, lane)]); };
            choice[j] = detail::invert(softmax.rows(), e_of, rng[static_cast<std::size_t>(j)]);
        }
    });
}

namespace detail {

/// choice_j := the first i with the largest value(i, j).
template <class Value>
void first_largest(Index rows, Index columns, const Value& value, RowRef<int> choice) {
    for (Index j = 0; j < columns; ++j) {
        Index best = 0;
        for (Index i = 1; i < rows; ++i) best = value(i, j) > value(best, j) ? i : best;
        choice[j] = static_cast<int>(best);
    }
}

}  // namespace detail

/// choice_j := the first row with the largest element of column j; rows x batch.
template <class Scalar>
void largest_choice(const ConstMatrixRef<Scalar>& value, RowRef<int> choice) {
    detail::first_largest(value.rows(), value.cols(), value, choice);
}

/// choice_j := the first most probable choice of column j, the same as `largest_choice` of its logits: d = z - max z is
/// 0 where z is the largest, and else below it. Log-probs of different logits may be equal, as they are rounded.
template <class Scalar>
void most_probable_choice(const SoftmaxBatch<Scalar>& softmax, RowRef<int> choice) {
    constexpr Index width = SoftmaxBatch<Scalar>::width;
    const auto d = [&](Index i, Index j) { return softmax.shifted(j / width)[softmax.offset(i, j % width)]; };
    detail::first_largest(softmax.rows(), softmax.cols(), d, choice);
}

/// out_j := out_j + log p(choice_j).
template <class Scalar>
void add_log_prob(const SoftmaxBatch<Scalar>& softmax, ConstRowRef<int> choice, VectorRef<Scalar> out) {
    constexpr Index width = SoftmaxBatch<Scalar>::width;
    detail::with_offset(softmax, [&](const auto& offset) {
        const Index stride = choice.innerStride();
        for (Index b = 0; b < softmax.blocks(); ++b) {
            const int* const chosen = choice.data() + b * width * stride;
            const Scalar *const d = softmax.shifted(b), *const log_sum = softmax.log_sum(b);
            Scalar* const log_prob = out.data() + b * width;
            const Index count = softmax.count(b);
            for (Index j = 0; j < count; ++j) {
                const Index i = chosen[j * stride];
                GRADIVA_ASSERT(i >= 0 && i < softmax.rows());
                log_prob[j] += d[offset(i, j)] - log_sum[j];
            }
        }
    });
}

/// out_j := out_j + H_j, H = -sum_i p_i log p_i, in nats.
template <class Scalar>
void add_categorical_entropy(const SoftmaxBatch<Scalar>& softmax, VectorRef<Scalar> out) {
    const Scalar* const entropy = softmax.entropy(0);  // of all columns: blocks follow each other
    for (Index j = 0; j < softmax.cols(); ++j) out[j] += entropy[j];
}

/// out_j := out_j + KL(q || p), KL = sum_i q_i (log q_i - log p_i), in nats. A choice with q_i = 0 adds exactly 0; one
/// with q_i > 0 whose logit in p is minus infinity makes it infinite.
template <class Scalar>
void add_categorical_kl(const SoftmaxBatch<Scalar>& q, const SoftmaxBatch<Scalar>& p, VectorRef<Scalar> out) {
    GRADIVA_ASSERT(q.rows() == p.rows() && q.cols() == p.cols());
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index columnar = q.columnar_rows();
    for (Index b = 0; b < q.blocks(); ++b) {
        const Scalar *const e = q.exponential(b), *const d_q = q.shifted(b), *const d_p = p.shifted(b);
        const auto term = [&](Index i, const V& log_sums) {
            const V q_i = simd::load(e + i);
            const V unmasked = q_i * ((simd::load(d_q + i) - simd::load(d_p + i)) - log_sums);
            return q_i == Scalar(0) ? V{} : unmasked;
        };
        const V log_sums = simd::load(q.log_sum(b)) - simd::load(p.log_sum(b));
        V sum{};
        if (columnar > 0) {
            sum =
                simd::fold_columns<simd::AddAcross, Scalar>(columnar / width, sum, [&](V& of_column, Index j, Index i) {
                    of_column += term(j * columnar + i * width, simd::broadcast(q.log_sum(b)[j] - p.log_sum(b)[j]));
                });
        }
        for (Index i = columnar * width; i < q.rows() * width; i += width) sum += term(i, log_sums);
        Scalar kl[to_size(width)];
        simd::store(V(sum * simd::load(q.inverse_sum(b))), kl);
        const Index count = q.count(b);
        for (Index j = 0; j < count; ++j) out[b * width + j] += kl[j];
    }
}

/// out := F T (choices x batch), the Fisher matrix of each column's logits times a direction:
/// p_i (t_i - sum_k p_k t_k).
template <class Scalar>
void categorical_fisher(const SoftmaxBatch<Scalar>& p, ConstMatrixRef<Scalar> t, MatrixRef<Scalar> out) {
    for (Index j = 0; j < t.cols(); ++j) {
        Scalar mean = 0;
        for (Index i = 0; i < t.rows(); ++i) mean += p.p(i, j) * t(i, j);
        for (Index i = 0; i < t.rows(); ++i) out(i, j) = p.p(i, j) * (t(i, j) - mean);
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels
