#include "catch.hpp"

#include "gradiva/nn/init.hpp"

using namespace gradiva;

TEST_CASE("orthogonal weights have orthogonal rows, or columns where there are fewer, of the length given") {
    Rng rng(1);
    for (const auto& [rows, columns] :
         std::vector<std::pair<Index, Index>>{{3, 7}, {7, 3}, {5, 5}, {1, 9}, {9, 1}, {1, 1}, {64, 4}, {64, 64}}) {
        for (const double gain : {1.0, 0.01, 1.4}) {
            CAPTURE(rows, columns, gain);
            Matrix<double> w(rows, columns);
            orthogonal_init<double>(w, gain, rng);
            const Matrix<double> square = rows <= columns ? Matrix<double>(w * w.transpose()) : w.transpose() * w;
            CHECK((square / (gain * gain)).isIdentity(1e-12));
        }
    }
}

TEST_CASE("orthogonal weights in float keep to the rounding of float") {
    Rng rng(2);
    Matrix<float> w(6, 64);
    orthogonal_init<float>(w, 2, rng);
    CHECK((w * w.transpose() / 4).isIdentity(1e-5F));
}

TEST_CASE("orthogonal weights have no preferred direction") {
    // The mean of each element, of which every second has the variance 1/2, over 2000 matrices.
    Rng rng(3);
    Matrix<double> mean = Matrix<double>::Zero(2, 2);
    Matrix<double> w(2, 2);
    for (int i = 0; i < 2000; ++i) {
        orthogonal_init<double>(w, 1, rng);
        mean += w / 2000;
    }
    CHECK(mean.cwiseAbs().maxCoeff() < 4 * std::sqrt(0.5 / 2000));
}

TEST_CASE("the same stream draws the same weights, another stream others") {
    const auto draw = [](Rng rng) {
        Matrix<float> w(4, 6);
        orthogonal_init<float>(w, 1, rng);
        return w;
    };
    CHECK(draw(Rng(1)) == draw(Rng(1)));
    CHECK(draw(Rng(1)) != draw(Rng(2)));
}
