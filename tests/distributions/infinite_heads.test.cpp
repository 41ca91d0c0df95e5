#include "catch.hpp"

#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/hybrid.hpp"
#include "gradiva/distributions/multi_categorical.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/space.hpp"
#include "gradiva/kernels/log_softmax.hpp"
#include "helpers/distribution_batch.hpp"

#include <limits>

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

}  // namespace

TEMPLATE_TEST_CASE("A logit of minus infinity is that of a choice that is not legal, in each distribution of choices",
                   "", float, double) {
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

TEMPLATE_TEST_CASE("Heads that are held within bounds are held there when they are infinite", "", float, double) {
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
