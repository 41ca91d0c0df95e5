#include "catch.hpp"

#include "gradiva/distributions/categorical.hpp"
#include "gradiva/distributions/diagonal_gaussian.hpp"
#include "gradiva/nn/convolution.hpp"
#include "gradiva/nn/join.hpp"
#include "gradiva/nn/mlp.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "helpers/random.hpp"

#include <cstring>
#include <vector>

using namespace gradiva;
using gradiva_test::random_matrix;

namespace {

/// What an actor does with some columns.
template <class Scalar>
struct Acts {
    Matrix<Scalar> head;
    ActionBatch action;
    Vector<Scalar> log_prob;
};

template <class A>
Acts<typename A::Scalar> act(const A& actor, const Matrix<typename A::Scalar>& observation, Range range) {
    using Scalar = typename A::Scalar;
    typename A::Tape tape;
    const Matrix<Scalar> part = observation.middleCols(range.begin, range.size());
    std::vector<Rng> rng;
    for (Index n = range.begin; n < range.end; ++n) rng.emplace_back(1, Purpose::action, static_cast<std::uint64_t>(n));
    Acts<Scalar> result;
    actor.forward(part, tape);
    result.head = tape.head;
    result.action.resize(actor.action_shape(), range.size());
    actor.sample(tape, rng, result.action.all());
    result.log_prob.resize(range.size());
    actor.log_prob(tape, std::as_const(result.action).all(), result.log_prob);
    return result;
}

template <class T>
bool same_bits(const T* a, const T* b, Index count) {
    return count == 0 || std::memcmp(a, b, static_cast<std::size_t>(count) * sizeof(T)) == 0;
}

/// A network of the library for observations of `observed` numbers.
template <class D, class Description>
void check_column_by_column(const D& distribution, const Description& description, Index observed) {
    using Scalar = typename D::Scalar;
    using Network = typename NetworkFor<Description, Scalar>::Type;
    using A = Actor<Network, D>;
    STATIC_REQUIRE(acts_column_by_column<A>);
    constexpr Index batch = 37;
    Rng rng(1);
    A actor(Network(observed, distribution.head_size(), description, Rng(1), 1), distribution);
    for (Scalar& w : actor.weights()) w += static_cast<Scalar>(0.3 * rng.normal());
    const Matrix<Scalar> observation = random_matrix<Scalar>(observed, batch, rng);
    const Acts<Scalar> whole = act(actor, observation, {0, batch});
    for (const Index width : {1, 2, 3, 4, 7, 16, 20, 33}) {
        for (Index begin = 0; begin + width <= batch; ++begin) {
            CAPTURE(width, begin, distribution.head_size());
            const Acts<Scalar> some = act(actor, observation, {begin, begin + width});
            REQUIRE(same_bits(some.head.data(), whole.head.col(begin).data(), some.head.size()));
            REQUIRE(same_bits(some.log_prob.data(), whole.log_prob.data() + begin, width));
            const auto part = whole.action.columns({begin, begin + width});
            REQUIRE(same_bits(some.action.all().integers.data(), part.integers.data(), part.integers.size()));
            REQUIRE(same_bits(some.action.all().reals.data(), part.reals.data(), part.reals.size()));
        }
    }
}

}  // namespace

TEMPLATE_TEST_CASE("an actor that acts column by column gives a column the same bits in a batch of any width", "",
                   float, double) {
    for (const Mlp& mlp : {Mlp{.hidden = {64, 64}}, Mlp{.hidden = {5, 19}, .activation = Activation::relu},
                           Mlp{.hidden = {5, 19}, .activation = Activation::silu},
                           Mlp{.hidden = {20}, .layer_norm = true, .normalize_observations = true}}) {
        for (const Index n : {1, 2, 3, 6, 18}) {
            check_column_by_column(Categorical<TestType>(n), mlp, 3);
            check_column_by_column(DiagonalGaussian<TestType>(n), mlp, 3);
        }
    }
}

TEMPLATE_TEST_CASE("so does an actor of images, of a Join, and of either as a trunk", "", float, double) {
    constexpr Index pixels = 4 * 3 * 2, observed = pixels + 3;
    for (const Activation f : {Activation::relu, Activation::tanh, Activation::silu}) {
        const Convolution image{.shape = {4, 3, 2},
                                .layers = {{5, 3, 1, 1}, {17, 2, 2}},
                                .hidden = {9},
                                .activation = f,
                                .normalize_observations = true,
                                .inputs = Range{0, pixels}};
        const Mlp one_row{.hidden = {19}, .activation = f, .inputs = Range{pixels + 1, pixels + 2}};
        const Mlp rows{.hidden = {}, .normalize_observations = true, .inputs = Range{pixels - 4, observed}};
        const Join join{.networks = {image, one_row, rows}, .hidden = {20}, .activation = f, .layer_norm = true};
        for (const Index n : {1, 6}) {
            const Categorical<TestType> distribution(n);
            check_column_by_column(distribution, one_row, observed);
            check_column_by_column(distribution, image, observed);
            check_column_by_column(distribution, join, observed);
            check_column_by_column(distribution, SharedTrunk{.trunk = image, .actor = {.hidden = {5}}}, observed);
            check_column_by_column(distribution, SharedTrunk{.trunk = join}, observed);
        }
    }
}
