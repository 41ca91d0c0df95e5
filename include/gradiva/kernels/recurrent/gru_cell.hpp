#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/detail/unit_blocks.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// What a gated recurrent unit does in one step beside its matrix products. With P = W x + b and Q = U h + c, both
/// 3 units x batch in the order r z n, and the state h (units x batch):
///   r = sigmoid(P_r + Q_r),  z = sigmoid(P_z + Q_z),  n = tanh(P_n + r * Q_n),  h' = (1 - z) * n + z * h.
/// A column's bits do not depend on the others. NaN stays NaN; of numbers of any size the gates are finite.
/// Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation",
/// 2014, with c_n within r * (.).
struct GruCell {
    static constexpr Index gates = 3;
    /// Rows of the state for each unit.
    static constexpr Index states = 1;
    /// Whether dL/dQ is always dL/dP.
    static constexpr bool one_derivative = false;

    /// `gate` holds P, and becomes r, z, n; `before` is h, `after` becomes h', and `kept` Q_n, which the derivatives
    /// need.
    template <class Scalar>
    [[gnu::noinline]] static void forward(MatrixRef<Scalar> gate, ConstMatrixRef<Scalar> q,
                                          ConstMatrixRef<Scalar> before, MatrixRef<Scalar> kept,
                                          MatrixRef<Scalar> after) {
        const Index units = kept.rows();
        GRADIVA_ASSERT(gate.rows() == gates * units && q.rows() == gate.rows() && before.rows() == units);
        const auto g = detail::unit_blocks(gate, units), keep = detail::unit_blocks(kept, units),
                   next = detail::unit_blocks(after, units);
        const auto u = detail::unit_blocks(q, units), h = detail::unit_blocks(before, units);
        using V = simd::Lanes<Scalar>;
        detail::for_each_unit_register<Scalar>(units, after.cols(), [&](const auto& at) {
            const V q_n = u(2, at);
            const V r = simd::Logistic<V>(g(0, at) + u(0, at)).here, z = simd::Logistic<V>(g(1, at) + u(1, at)).here;
            const V n = simd::tanh(V(g(2, at) + r * q_n));
            g.set(0, at, r);
            g.set(1, at, z);
            g.set(2, at, n);
            keep.set(0, at, q_n);
            next.set(0, at, (1 - z) * n + z * h(0, at));
        });
    }

    /// dL/dh' is the sum of `d_after` and `d_state`, which becomes the part of dL/dh that does not come by Q; `d_p` and
    /// `d_q` become dL/dP and dL/dQ.
    template <class Scalar>
    [[gnu::noinline]] static void backward(ConstMatrixRef<Scalar> gate, ConstMatrixRef<Scalar> before,
                                           ConstMatrixRef<Scalar> kept, ConstMatrixRef<Scalar> d_after,
                                           MatrixRef<Scalar> d_state, MatrixRef<Scalar> d_p, MatrixRef<Scalar> d_q) {
        const Index units = kept.rows();
        GRADIVA_ASSERT(gate.rows() == gates * units && d_p.rows() == gate.rows() && d_q.rows() == gate.rows());
        const auto g = detail::unit_blocks(gate, units), h = detail::unit_blocks(before, units),
                   keep = detail::unit_blocks(kept, units), own = detail::unit_blocks(d_after, units);
        const auto d = detail::unit_blocks(d_state, units), p = detail::unit_blocks(d_p, units),
                   q = detail::unit_blocks(d_q, units);
        using V = simd::Lanes<Scalar>;
        detail::for_each_unit_register<Scalar>(units, d_state.cols(), [&](const auto& at) {
            const V r = g(0, at), z = g(1, at), n = g(2, at), d_h = own(0, at) + d(0, at);
            const V d_n = d_h * (1 - z) * (1 - n * n);
            const V d_z = d_h * (h(0, at) - n) * z * (1 - z);
            const V d_r = d_n * keep(0, at) * r * (1 - r);
            p.set(0, at, d_r);
            p.set(1, at, d_z);
            p.set(2, at, d_n);
            q.set(0, at, d_r);
            q.set(1, at, d_z);
            q.set(2, at, d_n * r);
            d.set(0, at, d_h * z);
        });
    }

    /// `after_tangent` becomes the tangent of h', given those of P, Q and h.
    template <class Scalar>
    [[gnu::noinline]] static void jvp(ConstMatrixRef<Scalar> gate, ConstMatrixRef<Scalar> before,
                                      ConstMatrixRef<Scalar> kept, ConstMatrixRef<Scalar> p_tangent,
                                      ConstMatrixRef<Scalar> q_tangent, ConstMatrixRef<Scalar> before_tangent,
                                      MatrixRef<Scalar> after_tangent) {
        const Index units = kept.rows();
        GRADIVA_ASSERT(gate.rows() == gates * units && p_tangent.rows() == gate.rows());
        const auto g = detail::unit_blocks(gate, units), h = detail::unit_blocks(before, units),
                   keep = detail::unit_blocks(kept, units), p = detail::unit_blocks(p_tangent, units),
                   q = detail::unit_blocks(q_tangent, units), h_tangent = detail::unit_blocks(before_tangent, units);
        const auto next = detail::unit_blocks(after_tangent, units);
        using V = simd::Lanes<Scalar>;
        detail::for_each_unit_register<Scalar>(units, after_tangent.cols(), [&](const auto& at) {
            const V r = g(0, at), z = g(1, at), n = g(2, at);
            const V r_tangent = r * (1 - r) * (p(0, at) + q(0, at)), z_tangent = z * (1 - z) * (p(1, at) + q(1, at));
            const V n_tangent = (1 - n * n) * (p(2, at) + r_tangent * keep(0, at) + r * q(2, at));
            next.set(0, at, (1 - z) * n_tangent + z_tangent * (h(0, at) - n) + z * h_tangent(0, at));
        });
    }
};

}  // namespace GRADIVA_NAMESPACE::kernels
