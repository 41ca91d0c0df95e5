// One step of a recurrent cell with random numbers, and its derivatives by central differences.
#pragma once

#include <vector>

#include "catch.hpp"
#include "gradiva/core/types.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/random.hpp"
#include "helpers/with_gaps.hpp"

namespace gradiva_test {

/// P, Q and the state before; what the cell makes of them.
template <class Cell, class Scalar>
struct RecurrentStep {
    using Index = gradiva::Index;
    template <class T>
    using Matrix = gradiva::Matrix<T>;

    RecurrentStep(Index units, Index columns, gradiva::Rng& rng)
        : p(random_matrix<Scalar>(Cell::gates * units, columns, rng)),
          q(random_matrix<Scalar>(Cell::gates * units, columns, rng)),
          before(random_matrix<Scalar>(Cell::states * units, columns, rng)), kept(units, columns),
          after(Cell::states * units, columns) {}

    void forward() {
        gate = p;
        Cell::template forward<Scalar>(gate, q, before, kept, after);
    }
    /// Derivatives by P, Q and the state before that do not come by Q, given `d`, in two parts.
    void backward(const Matrix<Scalar>& d) {
        const Matrix<Scalar> part = Scalar(0.25) * d;
        d_before = d - part;
        d_p.resize(p.rows(), p.cols());
        d_q.resize(p.rows(), p.cols());
        if constexpr (Cell::one_derivative) {
            Cell::template backward<Scalar>(gate, before, kept, part, d_before, d_p);
            d_q = d_p;
        } else {
            Cell::template backward<Scalar>(gate, before, kept, part, d_before, d_p, d_q);
        }
    }

    Matrix<Scalar> p, q, before, gate, kept, after, d_p, d_q, d_before;
};

template <class Cell>
void check_step_derivatives() {
    using gradiva::Index;
    using gradiva::Matrix;
    gradiva::Rng rng(1);
    for (const Index units : {1, 5, 16, 19}) {
        CAPTURE(units);
        RecurrentStep<Cell, double> step(units, 3, rng);
        const Matrix<double> d = random_matrix<double>(step.after.rows(), 3, rng);
        const auto loss = [&] {
            step.forward();
            return step.after.cwiseProduct(d).sum();
        };
        const auto numbers = [](const Matrix<double>& m) { return std::span(m.data(), std::size_t(m.size())); };
        const auto by = [&](Matrix<double>& m) { return numeric_gradient({m.data(), std::size_t(m.size())}, loss); };
        const auto by_p = by(step.p), by_q = by(step.q), by_before = by(step.before);
        step.forward();
        step.backward(d);
        CHECK(relative_error(numbers(step.d_p), by_p) < 1e-8);
        CHECK(relative_error(numbers(step.d_q), by_q) < 1e-8);
        CHECK(relative_error(numbers(step.d_before), by_before) < 1e-8);

        // <d, tangent> = <derivatives, tangents of P, Q and the state>.
        const Matrix<double> p = random_matrix<double>(step.p.rows(), 3, rng),
                             q = random_matrix<double>(step.p.rows(), 3, rng);
        const Matrix<double> before = random_matrix<double>(step.before.rows(), 3, rng);
        Matrix<double> tangent(step.after.rows(), 3);
        Cell::template jvp<double>(step.gate, step.before, step.kept, p, q, before, tangent);
        const double expected =
            step.d_p.cwiseProduct(p).sum() + step.d_q.cwiseProduct(q).sum() + step.d_before.cwiseProduct(before).sum();
        CHECK(tangent.cwiseProduct(d).sum() == Catch::Approx(expected).epsilon(1e-12));
    }
}

/// A column alone has the bits that it has among others, whatever lies beside it.
template <class Cell, class Scalar>
void check_step_bits() {
    using gradiva::Index;
    using gradiva::Matrix;
    gradiva::Rng rng(2);
    for (const Index units : {1, 16, 19, 64}) {
        RecurrentStep<Cell, Scalar> whole(units, 20, rng), one(units, 1, rng);
        const Matrix<Scalar> d = random_matrix<Scalar>(whole.after.rows(), 20, rng);
        whole.forward();
        whole.backward(d);
        for (Index j = 0; j < 20; ++j) {
            CAPTURE(units, j);
            one.p = whole.p.col(j);
            one.q = whole.q.col(j);
            one.before = whole.before.col(j);
            one.forward();
            one.backward(d.col(j));
            const auto same = [&](const Matrix<Scalar>& a, const Matrix<Scalar>& b) {
                return same_bits(a, Matrix<Scalar>(b.col(j)));
            };
            REQUIRE(same(one.after, whole.after));
            REQUIRE(same(one.gate, whole.gate));
            REQUIRE(same(one.d_p, whole.d_p));
            REQUIRE(same(one.d_before, whole.d_before));
        }
    }
}

}  // namespace gradiva_test
