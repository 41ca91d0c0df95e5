#include "catch.hpp"

#include "gradiva/distributions/beta.hpp"
#include "gradiva/distributions/epsilon_greedy.hpp"
#include "gradiva/distributions/squashed_gaussian.hpp"
#include "gradiva/distributions/state_dependent_gaussian.hpp"
#include "gradiva/env/vectorized.hpp"
#include "gradiva/policy/actor.hpp"
#include "gradiva/policy/controller.hpp"
#include "gradiva/policy/critic.hpp"
#include "gradiva/policy/greedy_value.hpp"
#include "gradiva/policy/shared_trunk.hpp"
#include "helpers/distribution_batch.hpp"
#include "helpers/environments.hpp"
#include "helpers/random.hpp"
#include "helpers/with_gaps.hpp"

#include <vector>

using namespace gradiva;
using namespace gradiva_test;

namespace {

/// All results of an actor for a batch of observations, given the heads of another policy.
template <class A, class X, class Head>
std::vector<Matrix<typename A::Scalar>> acts(const A& actor, const X& x, const Head& old_head,
                                             const ActionMask& legal) {
    using T = typename A::Scalar;
    const Index batch = x.cols();
    typename A::Tape tape;
    typename A::DistributionTape old;
    std::vector<Rng> rng = action_streams(batch, 1);
    ActionBatch actions(actor.action_shape(), batch), mode(actor.action_shape(), batch);
    Vector<T> log_prob(batch), entropy(batch), kl(batch);
    actor.forward(x, legal, tape);
    actor.recall(old_head, actor.own_parameters(), old);
    actor.sample(tape, rng, actions.all());
    actor.mode(tape, mode.all());
    const ConstActionView done = std::as_const(actions).all();
    actor.log_prob(tape, done, log_prob);
    actor.entropy(tape, entropy);
    actor.kl_from(old, tape, kl);
    Vector<T> gradient = Vector<T>::Zero(Index(actor.weights().size())), fisher = gradient;
    const std::span<T> to(gradient.data(), actor.weights().size()), product(fisher.data(), actor.weights().size());
    actor.backward(tape, done, log_prob, T(0.1), &old, T(0.2), to);
    actor.add_fisher_product(tape, actor.weights(), product);
    return {tape.head,
            log_prob,
            entropy,
            kl,
            gradient,
            fisher,
            done.integers.template cast<T>(),
            done.reals.template cast<T>(),
            mode.all().integers.template cast<T>(),
            mode.all().reals.template cast<T>()};
}

template <class D>
void check_actor(const char* name, const D& distribution) {
    using T = typename D::Scalar;
    using A = Actor<MlpNetwork<T>, D>;
    Rng rng(2);
    A actor(MlpNetwork<T>(5, distribution.head_size(), {.hidden = {20}}, Rng(1), 1), distribution);
    for (const Index batch : {1, 2, 9, 33}) {
        const Matrix<T> x = random_matrix<T>(5, batch, rng), head = random_matrix<T>(actor.head_size(), batch, rng);
        WithGaps<T> x_gaps(x), head_gaps(head);
        for (const bool masked : {false, true}) {
            CAPTURE(name, batch, masked);
            MatrixBuffer<std::uint8_t> mask(masked ? actor.mask_size() : 0, batch);
            for (Index i = 0; i < mask.rows() * batch; ++i) mask.data()[i] = i % mask.rows() % 2 == 0 ? 1 : 0;
            const ActionMask legal = std::as_const(mask).matrix();
            const auto expected = acts(actor, x, head, legal), is = acts(actor, x_gaps.view(), head_gaps.view(), legal);
            for (std::size_t k = 0; k < is.size(); ++k) {
                CAPTURE(k);
                REQUIRE(same_bits(is[k], expected[k]));
            }
            GreedyValue value(actor);
            typename GreedyValue<A>::Tape tape, gap_tape;
            REQUIRE(same_bits(value.forward(x_gaps.view(), legal, gap_tape), value.forward(x, legal, tape)));
        }
    }
}

/// Heads, gradients, Fisher products and noise of a distribution, between gaps and not.
template <class D>
void check_distribution(const char* name, const D& distribution) {
    using T = typename D::Scalar;
    for (const Index batch : {1, 2, 9, 33}) {
        CAPTURE(name, batch);
        DistributionBatch<D> plain(distribution, batch, 1), old(distribution, batch, 2);
        WithGaps<T> head(plain.head), d_head(plain.head), fisher(plain.head);
        typename D::Tape tape;
        distribution.forward(head.view(), plain.own_span(), tape);
        Rng rng(1);
        const Vector<T> weights = random_vector<T>(batch, rng);
        const auto size = static_cast<std::size_t>(plain.own.size());
        std::vector<T> d_own(size, T(5)), own_product(size, T(0));
        const std::vector<T> expected = plain.gradient(weights, T(0.1), &old, T(0.3));
        distribution.backward(tape, plain.actions.all(), weights, T(0.1), &old.tape, T(0.3), d_head.view(), d_own);
        Matrix<T> numbers = d_head.numbers();
        std::vector<T> is(numbers.data(), numbers.data() + numbers.size());
        for (const T d : d_own) is.push_back(d - 5);
        REQUIRE(same_bits(is, expected));
        REQUIRE(d_head.all.bottomRows(2).array().isNaN().all());

        distribution.fisher(tape, head.view(), plain.own_span(), fisher.view(), own_product);
        numbers = fisher.numbers();
        is.assign(numbers.data(), numbers.data() + numbers.size());
        is.insert(is.end(), own_product.begin(), own_product.end());
        REQUIRE(same_bits(is, plain.fisher(plain.head, plain.own)));

        if constexpr (requires { distribution.reparameterise(tape, numbers, numbers); }) {
            const Index rows = distribution.action_shape().reals;
            Matrix<T> noise(rows, batch), action = noise, d(plain.head.rows(), batch);
            std::vector<Rng> streams = action_streams(batch, 1);
            distribution.draw_noise(streams, noise);
            WithGaps<T> noise_gaps(Matrix<T>::Zero(rows, batch)), action_gaps(action), d_gaps(d);
            streams = action_streams(batch, 1);
            distribution.draw_noise(streams, noise_gaps.view());
            REQUIRE(same_bits(noise_gaps.numbers(), noise));
            distribution.reparameterise(tape, noise, action);
            distribution.reparameterise(tape, noise_gaps.view(), action_gaps.view());
            REQUIRE(same_bits(action_gaps.numbers(), action));
            std::vector<T> d_own_gaps(size, T(1));
            d_own.assign(size, T(1));
            distribution.reparameterised_backward(tape, noise, action, d, d_own);
            distribution.reparameterised_backward(tape, noise_gaps.view(), action_gaps.view(), d_gaps.view(),
                                                  d_own_gaps);
            REQUIRE(same_bits(d_gaps.numbers(), d));
            REQUIRE(same_bits(d_own_gaps, d_own));
        }
    }
}

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
    check("StateDependentGaussian", StateDependentGaussian<T>(3));
    check("SquashedGaussian", SquashedGaussian<T>(box));
    check("SquashedGaussian over StateDependentGaussian", SquashedGaussian<T, StateDependentGaussian<T>>(box));
    check("Beta", Beta<T>(box));
    check("Hybrid", Hybrid<T>(3, 2));
    check("Hybrid over Beta", Hybrid<T, Beta<T>>(3, Beta<T>(box)));
}

}  // namespace

TEMPLATE_TEST_CASE("an actor of each distribution takes observations and heads with gaps between columns", "", float,
                   double) {
    for_each_distribution<TestType>([](const char* name, const auto& d) { check_actor(name, d); });
}

TEMPLATE_TEST_CASE("each distribution takes heads and writes gradients with gaps between columns", "", float, double) {
    for_each_distribution<TestType>([](const char* name, const auto& d) { check_distribution(name, d); });
}

TEMPLATE_TEST_CASE("a critic, and one in a shared trunk, take observations with gaps between columns", "", float,
                   double) {
    using T = TestType;
    Rng rng(1);
    for (const Index batch : {1, 2, 33}) {
        const Matrix<T> x = random_matrix<T>(3, batch, rng);
        WithGaps<T> gaps(x);
        const Critic<MlpNetwork<T>> critic(MlpNetwork<T>(3, 1, {.hidden = {20}}, Rng(1)));
        using A = Actor<TrunkNetwork<T>, Categorical<T>>;
        A actor(TrunkNetwork<T>(3, 2, {.trunk = Mlp{.hidden = {20}}}, Rng(1)), Categorical<T>(2));
        const SharedCritic<A> shared(actor);
        const auto check = [&](const auto& value_function, auto tape, auto gap_tape, std::size_t size) {
            std::vector<T> gradient(size, T(0)), gap_gradient = gradient;
            const Vector<T> value = value_function.forward(x, tape),
                            gap_value = value_function.forward(gaps.view(), gap_tape);
            value_function.backward(tape, value, gradient);
            value_function.backward(gap_tape, value, gap_gradient);
            CHECK(same_bits(gap_value, value));
            CHECK(same_bits(gap_gradient, gradient));
        };
        check(critic, typename MlpNetwork<T>::Tape{}, typename MlpNetwork<T>::Tape{}, critic.weights().size());
        check(shared, typename A::Tape{}, typename A::Tape{}, actor.weights().size());
    }
}

TEST_CASE("a controller sees each column of observations with gaps between them, or in another order") {
    Vectorized envs(Ticker{}, {.count = 1});
    const Controller controller(envs, [](std::span<const float> observation, Rng&, ActionView) {
        return static_cast<double>(observation[0] + 10 * observation[1] + 100 * observation[2]);
    });
    Rng rng(1);
    const Matrix<float> x = random_matrix<float>(3, 7, rng);
    WithGaps<float> gaps(x);
    const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = x;
    const auto log_prob = [&](const auto& observation) {
        decltype(controller)::Tape tape;
        std::vector<Rng> streams = action_streams(7, 1);
        ActionBatch actions(controller.action_shape(), 7);
        controller.forward(observation, all_legal(7), tape);
        controller.sample(tape, streams, actions.all());
        Vector<float> out(7);
        controller.log_prob(tape, actions.all(), out);
        return out;
    };
    CHECK(log_prob(gaps.view()) == log_prob(x));
    CHECK(log_prob(rows) == log_prob(x));
    CHECK(log_prob(x)[6] == Catch::Approx(x(0, 6) + 10 * x(1, 6) + 100 * x(2, 6)));
}
