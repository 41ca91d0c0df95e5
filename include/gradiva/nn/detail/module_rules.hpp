#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "gradiva/core/check.hpp"
#include "gradiva/core/column_by_column.hpp"
#include "gradiva/core/equal_numbers.hpp"
#include "gradiva/core/rng.hpp"
#include "gradiva/core/types.hpp"
#include "gradiva/nn/detail/derivative_error.hpp"
#include "gradiva/nn/detail/module_passes.hpp"
#include "gradiva/nn/module.hpp"
#include "gradiva/nn/packed_weights.hpp"

namespace GRADIVA_NAMESPACE::detail {

/// The rules of `Module` that are not about derivatives: what a pass may depend on, and what copies share. Throws
/// `Error` on the first that is broken.
template <Module M>
class ModuleRules {
public:
    using Scalar = typename M::Scalar;
    using Tape = typename M::Tape;

    ModuleRules(const M& module, const Matrix<Scalar>& x, const Matrix<Scalar>& dy, Rng& rng)
        : module_(module), x_(x), dy_(dy), rng_(rng) {
        Tape tape;
        y_ = outputs_of(module_, x_, tape);
        require_finite(y_, "Y");
        gradient_ = gradient_of(module_, tape, dy_);
        require_finite(gradient_, "gradient");
    }

    void run() {
        add();
        reuse_tape();
        copy();
        append();
        leave_gaps();
        pack_and_use_once();
        change_widths();
        lose_no_nan();
    }

    /// Whether a column had the same bits in batches of all widths that were tried.
    bool same_bits_in_all_widths() const { return same_bits_; }

private:
    static constexpr double close = rounding<Scalar>;

    /// By bits where the module says that it goes column by column, else but for rounding, which may depend on where
    /// in memory a matrix lies.
    static bool same(const Matrix<Scalar>& a, const Matrix<Scalar>& b) {
        return same_bits(a, b) || (!is_column_by_column() && nearly_equal(a, b, close));
    }

    static constexpr bool is_column_by_column() {
        if constexpr (SaysColumnByColumn<M>) return M::column_by_column;
        return false;
    }

    /// A backward pass adds, and a second one after the same forward pass adds the same.
    void add() const {
        Tape tape;
        outputs_of(module_, x_, tape);
        const Matrix<Scalar> added = gradient_of(module_, tape, dy_, nullptr, 1);
        const double scale = std::max<double>(1, gradient_.size() > 0 ? gradient_.cwiseAbs().maxCoeff() : 0);
        require(nearly_equal<Scalar>(added.array() + Scalar(1), gradient_.array() + Scalar(1), close * scale),
                "check_module: backward does not add to the gradient that it is given; write gradient += ..., as "
                "several passes add to one gradient");
        require(nearly_equal(gradient_of(module_, tape, dy_), gradient_, close),
                "check_module: a second backward pass after the same forward pass gives another gradient; let backward "
                "leave what forward stored, except on a tape that was told use_once()");
    }

    /// No pass depends on what the tape held before.
    void reuse_tape() const {
        Tape tape;
        for (const Index columns : {3 * x_.cols(), Index{1}, x_.cols()}) {
            const Matrix<Scalar> x = normal_matrix<Scalar>(x_.rows(), columns, rng_);
            const Matrix<Scalar> dy = normal_matrix<Scalar>(dy_.rows(), columns, rng_);
            outputs_of(module_, x, tape);
            gradient_of(module_, tape, dy);
            require(same(outputs_of(module_, x_, tape), y_),
                    "check_module: forward gives other numbers with a tape that was used for a batch of {} columns "
                    "before; let it depend on X and the parameters alone",
                    columns);
            require(same(gradient_of(module_, tape, dy_), gradient_),
                    "check_module: backward gives another gradient with a tape that was used for a batch of {} columns "
                    "before; let it depend on the last forward pass and dY alone",
                    columns);
        }
    }

    /// A copy is a snapshot.
    void copy() const {
        M original(module_);
        const M copy(std::as_const(original));
        for (Scalar& w : original.parameters()) w += Scalar(1);
        give_observations(original, -3);
        Tape tape;
        require(
            equal_numbers<Scalar>(copy.parameters(), module_.parameters()) && same(outputs_of(copy, x_, tape), y_),
            "check_module: a copy changes with the parameters, or the observations, of the module that it was copied "
            "from; let each copy own all that it has, and keep no pointer to it");
    }

    /// f does not read what is appended, and backward leaves its gradient.
    void append() const {
        M longer(module_);
        const auto n = static_cast<Index>(module_.parameters().size());
        longer.append_parameters(2);
        longer.append_parameters(1);
        const auto appended = [&] { return longer.parameters().subspan(to_size(n)); };
        require(static_cast<Index>(longer.parameters().size()) == n + 3 &&
                    equal_numbers<Scalar>(std::as_const(longer).parameters().first(to_size(n)), module_.parameters()) &&
                    std::all_of(appended().begin(), appended().end(), [](Scalar w) { return w == 0; }),
                "check_module: after append_parameters(2) and append_parameters(1) parameters() are not the {} before, "
                "followed by 3 zeros",
                n);
        for (Scalar& w : appended()) w = std::numeric_limits<Scalar>::quiet_NaN();
        Tape tape;
        require(same(outputs_of(longer, x_, tape), y_),
                "check_module: appended parameters change what forward gives; let it read the module's own ones only");
        const Matrix<Scalar> gradient = gradient_of(longer, tape, dy_);
        require(same(gradient.topRows(n), gradient_) && (gradient.bottomRows(3).array() == 0).all(),
                "check_module: with appended parameters backward gives another gradient; let it read and write the "
                "module's own part only");
        if constexpr (ModuleWithJvp<M>) {
            Matrix<Scalar> v = normal_matrix<Scalar>(n, 1, rng_), longer_v(n + 3, 1);
            longer_v << v, Matrix<Scalar>::Constant(3, 1, std::numeric_limits<Scalar>::quiet_NaN());
            Tape own;
            outputs_of(module_, x_, own);
            require(same(tangent_of(longer, tape, longer_v, x_.cols()), tangent_of(module_, own, v, x_.cols())),
                    "check_module: appended parameters change what jvp gives; let it read the module's own part only");
        }
    }

    /// X and dY, and dX, may have gaps between their columns.
    void leave_gaps() const {
        const Matrix<Scalar> x = with_gaps(x_), dy = with_gaps(dy_);
        Tape tape;
        require(nearly_equal(outputs_of(module_, x.topRows(x_.rows()), tape), y_, close),
                "check_module: forward gives other numbers of an X with gaps between its columns; go from column to "
                "column by x.outerStride(), or make a copy by contiguous(x, storage)");
        require(nearly_equal(gradient_of(module_, tape, dy.topRows(dy_.rows())), gradient_, close),
                "check_module: backward gives another gradient for a dY with gaps between its columns; go from column "
                "to column by dy.outerStride(), or make a copy by contiguous(dy, storage)");
        if constexpr (ModuleWithInputGradient<M>) {
            Matrix<Scalar> plain = Matrix<Scalar>::Zero(x_.rows(), x_.cols()), spread = x;
            MatrixRef<Scalar> dx(plain), dx_spread(spread.topRows(x_.rows()));
            outputs_of(module_, x_, tape);
            require(nearly_equal(gradient_of(module_, tape, dy_, &dx), gradient_, close),
                    "check_module: backward with dX adds another gradient than without");
            outputs_of(module_, x_, tape);
            gradient_of(module_, tape, dy_, &dx_spread);
            require(nearly_equal<Scalar>(spread.topRows(x_.rows()), plain, close) &&
                        spread.bottomRows(2).array().isNaN().all(),
                    "check_module: backward writes another dX where dX has gaps between its columns, or holds other "
                    "numbers before; write each element by dx(i, j) = ..., and nothing between columns");
        }
    }

    /// `pack`, `use_packed` and `use_once` change no number.
    void pack_and_use_once() const {
        gradiva::PackedWeightsOf<M> packed;
        pack_weights(module_, packed);
        for (const bool packs : {false, true}) {
            Tape tape;
            if (packs) use_packed(tape, packed);
            use_once(tape);
            const bool same = nearly_equal(outputs_of(module_, x_, tape), y_, close) &&
                              nearly_equal(gradient_of(module_, tape, dy_), gradient_, close);
            require(same, "check_module: {} gives other numbers than without; it is to change the speed alone",
                    packs ? "a tape with use_packed(packed) and use_once()" : "a tape with use_once()");
        }
    }

    /// A column does not depend on the others.
    void change_widths() {
        constexpr Index most = 40;
        const Matrix<Scalar> x = normal_matrix<Scalar>(x_.rows(), most, rng_);
        Tape tape;
        const Matrix<Scalar> whole = outputs_of(module_, x, tape);
        for (Index width = 1; width < most; ++width) {
            const Index begin = rng_.below(most - width + 1);
            const Matrix<Scalar> some = outputs_of(module_, x.middleCols(begin, width), tape);
            const Matrix<Scalar> expected = whole.middleCols(begin, width);
            same_bits_ = same_bits_ && same_bits(some, expected);
            require(same_bits_ || !is_column_by_column(),
                    "check_module: forward gives a column other bits in a batch of {} columns than in one of {}; use "
                    "products that do not depend on the batch, such as Dense, or leave column_by_column out",
                    width, most);
            require(nearly_equal(some, expected, close),
                    "check_module: forward gives a column other numbers in a batch of {} columns than in one of {}; "
                    "let a column of Y depend on the same column of X alone",
                    width, most);
        }
    }

    /// A NaN stays in its column, and is seen there.
    void lose_no_nan() const {
        for (const Index bad : {Index{0}, x_.cols() - 1}) {
            Matrix<Scalar> x = x_;
            x.col(bad).setConstant(std::numeric_limits<Scalar>::quiet_NaN());
            Tape tape;
            const Matrix<Scalar> y = outputs_of(module_, x, tape);
            require(!y.col(bad).array().isFinite().all(),
                    "check_module: a column of X that is NaN gives a finite column of Y; hand NaN on, so that it is "
                    "noticed: std::max(x, 0) keeps it, and std::max(0, x) does not");
            Matrix<Scalar> rest = y, expected = y_;
            rest.col(bad).setZero();
            expected.col(bad).setZero();
            require(nearly_equal(rest, expected, close),
                    "check_module: a column of X that is NaN changes other columns of Y; let a column of Y depend on "
                    "the same column of X alone");
        }
    }

    const M& module_;
    const Matrix<Scalar>& x_;
    const Matrix<Scalar>& dy_;
    Rng& rng_;
    Matrix<Scalar> y_, gradient_;
    bool same_bits_ = true;
};

}  // namespace GRADIVA_NAMESPACE::detail
