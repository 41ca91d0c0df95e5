#include "gradiva/kernels/recurrent/gru_cell.hpp"

#include <cmath>

#include "kernels/recurrent/recurrent_step.hpp"

using namespace gradiva;
using gradiva_test::RecurrentStep;

TEST_CASE("a step of a GRU has the derivatives of central differences") {
    gradiva_test::check_step_derivatives<kernels::GruCell>();
}

TEST_CASE("a column of a GRU's step has the same bits beside any others") {
    gradiva_test::check_step_bits<kernels::GruCell, float>();
    gradiva_test::check_step_bits<kernels::GruCell, double>();
}

TEMPLATE_TEST_CASE("a GRU with its update gate shut keeps its state, and open forgets it", "", float, double) {
    Rng rng(3);
    RecurrentStep<kernels::GruCell, TestType> step(5, 2, rng);
    step.p.middleRows(5, 5).setConstant(1000);  // z = 1
    step.forward();
    CHECK(gradiva_test::same_bits(step.after, step.before));
    step.p.middleRows(5, 5).setConstant(-1000);  // z = 0
    step.p.topRows(5).setConstant(-1000);        // r = 0
    step.forward();
    for (Index i = 0; i < 5; ++i) CHECK(step.after(i, 1) == Catch::Approx(std::tanh(step.p(10 + i, 1))).margin(1e-6));
    step.p.topRows(5).setConstant(1000);  // r = 1
    step.forward();
    for (Index i = 0; i < 5; ++i) {
        CHECK(step.after(i, 1) == Catch::Approx(std::tanh(step.p(10 + i, 1) + step.q(10 + i, 1))).margin(1e-6));
    }
    CHECK(gradiva_test::same_bits(step.kept, Matrix<TestType>(step.q.bottomRows(5))));
}
