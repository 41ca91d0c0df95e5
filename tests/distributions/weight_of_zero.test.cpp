#include "catch.hpp"

#include "gradiva/distributions/bernoulli.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/hybrid.hpp"
#include "gradiva/distributions/multi_categorical.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/space.hpp"
#include "helpers/distribution_batch.hpp"

#include <limits>

using namespace gradiva;
using namespace gradiva_test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// Calls `check` with each distribution there is.
template <class T, class Check>
void for_each_distribution(const Check& check) {
    const Box box{.size = 3, .low = {-1}, .high = {2}};
    check("Categorical", Categorical<T>(5));
    check("Categorical of more choices than a register has numbers", Categorical<T>(19));
    check("MultiCategorical", MultiCategorical<T>({3, 17, 2}));
    check("Bernoulli", Bernoulli<T>(4));
    check("EpsilonGreedy", EpsilonGreedy<T>(4));
    check("DiagonalGaussian", DiagonalGaussian<T>(3));
    check("DiagonalGaussian of one dimension", DiagonalGaussian<T>(1));
    check("DiagonalGaussian of many dimensions", DiagonalGaussian<T>(35));
    check("StateDependentGaussian", StateDependentGaussian<T>(3));
    check("SquashedGaussian", SquashedGaussian<T>(box));
    check("SquashedGaussian over StateDependentGaussian", SquashedGaussian<T, StateDependentGaussian<T>>(box));
    check("Beta", Beta<T>(box));
    check("Hybrid", Hybrid<T>(3, 2));
    check("Hybrid over StateDependentGaussian", Hybrid<T, StateDependentGaussian<T>>(3, 2));
    check("Hybrid over SquashedGaussian", Hybrid<T, SquashedGaussian<T>>(3, SquashedGaussian<T>(box)));
    check("Hybrid over Beta", Hybrid<T, Beta<T>>(3, Beta<T>(box)));
}

template <class D>
constexpr bool is_beta = false;
template <class T>
constexpr bool is_beta<Beta<T>> = true;
template <class T>
constexpr bool is_beta<Hybrid<T, Beta<T>>> = true;

}  // namespace

TEMPLATE_TEST_CASE("a sample of weight 0 adds exactly 0 to any gradient, for any action", "", float, double) {
    using T = TestType;
    for_each_distribution<T>([]<class D>(const char* name, const D& distribution) {
        for (const Index width : {1, 2, 7, 16, 17, 33}) {
            DistributionBatch<D> batch(distribution, width, 1);
            const DistributionBatch<D> old(distribution, width, 2);
            const Index rows = batch.head.rows(), reals = batch.distribution.action_shape().reals;
            for (const Index j : {Index{0}, width / 2, width - 1}) {
                batch.sample(1);
                Vector<T> weights = Vector<T>::Constant(width, T(0.7));
                weights[j] = 0;
                const std::vector<T> expected = batch.gradient(weights, T(0), nullptr, T(0));
                for (Index i = 0; i < rows; ++i) REQUIRE(expected[static_cast<std::size_t>(j * rows + i)] == 0);
                const std::vector<T> with_all = batch.gradient(weights, T(0.1), &old, T(0.3));
                for (const float bad : {infinity, -infinity, largest, -largest, 1e25F, 0.0F, 1.0F, -0.5F, 2.0F}) {
                    for (Index i = 0; i < reals; ++i) {
                        CAPTURE(name, width, j, bad, i);
                        batch.sample(1);
                        batch.actions.all().reals(i, j) = bad;
                        REQUIRE(batch.gradient(weights, T(0), nullptr, T(0)) == expected);
                        REQUIRE(batch.gradient(weights, T(0.1), &old, T(0.3)) == with_all);
                        REQUIRE(batch.gradient(weights, T(0), &old, T(0)) == expected);
                        weights[j] = T(-1e-3);
                        const bool beyond = is_beta<D> ? bad <= 0 || bad >= 1 : std::isinf(bad);
                        if (beyond) REQUIRE(!all_finite(batch.gradient(weights, T(0), nullptr, T(0))));
                        weights[j] = 0;
                    }
                }
                for (Index i = 0; i < reals; ++i) {
                    batch.actions.all().reals(i, j) = not_a_number;
                    const std::vector<T> gradient = batch.gradient(weights, T(0), nullptr, T(0));
                    Index bad_columns = 0;
                    for (Index k = 0; k < width; ++k) {
                        const auto at = gradient.begin() + k * rows;
                        bad_columns += std::all_of(at, at + rows, [](T g) { return std::isfinite(g); }) ? 0 : 1;
                    }
                    CAPTURE(name, width, j, i);
                    REQUIRE(bad_columns == 1);
                    batch.sample(1);
                }
            }
        }
    });
}

TEMPLATE_TEST_CASE("a divergence of weight 0 adds exactly 0, also where it is infinite", "", float, double) {
    using T = TestType;
    for_each_distribution<T>([]<class D>(const char* name, const D& distribution) {
        constexpr Index width = 19;
        DistributionBatch<D> batch(distribution, width, 1), old(distribution, width, 2);
        const Vector<T> weights = Vector<T>::Ones(width);
        for (const float far : {1e4F, 1e25F, largest}) {
            CAPTURE(name, far);
            old.head.row(0).setConstant(static_cast<T>(far));
            old.forward();
            const std::vector<T> expected = batch.gradient(weights, T(0.1), nullptr, T(0));
            REQUIRE(batch.gradient(weights, T(0.1), &old, T(0)) == expected);
        }
    });
}
