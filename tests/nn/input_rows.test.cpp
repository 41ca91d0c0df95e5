#include "gradiva/nn/input_rows.hpp"

#include "catch.hpp"
#include "gradiva/nn/join.hpp"
#include "gradiva/nn/mlp.hpp"
#include "helpers/finite_difference.hpp"
#include "helpers/moments.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using gradiva_test::moments_of;
using gradiva_test::numeric_gradient;
using gradiva_test::random_matrix;
using gradiva_test::relative_error;

TEMPLATE_TEST_CASE("a network of some rows is the one of these rows alone, without a copy, bit for bit", "", float,
                   double) {
    using T = TestType;
    Rng rng(1);
    const Matrix<T> x = random_matrix<T>(11, 19, rng), dy = random_matrix<T>(2, 19, rng);
    for (const Range rows : {Range{0, 11}, Range{0, 3}, Range{2, 11}, Range{4, 5}}) {
        const MlpNetwork<T> some(11, 2, {.hidden = {20}, .inputs = rows}, Rng(7));
        const MlpNetwork<T> alone(rows.size(), 2, {.hidden = {20}}, Rng(7));
        typename MlpNetwork<T>::Tape tape, tape_alone;
        const Matrix<T> own = x.middleRows(rows.begin, rows.size());
        CHECK(some.inputs() == 11);
        CHECK(some.forward(x, tape) == alone.forward(own, tape_alone));
        if (rows.size() > 1) CHECK(tape.input.rows.data() == x.data() + rows.begin);

        std::vector<T> gradient(some.parameters().size(), T(0)), gradient_alone = gradient;
        Matrix<T> dx = Matrix<T>::Constant(11, 19, T(9)), dx_alone(rows.size(), 19);
        some.backward(tape, dy, gradient, dx);
        alone.backward(tape_alone, dy, gradient_alone, dx_alone);
        CHECK(gradient == gradient_alone);
        Matrix<T> expected = Matrix<T>::Zero(11, 19);
        expected.middleRows(rows.begin, rows.size()) = dx_alone;
        CHECK(dx == expected);
    }
}

TEST_CASE("a network takes of the moments of all rows those of its own, and its derivative by the others is 0") {
    Rng rng(2);
    MlpNetwork<double> network(5, 2, {.hidden = {6}, .normalize_observations = true, .inputs = Range{1, 4}}, Rng(3));
    const Matrix<double> seen = random_matrix<double>(5, 200, rng) * 3;
    network.merge_observations(moments_of(seen));
    CHECK(network.normalizes());
    REQUIRE(network.normalizer()->size() == 3);
    CHECK(network.normalizer()->moments()[2].mean == moments_of(seen)[3].mean);

    Matrix<double> x = random_matrix<double>(5, 7, rng);
    const Matrix<double> dy = random_matrix<double>(2, 7, rng);
    MlpNetwork<double>::Tape tape;
    std::vector<double> gradient(network.parameters().size(), 0);
    Matrix<double> dx(5, 7);
    network.forward(x, tape);
    network.backward(tape, dy, gradient, dx);
    const auto loss = [&] { return dy.cwiseProduct(network.forward(x, tape)).sum(); };
    CHECK(relative_error({dx.data(), 35}, numeric_gradient({x.data(), 35}, loss)) < 1e-6);
    CHECK(dx.row(0).isZero(0));
    CHECK(dx.row(4).isZero(0));
}

TEST_CASE("channels share their moments") {
    Normalizer<double> normalizer(6, 2);
    const Matrix<double> seen = (Matrix<double>(6, 2) << 1, 2, 10, 20, 3, 4, 30, 40, 5, 6, 50, 60).finished();
    normalizer.merge(moments_of(seen));
    REQUIRE(normalizer.moments().size() == 2);
    CHECK(normalizer.moments()[0].count == 6);
    CHECK(normalizer.moments()[0].mean == Catch::Approx(3.5));
    CHECK(normalizer.moments()[1].mean == Catch::Approx(35));
    Matrix<double> y(6, 1);
    normalizer.forward(Vector<double>::Constant(6, 35), y);
    CHECK(y(1, 0) == Catch::Approx(0).margin(1e-12));
    CHECK(y(5, 0) == Catch::Approx(0).margin(1e-12));
    CHECK(y(0, 0) == Catch::Approx(10));  // clamped
}

TEST_CASE("rows that do not exist, or none, are refused by the name of the description's field") {
    const auto make = [](Index begin, Index end) { MlpNetwork<float>(4, 2, {.inputs = Range{begin, end}}, Rng(1)); };
    const std::string rest = "and the rows are 0 to 3; give a range within them that is not empty";
    CHECK_THROWS_WITH(make(2, 5), "Mlp: inputs is Range(2, 5), " + rest);
    CHECK_THROWS_WITH(make(-1, 2), "Mlp: inputs is Range(-1, 2), " + rest);
    CHECK_THROWS_WITH(make(2, 2), "Mlp: inputs is Range(2, 2), " + rest);
    CHECK_THROWS_WITH(make(3, 1), "Mlp: inputs is Range(3, 1), " + rest);
}
