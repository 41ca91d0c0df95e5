#include "gradiva/kernels/recurrent/lstm_cell.hpp"

#include <cmath>

#include "kernels/recurrent/recurrent_step.hpp"

using namespace gradiva;
using gradiva_test::RecurrentStep;

TEST_CASE("a step of an LSTM has the derivatives of central differences") {
    gradiva_test::check_step_derivatives<kernels::LstmCell>();
}

TEST_CASE("a column of an LSTM's step has the same bits beside any others") {
    gradiva_test::check_step_bits<kernels::LstmCell, float>();
    gradiva_test::check_step_bits<kernels::LstmCell, double>();
}

TEMPLATE_TEST_CASE("an LSTM keeps, writes and shows what its gates say", "", float, double) {
    Rng rng(3);
    RecurrentStep<kernels::LstmCell, TestType> step(5, 2, rng);
    const auto set = [&](Index gate, TestType x) { step.p.middleRows(5 * gate, 5).setConstant(x); };
    set(0, -1000);  // i = 0
    set(1, 1000);   // f = 1
    set(3, 1000);   // o = 1
    step.forward();
    CHECK(gradiva_test::same_bits(Matrix<TestType>(step.after.bottomRows(5)),
                                  Matrix<TestType>(step.before.bottomRows(5))));
    CHECK(gradiva_test::same_bits(Matrix<TestType>(step.after.topRows(5)), step.kept));
    for (Index i = 0; i < 5; ++i)
        CHECK(step.after(i, 1) == Catch::Approx(std::tanh(step.before(5 + i, 1))).margin(1e-6));
    set(0, 1000);   // i = 1
    set(1, -1000);  // f = 0
    set(3, -1000);  // o = 0
    step.forward();
    CHECK(step.after.topRows(5).isZero(0));
    for (Index i = 0; i < 5; ++i) {
        CHECK(step.after(5 + i, 1) == Catch::Approx(std::tanh(step.p(10 + i, 1) + step.q(10 + i, 1))).margin(1e-6));
    }
}
