#pragma once

#include <algorithm>
#include <type_traits>
#include <utility>

#include "gradiva/core/simd/lanes.hpp"

// Backward scans along time of N environments side by side:
//   x_i = d_i + f c_i x_{i+N},   0 beyond the last step,
// where a step's numbers are contiguous, so that element i of one step stands N places before that of the next.
// The order of the sums of one environment, and so its bits, depends on N and on the number of steps, on nothing else.
// `Terms` gives d_i by `delta<V>(i)`, for one number or a register of them, and is told each x_i by `finish(i, x_i)`;
// d may lie where x is written.

namespace GRADIVA_NAMESPACE::kernels::detail {

/// One number, or as many as a register holds.
template <class V, class Scalar>
V load_as(const Scalar* from) {
    if constexpr (std::is_same_v<V, Scalar>) {
        return *from;
    } else {
        return simd::load(from);
    }
}

template <class V, class Scalar>
void store_as(const V& x, Scalar* to) {
    if constexpr (std::is_same_v<V, Scalar>) {
        *to = x;
    } else {
        simd::store(x, to);
    }
}

template <int Places, class V, int... K>
V shift_down(const V& x, const V& after, std::integer_sequence<int, K...>) {
    return __builtin_shufflevector(x, after, (K + Places)...);
}

template <int N, class V, int... K>
V repeat_first(const V& x, std::integer_sequence<int, K...>) {
    return __builtin_shufflevector(x, x, (K % N)...);
}

/// (d, a) of x_i = d_i + a_i x_{i+s} to that of x_i = d_i + a_i x_{i+2s}, for s = Places and on until 2s is the width;
/// what comes from beyond the register is left open.
template <int Places, class V>
void look_ahead(V& d, V& a) {
    constexpr simd::LaneNumbers<V> all;
    if constexpr (Places < static_cast<int>(all.size())) {
        d += a * shift_down<Places>(d, V{}, all);
        a *= shift_down<Places>(a, V{} + 1, all);
        look_ahead<2 * Places>(d, a);
    }
}

/// A scan of N environments, of which a register holds several steps. Within a register each x looks ahead to the steps
/// after it, in as many rounds as the steps can be halved; one product with the register after it completes all.
template <int N, class Scalar, class Terms>
void scan_few(Scalar factor, const Scalar* continues, Index steps, Scalar* x, const Terms& terms) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    constexpr simd::LaneNumbers<V> all;
    const Index size = N * steps, whole = size / width * width;
    Scalar next[to_size(N)] = {};
    for (Index i = size; i-- > whole;) {
        Scalar& x_i = next[i % N];
        x_i = terms.template delta<Scalar>(i) + factor * continues[i] * x_i;
        x[i] = x_i;
        terms.finish(i, x_i);
    }
    Scalar room[to_size(width)] = {};
    std::copy_n(next, N, room);
    V carry = repeat_first<N>(simd::load(room), all);
    for (Index i = whole - width; i >= 0; i -= width) {
        V d = terms.template delta<V>(i), a = factor * simd::load(continues + i);
        look_ahead<N>(d, a);
        const V x_i = d + a * carry;
        simd::store(x_i, x + i);
        terms.finish(i, x_i);
        carry = repeat_first<N>(x_i, all);
    }
}

/// A scan step by step, by registers where a step fills at least one.
template <class Scalar, class Terms>
void scan_steps(Scalar factor, const Scalar* continues, Index n, Index steps, Scalar* x, const Terms& terms) {
    using V = simd::Lanes<Scalar>;
    constexpr Index width = simd::lanes<Scalar>;
    const Index last = (steps - 1) * n;
    const auto put = [&](Index i, auto d) {
        using D = decltype(d);
        if (i < last) d += factor * load_as<D>(continues + i) * load_as<D>(x + i + n);
        store_as(d, x + i);
        terms.finish(i, d);
    };
    for (Index step = last; step >= 0; step -= n) {
        if (n < width) {
            for (Index i = step; i < step + n; ++i) put(i, terms.template delta<Scalar>(i));
            continue;
        }
        // Downwards within a step too, one way through memory. The lowest register overlaps the one before it, where d
        // may already be overwritten by x: it is read before.
        const V d = terms.template delta<V>(step);
        Index i = step + n - width;
        for (; i > step; i -= width) put(i, terms.template delta<V>(i));
        put(step, d);
    }
}

/// A scan of any number of environments; `N` and its doubles are those of which a register holds several steps.
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
