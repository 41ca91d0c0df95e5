#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/check.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/dense.hpp"
#include "gradiva/nn/init.hpp"
#include "gradiva/nn/sequences.hpp"

namespace GRADIVA_NAMESPACE {

/// The memory of a network, without the layers around it: state_t = cell(W x_t + b, U h_{t-1} + c, state_{t-1}), where
/// the cell, such as `kernels::GruCell`, says what becomes of the two sums, and h are the first `units` rows of the
/// state (S x batch). Owns no parameters: those of a flat span are W (column-major), b, U and c, each with the gates in
/// the cell's order.
///
/// One product has W x + b of all columns, and so have dW, dU and dX; a product per step has U h + c, and one U^T dQ.
template <class ScalarT, class CellT>
class Recurrence {
public:
    using Scalar = ScalarT;
    using Cell = CellT;

    /// W and U, packed for their products.
    struct PackedWeights {
        PackedDense<Scalar> input, hidden;
    };

    /// What a forward pass stores for `backward` and `jvp`, which do not change it. M are the columns of all steps.
    struct Tape {
        ConstMatrixMap<Scalar> x{nullptr, 0, 0};  ///< inputs x M
        std::span<const std::uint8_t> begins;
        Buffer<Index> offset;            ///< the first column of each step, then M
        MatrixBuffer<Scalar> gates;      ///< of all columns
        MatrixBuffer<Scalar> kept;       ///< units x M, see the cell
        MatrixBuffer<Scalar> before;     ///< the state before each column, 0 where an episode begins: S x M
        MatrixBuffer<Scalar> after;      ///< the state after each column: S x M
        MatrixBuffer<Scalar> d_p, d_q;   ///< derivatives by P = W x + b and Q = U h + c, or their tangents
        MatrixBuffer<Scalar> of_step;    ///< Q of one step
        MatrixBuffer<Scalar> carried;    ///< from one step to another, S x width: dL/dstate, or the state's tangent
        MatrixBuffer<Scalar> tangent;    ///< of the state after each column
        PackedDense<Scalar> own_hidden;  ///< U, packed in a forward pass without `packed`
        bool packs_own = false;
        const PackedWeights* packed = nullptr;

        Index steps() const { return offset.size() - 1; }
        Range step(Index t) const { return {offset[t], offset[t + 1]}; }
        const PackedDense<Scalar>* packed_input() const { return packed ? &packed->input : nullptr; }
        const PackedDense<Scalar>* packed_hidden() const {
            return packed ? &packed->hidden : packs_own ? &own_hidden : nullptr;
        }
    };

    /// `offset` is that of W in the flat span.
    Recurrence(Index inputs, Index units, Index offset)
        : units_(units), input_{inputs, Cell::gates * units, offset}, hidden_{units, Cell::gates * units,
                                                                              offset + input_.parameter_count()} {}

    Index units() const { return units_; }
    Index state_size() const { return Cell::states * units_; }
    Index parameter_count() const { return input_.parameter_count() + hidden_.parameter_count(); }
    /// Where W and b, and U and c, lie in the parameters.
    const Dense& input() const { return input_; }
    const Dense& hidden() const { return hidden_; }

    /// Sets the parts of W and U that belong to each gate to orthogonal matrices of gain 1. Biases stay as they are.
    void initialise(std::span<Scalar> parameters, Rng& rng) const {
        for (const Dense& layer : {input_, hidden_}) {
            for (Index gate = 0; gate < Cell::gates; ++gate) {
                orthogonal_init<Scalar>(layer.weight(parameters).middleRows(gate * units_, units_), 1, rng);
            }
        }
    }

    void pack(std::span<const Scalar> parameters, PackedWeights& packed) const {
        input_.template pack<Scalar>(parameters, true, packed.input);
        hidden_.template pack<Scalar>(parameters, true, packed.hidden);
    }

    /// The state after each column of X (inputs x M), S x M, a view into the tape.
    ConstMatrixMap<Scalar> forward(std::span<const Scalar> parameters, const ConstMatrixMap<Scalar>& x,
                                   const Sequences<Scalar>& sequences, Tape& tape) const {
        GRADIVA_ASSERT(x.rows() == input_.inputs && sequences.fits(x.cols(), state_size()));
        set_up(parameters, x, sequences, tape);
        input_.template forward<Scalar>(parameters, x, tape.gates.matrix(), tape.packed_input());
        for (Index t = 0; t < tape.steps(); ++t) {
            const Range step = tape.step(t);
            const MatrixMap<Scalar> before = tape.before.columns(step);
            if (t > 0) copy_state(tape.after.columns(tape.step(t - 1)).data(), t, tape, before);
            tape.of_step.resize(hidden_.outputs, step.size());
            hidden_.template forward<Scalar>(parameters, top_rows(before), tape.of_step.matrix(), tape.packed_hidden());
            Cell::template forward<Scalar>(tape.gates.columns(step), std::as_const(tape.of_step).matrix(),
                                           as_const(before), tape.kept.columns(step), tape.after.columns(step));
        }
        return std::as_const(tape.after).matrix();
    }

    /// The state after each column of step t, S x width[t], a view into the tape.
    static ConstMatrixMap<Scalar> state_after(const Tape& tape, Index t) { return tape.after.columns(tape.step(t)); }

    /// Adds dL/dparameters to `gradient`, given dL/dstate of each column (S x M), and writes dL/dX to `dx` unless that
    /// is null.
    void backward(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixMap<Scalar>& d_after,
                  std::span<Scalar> gradient, const MatrixMap<Scalar>* dx) const {
        GRADIVA_ASSERT(d_after.rows() == state_size() && d_after.cols() == tape.x.cols());
        tape.d_p.resize(hidden_.outputs, d_after.cols());
        if (!Cell::one_derivative) tape.d_q.resize(hidden_.outputs, d_after.cols());
        tape.carried.resize(state_size(), tape.steps() > 0 ? tape.step(0).size() : 0);
        tape.carried.clear_columns({0, tape.carried.cols()});
        for (Index t = tape.steps() - 1; t >= 0; --t) backward_step(parameters, tape, d_after, t);
        MatrixBuffer<Scalar>& d_q = Cell::one_derivative ? tape.d_p : tape.d_q;
        hidden_.template add_gradient<Scalar>(d_q.matrix(), top_rows(tape.before.matrix()), gradient);
        input_.template add_gradient<Scalar>(tape.d_p.matrix(), tape.x, gradient);
        if (dx) input_.template input_gradient<Scalar>(parameters, tape.d_p.matrix(), *dx, tape.packed_input());
    }

    /// The tangent of the state after each column, S x M, along v and, unless it is null, the tangent of X. That of the
    /// state before step 0, and before an episode, is 0.
    ConstMatrixMap<Scalar> jvp(std::span<const Scalar> parameters, Tape& tape, std::span<const Scalar> v,
                               const ConstMatrixMap<Scalar>* x_tangent) const {
        const Index columns = tape.x.cols();
        tape.d_p.resize(hidden_.outputs, columns);
        tape.d_q.resize(hidden_.outputs, columns);
        tape.tangent.resize(state_size(), columns);
        if (x_tangent) {
            const ConstRowsMap<Scalar> rows(x_tangent->data(), x_tangent->rows(), columns,
                                            ColumnStride(x_tangent->rows()));
            input_.template jvp<Scalar>(parameters, v, tape.x, &rows, tape.d_p.matrix());
        } else {
            input_.template forward<Scalar>(v, tape.x, tape.d_p.matrix());
        }
        hidden_.template forward<Scalar>(v, top_rows(tape.before.matrix()), tape.d_q.matrix());
        for (Index t = 0; t < tape.steps(); ++t) jvp_step(parameters, tape, t);
        return std::as_const(tape.tangent).matrix();
    }

private:
    void set_up(std::span<const Scalar> parameters, const ConstMatrixMap<Scalar>& x, const Sequences<Scalar>& sequences,
                Tape& tape) const {
        rebind(tape.x, x);
        tape.begins = sequences.begins;
        tape.offset.resize(sequences.steps() + 1);
        for (Index t = 0; t < sequences.steps(); ++t) {
            tape.offset[t + 1] = tape.offset[t] + sequences.width[to_size(t)];
        }
        tape.gates.resize(hidden_.outputs, x.cols());
        tape.kept.resize(units_, x.cols());
        tape.before.resize(state_size(), x.cols());
        // Before `after` changes: the state may lie there, where it is that after the tape's last pass.
        if (tape.steps() > 0) copy_state(sequences.state.data(), 0, tape, tape.before.columns(tape.step(0)));
        tape.after.resize(state_size(), x.cols());
        tape.packs_own = !tape.packed && sequences.steps() > 1;
        if (tape.packs_own) hidden_.template pack<Scalar>(parameters, true, tape.own_hidden);
    }

    /// h of a state, or of its derivative.
    ConstRowsMap<Scalar> top_rows(const MatrixMap<Scalar>& state) const {
        return {state.data(), units_, state.cols(), ColumnStride(state.rows())};
    }
    MatrixRef<Scalar> top_rows_to_write(MatrixMap<Scalar> state) const { return state.topRows(units_); }

    /// Copies the state after step t - 1, or its tangent, for the columns that go on in step t: 0 where an episode
    /// begins. `from` is null for zeros.
    static void copy_state(const Scalar* from, Index t, const Tape& tape, MatrixMap<Scalar> to) {
        const Index first = tape.step(t).begin, rows = to.rows();
        for (Index j = 0; j < to.cols(); ++j) {
            Scalar* const column = to.data() + j * rows;
            if (from == nullptr || tape.begins[to_size(first + j)] != 0) {
                std::fill_n(column, rows, Scalar(0));
            } else {
                std::copy_n(from + j * rows, rows, column);
            }
        }
    }

    void backward_step(std::span<const Scalar> parameters, Tape& tape, const ConstMatrixMap<Scalar>& d_after,
                       Index t) const {
        const Range step = tape.step(t);
        const MatrixMap<Scalar> d_state = tape.carried.columns({0, step.size()});
        const ConstMatrixMap<Scalar> own(d_after.data() + step.begin * d_after.rows(), d_after.rows(), step.size());
        const auto of = [&](const MatrixBuffer<Scalar>& all) { return all.columns(step); };
        MatrixBuffer<Scalar>& d_q = Cell::one_derivative ? tape.d_p : tape.d_q;
        if constexpr (Cell::one_derivative) {
            Cell::template backward<Scalar>(of(tape.gates), of(tape.before), of(tape.kept), own, d_state,
                                            tape.d_p.columns(step));
        } else {
            Cell::template backward<Scalar>(of(tape.gates), of(tape.before), of(tape.kept), own, d_state,
                                            tape.d_p.columns(step), d_q.columns(step));
        }
        if (t == 0) return;
        kernels::multiply_add<Scalar>(hidden_.template transposed_operand<Scalar>(parameters, tape.packed_hidden()),
                                      kernels::plain(d_q.columns(step)), top_rows_to_write(d_state));
        for (Index j = 0; j < step.size(); ++j) {
            if (tape.begins[to_size(step.begin + j)] != 0) tape.carried.clear_columns({j, j + 1});
        }
    }

    void jvp_step(std::span<const Scalar> parameters, Tape& tape, Index t) const {
        const Range step = tape.step(t);
        tape.carried.resize(state_size(), step.size());
        const MatrixMap<Scalar> before = tape.carried.matrix();
        copy_state(t == 0 ? nullptr : tape.tangent.columns(tape.step(t - 1)).data(), t, tape, before);
        if (t > 0) {
            kernels::multiply_add<Scalar>(hidden_.template operand<Scalar>(parameters, tape.packed_hidden()),
                                          kernels::plain(top_rows(before)), tape.d_q.columns(step));
        }
        const auto of = [&](const MatrixBuffer<Scalar>& all) { return all.columns(step); };
        Cell::template jvp<Scalar>(of(tape.gates), of(tape.before), of(tape.kept), of(tape.d_p), of(tape.d_q),
                                   as_const(before), tape.tangent.columns(step));
    }

    Index units_;
    Dense input_, hidden_;
};

}  // namespace GRADIVA_NAMESPACE
