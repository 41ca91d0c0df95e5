#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/column_by_column.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/derivative_error.hpp"
#include "gradiva/nn/detail/module_passes.hpp"
#include "gradiva/nn/recurrent_module.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The rules of `RecurrentModule` about sequences that are not alike, by comparison with those that are: cut passes,
/// beginnings of episodes in some of them, and unequal lengths. Throws `Error` on the first that is broken.
template <RecurrentModule M>
class SequenceRules {
    using Scalar = typename M::Scalar;

public:
    /// For `count` sequences of `steps` steps.
    SequenceRules(const M& module, Index count, Index steps, Rng& rng)
        : module_(module), count_(count), steps_(steps),
          rng_(rng), even_{std::vector<Index>(to_size(steps), count),
                           std::vector<std::uint8_t>(to_size(count * steps), 0),
                           normal_matrix<Scalar>(module.state_size(), count, rng),
                           normal_matrix<Scalar>(module.inputs(), count * steps, rng),
                           normal_matrix<Scalar>(module.outputs(), count * steps, rng)} {}

    void run() {
        whole_ = pass(even_);
        cut();
        begin();
        end_early();
    }

private:
    static constexpr double close = rounding<Scalar>;

    struct Batch {
        std::vector<Index> width;
        std::vector<std::uint8_t> begins;
        Matrix<Scalar> state, x, dy;
    };
    struct Result {
        Matrix<Scalar> y, gradient, last;  // last: the state after the last step
    };

    static ConstMatrixMap<Scalar> state_before(const Batch& batch) {
        return {batch.state.data(), batch.state.rows(), batch.state.cols()};
    }

    Result pass(const Batch& batch) const {
        typename M::Tape tape;
        return pass(batch, state_before(batch), tape);
    }
    Result pass(const Batch& batch, const ConstMatrixMap<Scalar>& before, typename M::Tape& tape) const {
        const Sequences<Scalar> sequences{batch.width, batch.begins, before};
        Result result;
        const ConstMatrixMap<Scalar> y = module_.forward(batch.x, sequences, tape);
        check_shape("forward", y, module_.outputs(), batch.x.cols());
        result.y = y;
        const Index last = sequences.steps() - 1;
        const ConstMatrixMap<Scalar> state = module_.state_after(tape, last);
        require(state.rows() == module_.state_size() && state.cols() == batch.width.back(),
                "check_module: state_after({}) returns a matrix of {} x {}; return state_size() x the columns of the "
                "step, {} x {}",
                last, state.rows(), state.cols(), module_.state_size(), batch.width.back());
        result.last = state;
        result.gradient = gradient_of(module_, tape, batch.dy);
        return result;
    }

    static bool same(const Matrix<Scalar>& a, const Matrix<Scalar>& b) {
        if constexpr (SaysColumnByColumn<M>) {
            if (M::column_by_column) return same_bits(a, b);
        }
        return nearly_equal(a, b, close);
    }

    /// Steps [from, to) of the even batch.
    Batch steps(Index from, Index to, const Matrix<Scalar>& state) const {
        const Index first = from * count_, columns = (to - from) * count_;
        return {std::vector<Index>(to_size(to - from), count_),
                {even_.begins.begin() + first, even_.begins.begin() + first + columns},
                state,
                even_.x.middleCols(first, columns),
                even_.dy.middleCols(first, columns)};
    }

    /// A pass goes on where another of the same tape has stopped.
    void cut() const {
        for (Index at = 1; at < steps_; ++at) {
            typename M::Tape tape;
            const Batch early = steps(0, at, even_.state), late = steps(at, steps_, even_.state);
            const Result first = pass(early, state_before(early), tape);
            const Result second = pass(late, module_.state_after(tape, at - 1), tape);
            require(same(first.y, whole_.y.leftCols(at * count_)) &&
                        same(second.y, whole_.y.rightCols((steps_ - at) * count_)) && same(second.last, whole_.last),
                    "check_module: a pass over steps 0 to {} and one over those up to {}, given state_after of the "
                    "first, give other numbers than one pass over all; let the state be all that a step depends on "
                    "beside its columns of X",
                    at - 1, steps_ - 1);
        }
    }

    /// Where an episode begins in one sequence, the state before it has no effect, and the other sequences have none.
    void begin() const {
        for (Index at = 0; at < steps_; ++at) {
            const Index sequence = rng_.below(count_);
            Batch batch = even_;
            batch.begins[to_size(at * count_ + sequence)] = 1;
            const Result begun = pass(batch);
            Matrix<Scalar> state = at == 0 ? even_.state : pass(steps(0, at, even_.state)).last;
            state.col(sequence).setZero();
            const Result rest = pass(steps(at, steps_, state));
            require(
                same(begun.y.rightCols((steps_ - at) * count_), rest.y) && same(begun.last, rest.last) &&
                    same(begun.y.leftCols(at * count_), whole_.y.leftCols(at * count_)),
                "check_module: where an episode begins at step {} of one sequence, forward gives other numbers than "
                "a pass that starts there from a state of 0; let begins set the state of its column to 0 before "
                "the step, and that of no other",
                at);
        }
        cut_gradient();
    }

    /// Where episodes begin in all sequences, the gradient is that of the parts alone.
    void cut_gradient() const {
        const Index middle = pieces_of(steps_, 2);
        if (middle == steps_) return;
        Batch batch = even_;
        std::fill_n(batch.begins.begin() + middle * count_, count_, std::uint8_t{1});
        const Matrix<Scalar> zero = Matrix<Scalar>::Zero(module_.state_size(), count_);
        const Matrix<Scalar> parts =
            pass(steps(0, middle, even_.state)).gradient + pass(steps(middle, steps_, zero)).gradient;
        require(nearly_equal(pass(batch).gradient, parts, close),
                "check_module: where all episodes begin anew at step {}, backward gives another gradient than the sum "
                "of those of the steps before and after; let no gradient pass to before a beginning",
                middle);
    }

    /// Sequences that end earlier have the columns that they have beside others, and end nothing else.
    void end_early() const {
        Batch ragged{{}, {}, even_.state, {}, {}};
        std::vector<Index> columns;
        for (Index t = 0; t < steps_; ++t) {
            const Index running = std::max<Index>(1, count_ - t * count_ / steps_);
            ragged.width.push_back(running);
            for (Index n = 0; n < running; ++n) columns.push_back(t * count_ + n);
        }
        const auto some = [&](const Matrix<Scalar>& all) {
            Matrix<Scalar> chosen(all.rows(), Index(columns.size()));
            for (std::size_t k = 0; k < columns.size(); ++k) chosen.col(Index(k)) = all.col(columns[k]);
            return chosen;
        };
        ragged.begins.assign(columns.size(), 0);
        ragged.x = some(even_.x);
        ragged.dy = some(even_.dy);
        Batch silent = even_;
        silent.dy.setZero();
        for (const Index column : columns) silent.dy.col(column) = even_.dy.col(column);
        const Result result = pass(ragged);
        require(same(result.y, some(whole_.y)) && same(result.last, whole_.last.leftCols(ragged.width.back())),
                "check_module: sequences of unequal lengths have other numbers than the same steps of longer ones; at "
                "step t the first width[t] sequences still run, and their states are the first columns of the step "
                "before");
        require(nearly_equal(result.gradient, pass(silent).gradient, close),
                "check_module: sequences of unequal lengths have another gradient than longer ones whose dY is 0 after "
                "their end; a sequence that has ended gets no gradient from later steps");
    }

    const M& module_;
    Index count_, steps_;
    Rng& rng_;
    Batch even_;
    Result whole_;
};

}  // namespace GRADIVA_NAMESPACE::detail
