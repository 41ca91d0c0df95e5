#include "catch.hpp"

#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/hybrid.hpp"
#include "gradiva/distributions/multi_categorical.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/space.hpp"
#include "gradiva/kernels/softmax/log_softmax.hpp"
#include "helpers/distribution_batch.hpp"
#include "helpers/largest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr Index width = 19;

/// Whether a batch whose head holds `infinite` in a row says the same as one that holds `finite` there, and all of it
/// is finite. `other` is a batch of the same distribution.
template <class D>
void check_same(const char* name, const D& distribution, Index row, typename D::Scalar infinite,
                typename D::Scalar finite) {
    using T = typename D::Scalar;
    CAPTURE(name, row, infinite);
    DistributionBatch<D> is(distribution, width, 1), should = is, from(distribution, width, 2), should_from = from;
    for (auto* each : {&is, &from}) each->head.row(row).setConstant(infinite);
    for (auto* each : {&should, &should_from}) each->head.row(row).setConstant(finite);
    for (auto* each : {&is, &from, &should, &should_from}) {
        each->forward();
        each->sample(3);
    }
    CHECK(is.actions.all().integers == should.actions.all().integers);
    CHECK(is.actions.all().reals == should.actions.all().reals);
    CHECK(is.log_prob() == should.log_prob());
    CHECK(is.entropy() == should.entropy());
    CHECK(is.kl_from(from) == should.kl_from(should_from));
    CHECK(is.kl_from(is).isZero(0));
    const Vector<T> ones = Vector<T>::Ones(width);
    CHECK(is.gradient(ones, T(0.3), &from, T(0.7)) == should.gradient(ones, T(0.3), &should_from, T(0.7)));
    const Matrix<T> direction = Matrix<T>::Ones(is.head.rows(), width);
    CHECK(is.fisher(direction, Vector<T>::Ones(is.own.size())) ==
          should.fisher(direction, Vector<T>::Ones(is.own.size())));
    CHECK(stays_finite(is, from));
}

/// The matrix with rows of `value` in front of row `at`.
template <class T>
Matrix<T> with_rows(const Matrix<T>& matrix, Index at, Index rows, T value) {
    Matrix<T> wider = Matrix<T>::Constant(matrix.rows() + rows, matrix.cols(), value);
    wider.topRows(at) = matrix.topRows(at);
    wider.bottomRows(matrix.rows() - at) = matrix.bottomRows(matrix.rows() - at);
    return wider;
}

/// Derivatives by head and own parameters, of which those by rows of the head are taken out.
template <class T>
std::vector<T> without_rows(const std::vector<T>& all, Index at, Index rows, Index height) {
    std::vector<T> rest;
    for (Index i = 0; i < static_cast<Index>(all.size()); ++i) {
        const bool inserted = i < height * width && i % height >= at && i % height < at + rows;
        if (inserted) CHECK(all[static_cast<std::size_t>(i)] == 0);
        if (!inserted) rest.push_back(all[static_cast<std::size_t>(i)]);
    }
    return rest;
}

/// The largest difference of two lists of numbers, in units of their rounding.
template <class T>
double roundings_apart(const std::vector<T>& a, const std::vector<T>& b) {
    REQUIRE(a.size() == b.size());
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double size = std::max(1.0, static_cast<double>(std::abs(b[i])));
        worst = gradiva_test::largest_of(worst, static_cast<double>(std::abs(a[i] - b[i])) / size);
    }
    return worst / static_cast<double>(std::numeric_limits<T>::epsilon());
}
template <class T>
double roundings_apart(const Vector<T>& a, const Vector<T>& b) {
    return roundings_apart(std::vector<T>(a.begin(), a.end()), std::vector<T>(b.begin(), b.end()));
}

/// Whether a distribution with further choices, which are masked, says the same as one without them: the same actions,
/// and numbers that differ by the order in which sums over choices are taken, at most. They stand in front of row `at`
/// of the head, as choices from number `choice` on of integer `part` of an action.
template <class D>
void check_forbidden(const char* name, const D& fewer, const D& more, Index at, Index part, Index choice) {
    using T = typename D::Scalar;
    CAPTURE(name, at);
    const T masked = kernels::masked_logit<T>;
    const Index rows = more.head_size() - fewer.head_size();
    DistributionBatch<D> is(more, width, 1), should(fewer, width, 1), from(more, width, 2),
        should_from(fewer, width, 2);
    for (auto [wide, narrow] : {std::pair(&is, &should), {&from, &should_from}}) {
        wide->head = with_rows<T>(narrow->head, at, rows, masked);
        wide->own = narrow->own;
        wide->forward();
    }
    for (std::uint64_t seed = 3; seed < 9; ++seed) {
        for (auto* each : {&is, &should}) {
            if (seed == 8) each->distribution.mode(each->tape, each->actions.all());
            if (seed < 8) each->sample(seed);
        }
        Matrix<int> expected = should.actions.all().integers;
        for (Index j = 0; j < width; ++j) expected(part, j) += expected(part, j) >= choice ? static_cast<int>(rows) : 0;
        CHECK(is.actions.all().integers == expected);
        CHECK(is.actions.all().reals == should.actions.all().reals);
        CHECK(roundings_apart(is.log_prob(), should.log_prob()) < 32);
    }
    CHECK(roundings_apart(is.entropy(), should.entropy()) < 32);
    CHECK(roundings_apart(is.kl_from(from), should.kl_from(should_from)) < 32);
    const Vector<T> weights = should.log_prob();
    const auto gradient = is.gradient(weights, T(0.3), &from, T(0.7));
    CHECK(roundings_apart(without_rows(gradient, at, rows, is.head.rows()),
                          should.gradient(weights, T(0.3), &should_from, T(0.7))) < 32);
    Rng rng(4);
    const Matrix<T> direction = random_matrix<T>(should.head.rows(), width, rng);
    const Vector<T> own_direction = random_vector<T>(should.own.size(), rng);
    const auto product = is.fisher(with_rows<T>(direction, at, rows, T(1)), own_direction);
    CHECK(roundings_apart(without_rows(product, at, rows, is.head.rows()), should.fisher(direction, own_direction)) <
          16);
}

}  // namespace

TEMPLATE_TEST_CASE("additional masked choices change no action and no result, for each distribution of choices", "",
                   float, double) {
    using T = TestType;
    for (const Index at : {0, 2, 5}) {
        check_forbidden("Categorical", Categorical<T>(5), Categorical<T>(6), at, 0, at);
        check_forbidden("Categorical to 21", Categorical<T>(5), Categorical<T>(21), at, 0, at);
        check_forbidden("MultiCategorical, first", MultiCategorical<T>({5, 4}), MultiCategorical<T>({8, 4}), at, 0, at);
        check_forbidden("MultiCategorical, second", MultiCategorical<T>({3, 5}), MultiCategorical<T>({3, 9}), 3 + at, 1,
                        at);
        check_forbidden("Hybrid", Hybrid<T>(5, 2), Hybrid<T>(7, 2), at, 0, at);
    }
}

TEMPLATE_TEST_CASE("a logit of minus infinity is that of a masked choice, in each distribution of choices", "", float,
                   double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity(), masked = kernels::masked_logit<T>;
    const Box box{.size = 2, .low = {-1}, .high = {2}};
    for (const Index row : {0, 1, 2}) {
        check_same("Categorical", Categorical<T>(3), row, -infinity, masked);
        check_same("Categorical of 20", Categorical<T>(20), row * 9, -infinity, masked);
        check_same("MultiCategorical", MultiCategorical<T>({3, 17}), row, -infinity, masked);
        check_same("MultiCategorical, second", MultiCategorical<T>({3, 17}), 3 + row * 8, -infinity, masked);
        check_same("Hybrid", Hybrid<T>(3, 2), row, -infinity, masked);
        check_same("Hybrid over Beta", Hybrid<T, Beta<T>>(3, Beta<T>(box)), row, -infinity, masked);
    }
}

TEMPLATE_TEST_CASE("infinite heads are clamped to the bounds too", "", float, double) {
    using T = TestType;
    constexpr T infinity = std::numeric_limits<T>::infinity();
    const Box box{.size = 2, .low = {-1}, .high = {2}};
    for (const T sign : {T(1), T(-1)}) {
        for (const Index row : {2, 3}) {
            check_same("StateDependentGaussian", StateDependentGaussian<T>(2), row, sign * infinity, sign * T(1e4));
            check_same("SquashedGaussian", SquashedGaussian<T, StateDependentGaussian<T>>(box), row, sign * infinity,
                       sign * T(1e4));
        }
        for (const Index row : {0, 1, 2, 3}) check_same("Beta", Beta<T>(box), row, sign * infinity, sign * T(1e9));
    }
}
