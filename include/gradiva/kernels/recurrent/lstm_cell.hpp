#pragma once

#include "gradiva/core/check.hpp"
#include "gradiva/core/simd/math.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/detail/unit_blocks.hpp"

namespace GRADIVA_NAMESPACE::kernels {

/// What a long short-term memory does in one step beside its matrix products. With P = W x + b and Q = U h + c, both
/// 4 units x batch in the order i f g o, A = P + Q, and the state (h, s), 2 units x batch:
///   i = sigmoid(A_i),  f = sigmoid(A_f),  g = tanh(A_g),  o = sigmoid(A_o),  s' = f * s + i * g,  h' = o * tanh(s').
/// A column's bits do not depend on the others. NaN stays NaN; of numbers of any size the gates are finite. Sources:
/// Hochreiter and Schmidhuber, "Long Short-Term Memory", 1997; Gers, Schmidhuber and Cummins, "Learning to Forget",
/// 2000.
struct LstmCell {
    static constexpr Index gates = 4;
    /// Rows of the state for each unit.
    static constexpr Index states = 2;
    /// Whether dL/dQ is always dL/dP.
    static constexpr bool one_derivative = true;

    /// `gate` holds P, and becomes i, f, g, o; `before` is (h, s), `after` becomes (h', s'), and `kept` tanh(s'), which
    /// the derivatives need.
    template <class Scalar>
    [[gnu::noinline]] static void forward(MatrixRef<Scalar> gate, ConstMatrixRef<Scalar> q,
                                          ConstMatrixRef<Scalar> before, MatrixRef<Scalar> kept,
                                          MatrixRef<Scalar> after) {
        const Index units = kept.rows();
        GRADIVA_ASSERT(gate.rows() == gates * units && q.rows() == gate.rows() && before.rows() == states * units);
        const auto g = detail::unit_blocks(gate, units), keep = detail::unit_blocks(kept, units),
                   next = detail::unit_blocks(after, units);
        const auto u = detail::unit_blocks(q, units), state = detail::unit_blocks(before, units);
        using V = simd::Lanes<Scalar>;
        detail::for_each_unit_register<Scalar>(units, after.cols(), [&](const auto& at) {
            const V in = simd::Logistic<V>(g(0, at) + u(0, at)).here;
            const V forget = simd::Logistic<V>(g(1, at) + u(1, at)).here;
            const V value = simd::tanh(V(g(2, at) + u(2, at)));
            const V out = simd::Logistic<V>(g(3, at) + u(3, at)).here;
            const V s = forget * state(1, at) + in * value, squashed = simd::tanh(s);
            g.set(0, at, in);
            g.set(1, at, forget);
            g.set(2, at, value);
            g.set(3, at, out);
            keep.set(0, at, squashed);
            next.set(0, at, out * squashed);
            next.set(1, at, s);
        });
    }

    /// dL/d(h', s') is the sum of `d_after` and `d_state`, which becomes the part of dL/d(h, s) that does not come by
    /// Q; `d_p` becomes dL/dP, which is dL/dQ.
    template <class Scalar>
    [[gnu::noinline]] static void backward(ConstMatrixRef<Scalar> gate, ConstMatrixRef<Scalar> before,
                                           ConstMatrixRef<Scalar> kept, ConstMatrixRef<Scalar> d_after,
                                           MatrixRef<Scalar> d_state, MatrixRef<Scalar> d_p) {
        const Index units = kept.rows();
        GRADIVA_ASSERT(gate.rows() == gates * units && d_p.rows() == gate.rows() && d_state.rows() == states * units);
        const auto g = detail::unit_blocks(gate, units), state = detail::unit_blocks(before, units),
                   keep = detail::unit_blocks(kept, units), own = detail::unit_blocks(d_after, units);
        const auto d = detail::unit_blocks(d_state, units), p = detail::unit_blocks(d_p, units);
        using V = simd::Lanes<Scalar>;
        detail::for_each_unit_register<Scalar>(units, d_state.cols(), [&](const auto& at) {
            const V in = g(0, at), forget = g(1, at), value = g(2, at), out = g(3, at);
            const V d_h = own(0, at) + d(0, at), squashed = keep(0, at);
            const V d_s = own(1, at) + d(1, at) + d_h * out * (1 - squashed * squashed);
            p.set(0, at, d_s * value * in * (1 - in));
            p.set(1, at, d_s * state(1, at) * forget * (1 - forget));
            p.set(2, at, d_s * in * (1 - value * value));
            p.set(3, at, d_h * squashed * out * (1 - out));
            d.set(0, at, V{});
            d.set(1, at, d_s * forget);
        });
    }

    /// `after_tangent` becomes the tangent of (h', s'), given those of P, Q and (h, s).
    template <class Scalar>
    [[gnu::noinline]] static void jvp(ConstMatrixRef<Scalar> gate, ConstMatrixRef<Scalar> before,
                                      ConstMatrixRef<Scalar> kept, ConstMatrixRef<Scalar> p_tangent,
                                      ConstMatrixRef<Scalar> q_tangent, ConstMatrixRef<Scalar> before_tangent,
                                      MatrixRef<Scalar> after_tangent) {
        const Index units = kept.rows();
        GRADIVA_ASSERT(gate.rows() == gates * units && p_tangent.rows() == gate.rows());
        const auto g = detail::unit_blocks(gate, units), state = detail::unit_blocks(before, units),
                   keep = detail::unit_blocks(kept, units), p = detail::unit_blocks(p_tangent, units),
                   q = detail::unit_blocks(q_tangent, units), tangent = detail::unit_blocks(before_tangent, units);
        const auto next = detail::unit_blocks(after_tangent, units);
        using V = simd::Lanes<Scalar>;
        detail::for_each_unit_register<Scalar>(units, after_tangent.cols(), [&](const auto& at) {
            const auto of_gate = [&](Index k, const V& slope) { return V(slope * (p(k, at) + q(k, at))); };
            const V in = g(0, at), forget = g(1, at), value = g(2, at), out = g(3, at), squashed = keep(0, at);
            const V s = of_gate(1, forget * (1 - forget)) * state(1, at) + forget * tangent(1, at) +
                        of_gate(0, in * (1 - in)) * value + in * of_gate(2, 1 - value * value);
            next.set(0, at, of_gate(3, out * (1 - out)) * squashed + out * (1 - squashed * squashed) * s);
            next.set(1, at, s);
        });
    }
};

}  // namespace GRADIVA_NAMESPACE::kernels
