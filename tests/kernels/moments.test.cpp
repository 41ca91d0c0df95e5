#include "catch.hpp"

#include "gradiva/kernels/moments.hpp"
#include "helpers/random.hpp"

using namespace gradiva;
using Catch::Approx;
using gradiva_test::random_vector;
using kernels::Moments;

TEMPLATE_TEST_CASE("moments equal their definitions", "", float, double) {
    Rng rng(1);
    for (const Index n : {2, 3, 5, 17, 31, 32, 33, 65, 1000}) {
        const Vector<TestType> x = random_vector<TestType>(n, rng);
        double mean = 0;
        for (const TestType value : x) mean += static_cast<double>(value) / static_cast<double>(n);
        double squares = 0;
        for (const TestType value : x) squares += std::pow(static_cast<double>(value) - mean, 2);
        const Moments m = kernels::moments<TestType>(x);
        CHECK(m.count == n);
        CHECK(m.mean == Approx(mean).margin(1e-12));
        CHECK(m.population_variance() == Approx(squares / static_cast<double>(n)));
        CHECK(m.sample_variance() == Approx(squares / static_cast<double>(n - 1)));
        CHECK(m.sample_deviation() == Approx(std::sqrt(squares / static_cast<double>(n - 1))));
    }
}

TEMPLATE_TEST_CASE("moments and standardised numbers do not depend on where the numbers lie", "", float, double) {
    Rng rng(3);
    const Vector<TestType> x = random_vector<TestType>(101, rng);
    Vector<TestType> expected = x;
    kernels::standardise<TestType>(expected);
    Vector<TestType> room(120);
    for (Index first = 0; first < 19; ++first) {
        auto moved = room.segment(first, 101);
        moved = x;
        CHECK(kernels::moments<TestType>(moved).mean == kernels::moments<TestType>(x).mean);
        CHECK(kernels::moments<TestType>(moved).squares == kernels::moments<TestType>(x).squares);
        kernels::standardise<TestType>(moved);
        CHECK(moved == expected);
    }
}

TEMPLATE_TEST_CASE("one NaN makes the moments and every standardised number NaN", "", float, double) {
    for (const Index bad : {0, 31, 40, 66}) {
        Vector<TestType> x = Vector<TestType>::LinSpaced(67, 0, 1);
        x[bad] = std::numeric_limits<TestType>::quiet_NaN();
        CHECK(std::isnan(kernels::moments<TestType>(x).mean));
        CHECK(std::isnan(kernels::moments<TestType>(x).squares));
        kernels::standardise<TestType>(x);
        CHECK(x.array().isNaN().all());
    }
}

TEST_CASE("no numbers have no spread, and one has none either") {
    const Moments none = kernels::moments<float>(Vector<float>());
    CHECK(none.count == 0);
    CHECK(none.mean == 0);
    CHECK(none.population_variance() == 0);
    CHECK(none.sample_variance() == 0);
    const Moments one = kernels::moments<float>(Vector<float>::Constant(1, 3));
    CHECK(one.mean == 3);
    CHECK(one.population_variance() == 0);
    CHECK(one.sample_deviation() == 0);
    CHECK(kernels::moments<float>(Vector<float>::Constant(1000, 0.1F)).population_variance() == 0);
}

TEST_CASE("a small spread around a large mean is not lost") {
    // 1e8 - 1, 1e8 + 1, and so on: the mean of squares minus the square of the mean has no digit left.
    Vector<double> x(1000);
    for (Index i = 0; i < x.size(); ++i) x[i] = 1e8 + (i % 2 == 0 ? 1 : -1);
    CHECK(kernels::moments<double>(x).mean == Approx(1e8).epsilon(1e-15));
    CHECK(kernels::moments<double>(x).population_variance() == Approx(1).epsilon(1e-12));
    kernels::standardise<double>(x);
    CHECK(x[0] == Approx(std::sqrt(999.0 / 1000)).epsilon(1e-7));

    Vector<float> y(1000);
    for (Index i = 0; i < y.size(); ++i) y[i] = 1e8F + (i % 2 == 0 ? 8.0F : -8.0F);
    CHECK(kernels::moments<float>(y).population_variance() == Approx(64).epsilon(1e-12));
}

TEMPLATE_TEST_CASE("standardised numbers have mean 0 and deviation 1 in the same order", "", float, double) {
    Rng rng(2);
    const Vector<TestType> before = (TestType(5) * random_vector<TestType>(101, rng)).array() + TestType(30);
    Vector<TestType> x = before;
    kernels::standardise<TestType>(x);
    const Moments m = kernels::moments<TestType>(x);
    CHECK(m.mean == Approx(0).margin(1e-6));
    CHECK(m.sample_deviation() == Approx(1).epsilon(1e-5));
    const Moments was = kernels::moments<TestType>(before);
    CHECK(x[7] == Approx((static_cast<double>(before[7]) - was.mean) / was.sample_deviation()).margin(1e-5));
}

TEMPLATE_TEST_CASE("equal numbers become 0, one alone stays as it is", "", float, double) {
    for (const TestType value : {TestType(0), TestType(0.1), TestType(-1e4), TestType(1e9) / 3, TestType(-1e16) / 7}) {
        for (const Index n : {2, 3, 49, 256, 2048}) {
            Vector<TestType> x = Vector<TestType>::Constant(n, value);
            kernels::standardise<TestType>(x);
            CHECK(x.allFinite());
            CHECK(x.isZero(0));
        }
    }
    Vector<TestType> one = Vector<TestType>::Constant(1, TestType(7));
    kernels::standardise<TestType>(one);
    CHECK(one[0] == TestType(7));
    Vector<TestType> none;
    kernels::standardise<TestType>(none);
    CHECK(none.size() == 0);
}

TEST_CASE("numbers whose squares are beyond a double are standardised as smaller ones are") {
    Rng rng(7);
    const Vector<double> before = gradiva_test::random_vector<double>(67, rng);
    Vector<double> expected = before;
    kernels::standardise<double>(expected);
    for (const double scale : {0x1p100, 0x1p511, 0x1p530, 0x1p1020}) {
        Vector<double> x = scale * before;
        kernels::standardise<double>(x);
        CAPTURE(scale);
        CHECK(x.isApprox(expected, 1e-7));
    }
    Vector<double> x = 0x1p600 * before;
    x[5] = std::numeric_limits<double>::infinity();
    kernels::standardise<double>(x);
    CHECK_FALSE(x.allFinite());
}

TEST_CASE("moments of parts joined, and of numbers added one by one, are those of the whole") {
    Rng rng(9);
    const Vector<double> x = random_vector<double>(60, rng).array() + 3;
    const Moments whole = kernels::moments<double>(x);
    for (const Index first : {0, 1, 17, 59, 60}) {
        CAPTURE(first);
        Moments joined = kernels::moments<double>(x.head(first));
        joined += kernels::moments<double>(x.tail(60 - first));
        CHECK(joined.count == 60);
        CHECK(joined.mean == Approx(whole.mean).epsilon(1e-14));
        CHECK(joined.squares == Approx(whole.squares).epsilon(1e-13));
    }
    Moments added;
    for (const double value : x) added.add(value);
    CHECK(added.count == 60);
    CHECK(added.mean == Approx(whole.mean).epsilon(1e-14));
    CHECK(added.squares == Approx(whole.squares).epsilon(1e-13));
    Moments none;
    none += Moments();
    CHECK((none.count == 0 && none.mean == 0 && none.squares == 0));
}
