#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "gradiva/core/buffer.hpp"
#include "gradiva/core/column_by_column.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/kernels/moments.hpp"
#include "gradiva/nn/detail/derivative_trial.hpp"
#include "gradiva/nn/detail/module_passes.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/observation_moments.hpp"
#include "gradiva/nn/recurrent_module.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// A recurrent module as a `Module`, to be tried as such: one column is a whole sequence, of which each step has its
/// own rows of X and of Y. All sequences have the same steps and the same state before them, and in the middle of each
/// an episode begins.
template <RecurrentModule M>
class UnrolledModule {
public:
    using Scalar = typename M::Scalar;
    using PackedWeights = gradiva::PackedWeightsOf<M>;

    static constexpr bool column_by_column = [] {
        if constexpr (SaysColumnByColumn<M>) return M::column_by_column;
        return false;
    }();

    struct Tape {
        typename M::Tape module;
        Buffer<Index> width;
        Buffer<std::uint8_t> begins;
        MatrixBuffer<Scalar> state, x, y, dy, dx, tangent;

        void use_once() { gradiva::use_once(module); }
        void use_packed(const PackedWeights& packed) { gradiva::use_packed(module, packed); }
    };

    /// For sequences of `steps` steps; `state` (S x 1) is that before each of them.
    UnrolledModule(const M& module, Index steps, Matrix<Scalar> state)
        : module_(module), steps_(steps), state_(std::move(state)) {}

    Index inputs() const { return steps_ * module_.inputs(); }
    Index outputs() const { return steps_ * module_.outputs(); }
    std::span<Scalar> parameters() { return module_.parameters(); }
    std::span<const Scalar> parameters() const { return module_.parameters(); }
    void append_parameters(Index count) { module_.append_parameters(count); }
    void pack(PackedWeights& packed) const { pack_weights(module_, packed); }

    ConstMatrixMap<Scalar> forward(const ConstMatrixRef<Scalar>& x, Tape& tape) const {
        roll(x, tape.x);
        tape.width.assign(steps_, x.cols());
        tape.begins.assign(steps_ * x.cols(), 0);
        const Index middle = pieces_of(steps_, 2);
        for (Index n = 0; middle < steps_ && n < x.cols(); ++n) tape.begins[middle * x.cols() + n] = 1;
        tape.state.resize(state_.rows(), x.cols());
        for (Index n = 0; n < x.cols(); ++n) tape.state.matrix().col(n) = state_;
        const Sequences<Scalar> sequences{std::as_const(tape.width).span(), std::as_const(tape.begins).span(),
                                          std::as_const(tape.state).matrix()};
        return unroll(module_.forward(std::as_const(tape.x).matrix(), sequences, tape.module), "forward", tape, tape.y);
    }

    void backward(Tape& tape, const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient) const {
        roll(dy, tape.dy);
        module_.backward(tape.module, std::as_const(tape.dy).matrix(), gradient);
    }
    void backward(Tape& tape, const ConstMatrixRef<Scalar>& dy, std::span<Scalar> gradient,
                  MatrixRef<Scalar> dx) const requires RecurrentModuleWithInputGradient<M> {
        roll(dy, tape.dy);
        tape.dx.resize(module_.inputs(), tape.dy.cols());
        module_.backward(tape.module, std::as_const(tape.dy).matrix(), gradient, tape.dx.matrix());
        for (Index t = 0; t < steps_; ++t) {
            for (Index n = 0; n < dx.cols(); ++n) {
                for (Index i = 0; i < module_.inputs(); ++i) {
                    dx(t * module_.inputs() + i, n) = tape.dx(i, t * dx.cols() + n);
                }
            }
        }
    }

    ConstMatrixMap<Scalar> jvp(Tape& tape, std::span<const Scalar> v) const requires RecurrentModuleWithJvp<M> {
        return unroll(module_.jvp(tape.module, v), "jvp", tape, tape.tangent);
    }

    bool normalizes() const { return gradiva::normalizes(module_); }
    /// Each step's rows are observations.
    void merge_observations(std::span<const kernels::Moments> rows) {
        for (Index t = 0; t < steps_; ++t) {
            gradiva::merge_observations(module_,
                                        rows.subspan(to_size(t * module_.inputs()), to_size(Index(module_.inputs()))));
        }
    }

    std::string parameter_name(Index i) const requires HasParameterName<M> { return module_.parameter_name(i); }

private:
    /// Columns ordered by time, of one column for each sequence.
    void roll(const ConstMatrixRef<Scalar>& from, MatrixBuffer<Scalar>& to) const {
        const Index rows = from.rows() / steps_;
        to.resize(rows, steps_ * from.cols());
        for (Index t = 0; t < steps_; ++t) {
            for (Index n = 0; n < from.cols(); ++n) {
                for (Index i = 0; i < rows; ++i) to(i, t * from.cols() + n) = from(t * rows + i, n);
            }
        }
    }

    /// The inverse, for what a pass of the module returns.
    ConstMatrixMap<Scalar> unroll(const ConstMatrixMap<Scalar>& from, const char* pass, const Tape& tape,
                                  MatrixBuffer<Scalar>& to) const {
        const Index columns = tape.state.cols(), rows = module_.outputs();
        check_shape(pass, from, rows, columns * steps_);
        to.resize(rows * steps_, columns);
        for (Index t = 0; t < steps_; ++t) {
            for (Index n = 0; n < columns; ++n) {
                for (Index i = 0; i < rows; ++i) to(t * rows + i, n) = from(i, t * columns + n);
            }
        }
        return std::as_const(to).matrix();
    }

    M module_;
    Index steps_;
    Matrix<Scalar> state_;
};

}  // namespace GRADIVA_NAMESPACE::detail
