#pragma once

#include <algorithm>
#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/lane_transpose.hpp"
#include "gradiva/kernels/softmax_batch.hpp"

// What is asked of categorical distributions, on a batch: samples, log-probs, entropies, divergences and gradients by
// the logits. One sample per column.

namespace gradiva::kernels {

/// Draws choice j with `rng[j]`, by inversion: the first choice at which the sum of e^d exceeds a uniform number below
/// the sum of all. In double and scaled by that sum, so that rounding never falls through to the last choice; one of
/// probability 0 is never drawn.
template <class Scalar>
void draw_choice(const SoftmaxBatch<Scalar>& softmax, std::span<Rng> rng, RowRef<int> choice) {
    for (Index j = 0; j < softmax.cols(); ++j) {
        const Scalar* const e = softmax.exponential(j / softmax.width) + j % softmax.width;
        const auto e_of = [e](Index i) { return static_cast<double>(e[i * SoftmaxBatch<Scalar>::width]); };
        double total = 0;
        for (Index i = 0; i < softmax.rows(); ++i) total += e_of(i);
        const double u = total * rng[static_cast<std::size_t>(j)].uniform();
        Index drawn = 0;
        double sum = e_of(0);
        while (u >= sum && drawn + 1 < softmax.rows()) sum += e_of(++drawn);
        choice[j] = static_cast<int>(drawn);
    }
}

namespace detail {

/// choice_j := the first row of the largest of value(i, j).
template <class Value>
void first_largest(Index rows, Index columns, const Value& value, RowRef<int> choice) {
    for (Index j = 0; j < columns; ++j) {
        Index best = 0;
        for (Index i = 1; i < rows; ++i) best = value(i, j) > value(best, j) ? i : best;
        choice[j] = static_cast<int>(best);
    }
}

}  // namespace detail

/// choice_j := the first row of the largest number in column j.
template <class Scalar>
void largest_choice(ConstMatrixRef<Scalar> value, RowRef<int> choice) {
    detail::first_largest(value.rows(), value.cols(), value, choice);
}

/// choice_j := the first most probable choice of column j.
template <class Scalar>
void most_probable_choice(const SoftmaxBatch<Scalar>& softmax, RowRef<int> choice) {
    const auto log_p = [&](Index i, Index j) { return softmax.log_p(i, j); };
    detail::first_largest(softmax.rows(), softmax.cols(), log_p, choice);
}

/// out_j += log p(choice_j).
template <class Scalar>
void add_log_prob(const SoftmaxBatch<Scalar>& softmax, ConstRowRef<int> choice, VectorRef<Scalar> out) {
    for (Index b = 0; b < softmax.blocks(); ++b) {
        const Index first = b * softmax.width;
        const Scalar *const d = softmax.shifted(b), *const log_sum = softmax.log_sum(b);
        for (Index j = 0; j < softmax.count(b); ++j) {
            const Index i = choice[first + j];
            GRADIVA_ASSERT(i >= 0 && i < softmax.rows());
            out[first + j] += d[i * softmax.width + j] - log_sum[j];
        }
    }
}

/// out_j += H_j = -sum_i p_i log p_i.
template <class Scalar>
void add_categorical_entropy(const SoftmaxBatch<Scalar>& softmax, VectorRef<Scalar> out) {
    const Scalar* const entropy = softmax.entropy(0);  // blocks follow each other
    for (Index j = 0; j < softmax.cols(); ++j) out[j] += entropy[j];
}

/// out_j += KL(q || p) = sum_i q_i (log q_i - log p_i).
template <class Scalar>
void add_categorical_kl(const SoftmaxBatch<Scalar>& q, const SoftmaxBatch<Scalar>& p, VectorRef<Scalar> out) {
    GRADIVA_ASSERT(q.rows() == p.rows() && q.cols() == p.cols());
    using V = detail::RegisterOf<Scalar>;
    constexpr Index width = detail::lanes<Scalar>;
    for (Index b = 0; b < q.blocks(); ++b) {
        const Scalar *const e = q.exponential(b), *const d_q = q.shifted(b), *const d_p = p.shifted(b);
        const V log_sums = detail::load(q.log_sum(b)) - detail::load(p.log_sum(b));
        V sum{};
        for (Index i = 0; i < q.rows() * width; i += width) {
            sum += detail::load(e + i) * ((detail::load(d_q + i) - detail::load(d_p + i)) - log_sums);
        }
        Scalar kl[width];
        detail::store(V(sum * detail::load(q.inverse_sum(b))), kl);
        for (Index j = 0; j < q.count(b); ++j) out[b * width + j] += kl[j];
    }
}

namespace detail {

template <class Scalar>
struct Choices {
    typedef int Type __attribute__((vector_size(lanes<Scalar> * sizeof(int))));
};

/// The choices of `count` columns, as numbers that can be compared with that of a row.
template <class Scalar>
RegisterOf<Scalar> load_choices(const int* choice, Index stride, Index count) {
    if (stride == 1 && count == lanes<Scalar>) {
        return __builtin_convertvector(load_lanes<typename Choices<Scalar>::Type>(choice), RegisterOf<Scalar>);
    }
    Scalar room[lanes<Scalar>] = {};
    for (Index j = 0; j < count; ++j) room[j] = static_cast<Scalar>(choice[j * stride]);
    return load(room);
}

}  // namespace detail

/// dZ := w_j d log p(choice_j) / dZ + w_H dH / dZ + w_KL d KL(q || p) / dZ
///     = w_j (onehot(choice_j) - p) - w_H p (log p + H) + w_KL (p - q).
/// w_H and w_KL are the same for every sample; where q is null, the last term is left out.
template <class Scalar>
void categorical_gradient(const SoftmaxBatch<Scalar>& p, ConstRowRef<int> choice, ConstVectorRef<Scalar> w,
                          Scalar w_entropy, const SoftmaxBatch<Scalar>* q, Scalar w_kl, MatrixRef<Scalar> dz) {
    using V = detail::RegisterOf<Scalar>;
    constexpr Index width = detail::lanes<Scalar>, most_rows = detail::rows_at_once;
    alignas(vector_bytes) Scalar room[most_rows * width];
    if (q == nullptr) w_kl = 0;
    for (Index block = 0; block < p.blocks(); ++block) {
        const Index first = block * width, count = p.count(block);
        const Scalar *const d = p.shifted(block), *const e = p.exponential(block);
        const V chosen =
            detail::load_choices<Scalar>(choice.data() + first * choice.innerStride(), choice.innerStride(), count);
        const Scalar* const w_block = w.data() + first;
        const V weight = count == width ? detail::load(w_block) : detail::load_some(w_block, count);
        // By each row it is e (a + b d), plus w at the choice.
        const V a = detail::load(p.inverse_sum(block)) *
                    (w_kl - weight - w_entropy * (detail::load(p.entropy(block)) - detail::load(p.log_sum(block))));
        const V b = detail::load(p.inverse_sum(block)) * -w_entropy;
        for (Index row = 0; row < p.rows(); row += most_rows) {
            const Index rows = std::min(p.rows() - row, most_rows);
            for (Index i = 0; i < rows; ++i) {
                const Index place = (row + i) * width;
                const V by_p = detail::load(e + place) * (a + b * detail::load(d + place));
                const V at_choice = chosen == static_cast<Scalar>(row + i) ? weight : V{};
                detail::store(V(by_p + at_choice), room + i * width);
            }
            if (q != nullptr) {
                const V c = detail::load(q->inverse_sum(block)) * w_kl;
                const Scalar* const e_q = q->exponential(block) + row * width;
                for (Index i = 0; i < rows * width; i += width) {
                    detail::store(V(detail::load(room + i) - c * detail::load(e_q + i)), room + i);
                }
            }
            detail::lanes_to_columns(room, rows, count, dz.data() + first * dz.outerStride() + row, dz.outerStride());
        }
    }
}

/// out := F T, the Fisher matrix of each column's logits times a direction: p_i (t_i - sum_k p_k t_k).
template <class Scalar>
void categorical_fisher(const SoftmaxBatch<Scalar>& p, ConstMatrixRef<Scalar> t, MatrixRef<Scalar> out) {
    for (Index j = 0; j < t.cols(); ++j) {
        Scalar mean = 0;
        for (Index i = 0; i < t.rows(); ++i) mean += p.p(i, j) * t(i, j);
        for (Index i = 0; i < t.rows(); ++i) out(i, j) = p.p(i, j) * (t(i, j) - mean);
    }
}

}  // namespace gradiva::kernels
