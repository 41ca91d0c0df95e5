// Distributions against numbers of SciPy.
#include <string>

#include "catch.hpp"
#include "gradiva/distributions/bernoulli.hpp"
#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/distributions/hybrid.hpp"
#include "gradiva/distributions/multi_categorical.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/space.hpp"
#include "reference/read_blocks.hpp"

using namespace gradiva;
using Catch::Approx;

namespace {

const reference::Blocks& blocks() {
    static const reference::Blocks read =
        reference::read_blocks(GRADIVA_SOURCE_DIR "/tests/reference/distributions_scipy.txt");
    return read;
}

/// The named block; a matrix without rows where there is none.
template <class T>
Matrix<T> block(const std::string& name) {
    if (!blocks().contains(name)) return Matrix<T>(0, 1);
    const reference::Block& found = reference::at(blocks(), name);
    Matrix<T> m(static_cast<Index>(found.rows), static_cast<Index>(found.cols));
    for (Index k = 0; k < m.size(); ++k) m.data()[k] = static_cast<T>(found.values[static_cast<std::size_t>(k)]);
    return m;
}

Box bounds() {
    const Matrix<float> b = block<float>("bounds");
    Box box{.size = b.cols()};
    for (Index i = 0; i < b.cols(); ++i) {
        box.low.push_back(b(0, i));
        box.high.push_back(b(1, i));
    }
    return box;
}

template <class D>
typename D::Tape tape_of(const D& distribution, const std::string& name) {
    using Scalar = typename D::Scalar;
    const Matrix<Scalar> head = block<Scalar>(name + "head"), own = block<Scalar>(name + "own");
    REQUIRE(head.rows() == distribution.head_size());
    REQUIRE(own.rows() == distribution.parameter_count());
    typename D::Tape tape;
    distribution.forward(head, {own.data(), static_cast<std::size_t>(own.size())}, tape);
    return tape;
}

template <class D>
void check_against_scipy(const D& distribution, const std::string& name) {
    using Scalar = typename D::Scalar;
    constexpr double tolerance = std::is_same_v<Scalar, float> ? 2e-5 : 1e-6;
    const auto p = tape_of(distribution, name + "_"), q = tape_of(distribution, name + "_other_");
    const Matrix<double> log_prob = block<double>(name + "_log_prob"), entropy = block<double>(name + "_entropy"),
                         kl = block<double>(name + "_kl");
    const Matrix<int> choice = block<int>(name + "_choice");
    const Matrix<float> action = block<float>(name + "_action");
    const Index count = log_prob.size();
    REQUIRE(count > 0);
    ActionBatch actions(distribution.action_shape(), count);
    if (choice.rows() > 0) actions.all().integers = choice;
    if (action.rows() > 0) actions.all().reals = action;
    Vector<Scalar> got_log_prob(count), got_entropy(count), got_kl(count);
    distribution.log_prob(p, actions.all(), got_log_prob);
    distribution.entropy(p, got_entropy);
    distribution.kl(p, q, got_kl);
    for (Index j = 0; j < count; ++j) {
        CAPTURE(name, j);
        CHECK(static_cast<double>(got_log_prob[j]) == Approx(log_prob(j, 0)).epsilon(tolerance).margin(tolerance));
        CHECK(static_cast<double>(got_entropy[j]) == Approx(entropy(j, 0)).epsilon(tolerance).margin(tolerance));
        CHECK(static_cast<double>(got_kl[j]) == Approx(kl(j, 0)).epsilon(tolerance).margin(tolerance));
    }
}

}  // namespace

TEMPLATE_TEST_CASE("a categorical distribution agrees with SciPy", "", float, double) {
    check_against_scipy(Categorical<TestType>(4), "categorical");
}

TEMPLATE_TEST_CASE("a diagonal Gaussian agrees with SciPy", "", float, double) {
    check_against_scipy(DiagonalGaussian<TestType>(3), "diagonal_gaussian");
}

TEMPLATE_TEST_CASE("a state-dependent Gaussian agrees with SciPy", "", float, double) {
    check_against_scipy(StateDependentGaussian<TestType>(3), "state_dependent_gaussian");
}

TEMPLATE_TEST_CASE("squashed Gaussians agree with SciPy, their entropy with SciPy's integral", "", float, double) {
    check_against_scipy(SquashedGaussian<TestType>(bounds()), "squashed_gaussian");
    check_against_scipy(SquashedGaussian<TestType, StateDependentGaussian<TestType>>(bounds()),
                        "squashed_state_dependent_gaussian");
}

TEMPLATE_TEST_CASE("a Beta distribution agrees with SciPy", "", float, double) {
    check_against_scipy(Beta<TestType>(bounds()), "beta");
}

TEMPLATE_TEST_CASE("several choices agree with SciPy", "", float, double) {
    check_against_scipy(MultiCategorical<TestType>({3, 2, 4}), "multi_categorical");
}

TEMPLATE_TEST_CASE("bernoulli answers agree with SciPy", "", float, double) {
    check_against_scipy(Bernoulli<TestType>(5), "bernoulli");
}

TEMPLATE_TEST_CASE("a hybrid of a choice and a Gaussian agrees with SciPy", "", float, double) {
    check_against_scipy(Hybrid<TestType>(3, 2), "hybrid");
}
