#pragma once

#include <utility>

#include "gradiva/core/simd/lanes.hpp"

// Backward scans along time of N environments side by side:
//   x_i = d_i + f c_i x_{i+N},   0 beyond the last step,
// with the elements of a step contiguous, so that those of one environment are N apart. The order of additions, and so
// the bits of a result, depends on N and on the number of steps, on nothing else.
// `Terms` has `delta<V>(i)`, which gives d_i for an element (V is Scalar) or a register of them, and `finish(i, x_i)`,
// which takes each x_i. d may be stored where x is written.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// The lanes from `Places` on, then those of `after`.
template <int Places, class V, int... K>
V shift_down(const V& x, const V& after, std::integer_sequence<int, K...>) {
    return __builtin_shufflevector(x, after, (K + Places)...);
}

/// The first N lanes, again and again.
template <int N, class V, int... K>
V repeat_first(const V& x, std::integer_sequence<int, K...>) {
    return __builtin_shufflevector(x, x, (K % N)...);
}

/// A parallel prefix scan within a register: from (d, a) with x_i = d_i + a_i x_{i+s}, s = `Places`, to those for 2 s,
/// and so on until s is the width: x_i = d_i + a_i x_{i+width}. Source: Kogge and Stone, "A Parallel
/// Algorithm for the Efficient Solution of a General Class of Recurrence Equations", 1973.
template <int Places, class V>
void look_ahead(V& d, V& a) {
    constexpr simd::LaneNumbers<V> all;
    if constexpr (Places < static_cast<int>(all.size())) {
        d += a * shift_down<Places>(d, V{}, all);
        a *= shift_down<Places>(a, V{} + 1, all);
        look_ahead<2 * Places>(d, a);
    }
}

/// A scan of N environments, of which a register holds several steps: a parallel prefix scan within each register, from
/// the last to the first, and one product with the first step of the register after it.
template <int N, class Scalar, class Terms>
void scan_few(Scalar factor, const Scalar* continues, Index steps, Scalar* x, const Terms& terms) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    constexpr simd::LaneNumbers<V> all;
    const Index size = N * steps, whole = size / width * width;
    Scalar next[to_size(width)] = {};  // x of the step after, in the first N elements
    for (Index i = size; i-- > whole;) {
        Scalar& x_i = next[i % N];
        x_i = terms.template delta<Scalar>(i) + factor * continues[i] * x_i;
        x[i] = x_i;
        terms.finish(i, x_i);
    }
    V carry = repeat_first<N>(simd::load(next), all);
    for (Index i = whole - width; i >= 0; i -= width) {
        V d = terms.template delta<V>(i), a = factor * simd::load(continues + i);
        look_ahead<N>(d, a);
        const V x_i = d + a * carry;
        simd::store(x_i, x + i);
        terms.finish(i, x_i);
        carry = repeat_first<N>(x_i, all);
    }
}

/// A scan step by step, in registers where a step fills at least one.
template <class Scalar, class Terms>
void scan_steps(Scalar factor, const Scalar* continues, Index n, Index steps, Scalar* x, const Terms& terms) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index last = (steps - 1) * n;
    const auto put = [&](Index i, auto d) {
        using D = decltype(d);
        if (i < last) d += factor * simd::load_as<D>(continues + i) * simd::load_as<D>(x + i + n);
        simd::store(d, x + i);
        terms.finish(i, d);
    };
    for (Index step = last; step >= 0; step -= n) {
        if (n < width) {
            for (Index i = step; i < step + n; ++i) put(i, terms.template delta<Scalar>(i));
            continue;
        }
        // From the last register of a step to its first, so that memory is walked in one direction. The first one
        // overlaps the one after it, where x may overwrite d: its d is loaded before.
        const V d = terms.template delta<V>(step);
        Index i = step + n - width;
        for (; i > step; i -= width) put(i, terms.template delta<V>(i));
        put(step, d);
    }
}

/// A scan of n environments; N, 2 N, 4 N and so on are tried as constants while a register holds several steps.
template <int N = 1, class Scalar, class Terms>
void scan(Scalar factor, const Scalar* continues, Index n, Index steps, Scalar* x, const Terms& terms) {
    if (steps == 0) return;
    if constexpr (N < simd::lanes<Scalar>) {
        if (n == N) return scan_few<N>(factor, continues, steps, x, terms);
        scan<2 * N>(factor, continues, n, steps, x, terms);
    } else {
        scan_steps(factor, continues, n, steps, x, terms);
    }
}

}  // namespace GRADIVA_NAMESPACE::kernels::detail
