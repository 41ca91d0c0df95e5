#pragma once

#include <algorithm>
#include <cstddef>
#include <span>

#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/simd/lanes.hpp"
#include "gradiva/core/simd/sum.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/softmax/softmax_batch.hpp"

// What is asked of categorical distributions, on a batch: samples, log-probs, entropies, divergences and Fisher
// products. One sample per column.

namespace GRADIVA_NAMESPACE::kernels {

namespace detail {

/// Calls `use(place)` with `place(i, j)`, where number (i, j) of a block stands in it: without a comparison where no
/// row stays in columns, as with few choices.
template <class Scalar, class Use>
void with_place(const SoftmaxBatch<Scalar>& softmax, const Use& use) {
    if (softmax.upright_rows() == 0) {
        use([](Index i, Index j) { return i * simd::lanes<Scalar> + j; });
    } else {
        use([&softmax](Index i, Index j) { return softmax.place(i, j); });
    }
}

/// The first choice at which the sum of `e_of` exceeds a uniform number below the sum of all.
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

/// Draws choice j with `rng[j]`, by inversion: the first choice at which the sum of e^d exceeds a uniform number below
/// the sum of all. In double and scaled by that sum, so that rounding never falls through to the last choice; one of
/// probability 0 is never drawn.
template <class Scalar>
void draw_choice(const SoftmaxBatch<Scalar>& softmax, std::span<Rng> rng, RowRef<int> choice) {
    detail::with_place(softmax, [&](const auto& place) {
        for (Index j = 0; j < softmax.cols(); ++j) {
            const Scalar* const e = softmax.exponential(j / softmax.width);
            const Index lane = j % softmax.width;
            const auto e_of = [=](Index i) { return static_cast<double>(e[place(i, lane)]); };
            choice[j] = detail::invert(softmax.rows(), e_of, rng[static_cast<std::size_t>(j)]);
        }
    });
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
    constexpr Index width = SoftmaxBatch<Scalar>::width;
    detail::with_place(softmax, [&](const auto& place) {
        const Index stride = choice.innerStride(), block = softmax.rows() * width;
        const int* chosen = choice.data();
        const Scalar *d = softmax.shifted(0), *log_sum = softmax.log_sum(0);  // blocks follow each other
        Scalar* to = out.data();
        for (Index first = 0; first < softmax.cols(); first += width) {
            const Index count = std::min(softmax.cols() - first, width);
            for (Index j = 0; j < count; ++j) {
                const Index i = chosen[j * stride];
                GRADIVA_ASSERT(i >= 0 && i < softmax.rows());
                to[j] += d[place(i, j)] - log_sum[j];
            }
            chosen += width * stride;
            d += block;
            log_sum += width;
            to += width;
        }
    });
}

/// out_j += H_j = -sum_i p_i log p_i.
template <class Scalar>
void add_categorical_entropy(const SoftmaxBatch<Scalar>& softmax, VectorRef<Scalar> out) {
    const Scalar* const entropy = softmax.entropy(0);  // blocks follow each other
    for (Index j = 0; j < softmax.cols(); ++j) out[j] += entropy[j];
}

/// out_j += KL(q || p) = sum_i q_i (log q_i - log p_i). A choice with q_i = 0 has no share; one with q_i > 0 and a p_i
/// of 0 by a logit of minus infinity makes it infinite.
template <class Scalar>
void add_categorical_kl(const SoftmaxBatch<Scalar>& q, const SoftmaxBatch<Scalar>& p, VectorRef<Scalar> out) {
    GRADIVA_ASSERT(q.rows() == p.rows() && q.cols() == p.cols());
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index upright = q.upright_rows();
    for (Index b = 0; b < q.blocks(); ++b) {
        const Index count = q.count(b);
        const Scalar *const e = q.exponential(b), *const d_q = q.shifted(b), *const d_p = p.shifted(b);
        const auto term = [&](Index i, const V& log_sums) {
            const V q_i = simd::load(e + i);
            const V share = q_i * ((simd::load(d_q + i) - simd::load(d_p + i)) - log_sums);
            return q_i == Scalar(0) ? V{} : share;
        };
        const V log_sums = simd::load(q.log_sum(b)) - simd::load(p.log_sum(b));
        V sum{};
        if (upright > 0) {
            sum =
                simd::fold_columns<simd::AddAcross, Scalar>(upright / width, sum, [&](V& of_column, Index j, Index i) {
                    of_column += term(j * upright + i * width, simd::broadcast(q.log_sum(b)[j] - p.log_sum(b)[j]));
                });
        }
        for (Index i = upright * width; i < q.rows() * width; i += width) sum += term(i, log_sums);
        Scalar kl[to_size(width)];
        simd::store(V(sum * simd::load(q.inverse_sum(b))), kl);
        for (Index j = 0; j < count; ++j) out[b * width + j] += kl[j];
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

}  // namespace GRADIVA_NAMESPACE::kernels
