#pragma once

#include <algorithm>
#include <utility>

#include "gradiva/core/simd/lanes.hpp"

// Sums, whose order of additions depends on the number of summands only: registers of any width add in the same order,
// and a column has the same bits in a batch of any width.

namespace GRADIVA_NAMESPACE::simd {

/// Sums summand(0), ..., summand(n - 1) in an order that depends on n only, and not on where the numbers lie: a column
/// has the same bits in a batch of any width. Compilers vectorise it, which they may not do to one running sum.
template <class Scalar, class Summand>
Scalar sum_in_lanes(Index n, const Summand& summand) {
    constexpr Index lanes = 16;
    Scalar lane[lanes] = {};
    Index i = 0;
    for (; i + lanes <= n; i += lanes) {
        for (Index l = 0; l < lanes; ++l) lane[l] += summand(i + l);
    }
    for (Index l = 0; i + l < n; ++l) lane[l] += summand(i + l);
    for (Index half = lanes / 2; half > 0; half /= 2) {
        for (Index l = 0; l < half; ++l) lane[l] += lane[l + half];
    }
    return lane[0];
}

/// The sum of a register's numbers, by halves.
template <class Scalar>
Scalar sum_of(const Lanes<Scalar>& x) {
    Scalar part[lanes<Scalar>];
    store(x, part);
    for (Index half = lanes<Scalar> / 2; half > 0; half /= 2) {
        for (Index i = 0; i < half; ++i) part[i] += part[i + half];
    }
    return part[0];
}

namespace detail {

template <class Half, int... K>
Lanes<double> widen(const Half& x, std::integer_sequence<int, K...>) {
    return Lanes<double>{static_cast<double>(x[K])...};  // GCC 12 makes four instructions of a convertvector
}

}  // namespace detail

/// As many numbers as a register holds in double.
template <class Scalar>
Lanes<double> in_double(const Lanes<Scalar, lanes<double>>& x) {
    return detail::widen(x, LaneNumbers<Lanes<double>>{});
}

template <class Scalar>
void store_from_double(const Lanes<double>& x, Scalar* to) {
    using Half = Lanes<Scalar, lanes<double>>;
    const Half rounded = __builtin_convertvector(x, Half);
    store(rounded, to);
}

/// The sum of term(x_i) in double, where `x.template operator()<V>(i)` is x_i for V = Scalar, and x_i and those after
/// it for a vector V; each is asked for once. Element i is added to the partial sum i modulo 32: the order is the same
/// for every width of registers, and the processor can overlap additions.
template <class Scalar, class X, class Term>
double sum_in_double(Index size, const X& x, const Term& term) {
    using Half = Lanes<Scalar, lanes<double>>;
    constexpr Index parts = 32, width = lanes<double>;
    Lanes<double> sum[to_size(parts / width)] = {};
    Index i = 0;
    for (; i + parts <= size; i += parts) {
#pragma GCC unroll 16
        for (Index k = 0; k < parts / width; ++k) {
            sum[k] += term(in_double<Scalar>(x.template operator()<Half>(i + k * width)));
        }
    }
    if (i < size) {
        double part[parts];
        for (Index k = 0; k < parts / width; ++k) store(sum[k], part + k * width);
        for (Index k = 0; i + k < size; ++k) part[k] += term(static_cast<double>(x.template operator()<Scalar>(i + k)));
        for (Index k = 0; k < parts / width; ++k) sum[k] = load(part + k * width);
    }
    for (Index half = parts / width / 2; half > 0; half /= 2) {
        for (Index k = 0; k < half; ++k) sum[k] += sum[k + half];
    }
    return sum_of<double>(sum[0]);
}

/// The same for numbers in memory.
template <class Scalar, class Term>
double sum_in_double(const Scalar* x, Index size, const Term& term) {
    return sum_in_double<Scalar>(
        size, [x]<class V>(Index i) { return load_as<V>(x + i); }, term);
}

namespace detail {

template <Index Distance, bool Crossed, class V, int... K>
V pick_across(const V& a, const V& b, std::integer_sequence<int, K...>) {
    constexpr int distance = static_cast<int>(Distance), width = sizeof...(K);
    return __builtin_shufflevector(a, b, ((K & distance ? K + width : K) ^ (Crossed ? distance : 0))...);
}

/// Pairs of numbers `Distance` lanes apart, those of a where the lane's bit `Distance` is 0 and those of b where it is
/// 1: what `straight` gives stands in its own lane, its partner is what `crossed` gives.
template <Index Distance, class V>
V straight(const V& a, const V& b) {
    return pick_across<Distance, false>(a, b, LaneNumbers<V>{});
}
template <Index Distance, class V>
V crossed(const V& a, const V& b) {
    return pick_across<Distance, true>(a, b, LaneNumbers<V>{});
}

}  // namespace detail

/// For `fold`: the sum of two lanes.
struct AddAcross {
    template <Index Distance, class V>
    static V join(const V& a, const V& b) {
        return detail::straight<Distance>(a, b) + detail::crossed<Distance>(a, b);
    }
};
/// For `fold`: the larger one of two lanes.
struct LargerAcross {
    template <Index Distance, class V>
    static V join(const V& a, const V& b) {
        return larger(detail::straight<Distance>(a, b), detail::crossed<Distance>(a, b));
    }
};

/// `Count` registers to one, by halves: `Distance` apart first, then half of that, and so on.
template <class How, Index Count, Index Distance, class T>
[[gnu::always_inline]] inline T fold(const T* x) {
    if constexpr (Count == 1) {
        return x[0];
    } else {
        T half[to_size(Count / 2)];
#pragma GCC unroll 16
        for (Index i = 0; i < Count / 2; ++i) half[i] = How::template join<Distance>(x[i], x[i + Count / 2]);
        return fold<How, Count / 2, Distance / 2>(half);
    }
}

/// Reduces as many columns as a register has lanes, of `steps` registers each: `add(sum, j, i)` adds the contribution
/// of register i of column j to a sum. The sums are folded to one register with a lane for each column. Columns are
/// processed in groups: sums then stay in registers, and loops are not as short as a column may be.
template <class How, class Scalar, class T, class Add>
[[gnu::always_inline]] inline T fold_columns(Index steps, const T& start, const Add& add) {
    constexpr Index width = lanes<Scalar>, size = std::min<Index>(width, 4), groups = width / size;
    T folded[to_size(groups)];
    for (Index g = 0; g < groups; ++g) {
        T sum[to_size(size)];
#pragma GCC unroll 4
        for (Index k = 0; k < size; ++k) sum[k] = start;
        for (Index i = 0; i < steps; ++i) {
#pragma GCC unroll 4
            for (Index k = 0; k < size; ++k) add(sum[k], g + k * groups, i);
        }
        folded[g] = fold<How, size, width / 2>(sum);
    }
    return fold<How, groups, groups / 2>(folded);
}

}  // namespace GRADIVA_NAMESPACE::simd
